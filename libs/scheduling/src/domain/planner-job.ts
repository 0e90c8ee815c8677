import { type Decimal, dec, type EpochSeconds } from '#libs/kernel';
import type { JobDemand, PlannableJob, StandingSegment } from '#libs/jobs';
import type { PlannerCheckpoint, PlannerJob } from '#libs/planner';
import { SCHEDULING } from '../scheduling.config.js';

export interface PlanningFacts {
  readonly now: EpochSeconds;
  /** How long before its end a segment is asked for its last checkpoint, on the slowest cluster. */
  readonly leadSeconds: number;
  /** The tenant's free money in the job's currency. */
  readonly available: Decimal;
  /** Charged, and held for reserved and live segments. */
  readonly committed: Decimal;
}

/** Useful seconds that are still to be placed: none where the job's standing segments will do all the work. */
export function secondsToPlan(job: PlannableJob): number {
  const standing = standingOf(job);
  if (standing.length > 0 && job.checkpoint === null) return 0;
  const expectedUseful = Math.max(job.usefulSeconds, ...standing.map((segment) => segment.expectedUsefulSeconds));
  return Math.max(0, job.walltimeSeconds - expectedUseful);
}

/** What the planner is to place of a job, or null where nothing is left to place. */
export function plannerJobOf(job: PlannableJob, facts: PlanningFacts): PlannerJob | null {
  const standing = standingOf(job);
  const remainingSeconds = secondsToPlan(job);
  if (remainingSeconds === 0) return null;
  const keepsWork = standing.length > 0 || job.usefulSeconds > 0;
  return {
    ...demandOf(job, facts.leadSeconds),
    id: job.id,
    tenantId: job.tenantId,
    remainingSeconds,
    lastCenterId: keepsWork ? (standing.at(-1)?.centerId ?? job.lastCenterId) : null,
    submittedAt: job.submittedAt,
    readyAt: Math.max(facts.now, job.earliestStartAt ?? 0, ...standing.map((segment) => segment.endsAt)),
    canReserve: job.reservedSegment === null,
    maxCost: job.maxCost ? job.maxCost.amount.minus(facts.committed) : null,
    available: facts.available,
  };
}

function standingOf(job: PlannableJob): StandingSegment[] {
  return [job.liveSegment, job.reservedSegment].filter((segment) => segment !== null);
}

type Demand = Omit<
  PlannerJob,
  | 'id'
  | 'tenantId'
  | 'remainingSeconds'
  | 'lastCenterId'
  | 'submittedAt'
  | 'readyAt'
  | 'canReserve'
  | 'maxCost'
  | 'available'
>;

/** The part that a submitted job and a quote's request have in common. */
export function demandOf(job: JobDemand, leadSeconds: number): Demand {
  return {
    nodes: job.nodes,
    devicesPerNode: job.devicesPerNode,
    deviceKinds: job.deviceKinds,
    minDeviceMemoryGiB: job.minDeviceMemoryGib?.toNumber() ?? null,
    centersAllowed: job.centersAllowed,
    centersDenied: job.centersDenied,
    checkpoint: checkpointOf(job, leadSeconds),
    deadline: job.deadlineAt,
    maxWaitSeconds: job.maxWaitSeconds,
    objective: job.objective,
  };
}

/** The last checkpoint is asked for `leadSeconds` before the end: what is computed after it is not kept. */
function checkpointOf(job: JobDemand, leadSeconds: number): PlannerCheckpoint | null {
  if (job.checkpoint === null) return null;
  const { sizeGib, minSegmentSeconds } = job.checkpoint;
  const copySeconds = Math.ceil(sizeGib / SCHEDULING.CHECKPOINT_GIB_PER_SECOND);
  return {
    writeSeconds: Math.max(leadSeconds, copySeconds),
    restartSeconds: Math.max(SCHEDULING.RESTART_SECONDS_MIN, copySeconds),
    minSegmentSeconds,
  };
}

/** Seconds to copy a checkpoint of a job between centers. */
export function transferSecondsOf(sizeGib: number): number {
  return Math.max(SCHEDULING.TRANSFER_SECONDS_MIN, Math.ceil(sizeGib / SCHEDULING.LINK_GIB_PER_SECOND));
}

export const NOTHING = dec(0);
