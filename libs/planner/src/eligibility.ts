import type { PlannerJob, PlannerLane, PlannerPool } from './types.js';

export function hasDevicesFor(pool: PlannerPool, job: PlannerJob): boolean {
  if (job.deviceKinds.length > 0 && !job.deviceKinds.includes(pool.deviceKind)) return false;
  if (pool.devicesPerNode < job.devicesPerNode) return false;
  // An unknown memory can't be promised to a job that asks for some.
  return job.minDeviceMemoryGiB === null || (pool.deviceMemoryGiB ?? 0) >= job.minDeviceMemoryGiB;
}

export function isCenterAllowed(pool: PlannerPool, job: PlannerJob): boolean {
  if (job.centersDenied.includes(pool.centerCode)) return false;
  return job.centersAllowed.length === 0 || job.centersAllowed.includes(pool.centerCode);
}

export function isPoolEligible(pool: PlannerPool, job: PlannerJob): boolean {
  return hasDevicesFor(pool, job) && isCenterAllowed(pool, job) && pool.nodes >= job.nodes;
}

export function isTenantAllowed(lane: PlannerLane, job: PlannerJob): boolean {
  return lane.tenantsAllowed.length === 0 || lane.tenantsAllowed.includes(job.tenantId);
}
