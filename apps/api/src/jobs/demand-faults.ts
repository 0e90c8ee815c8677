import type { DeviceKind, Pool } from '#libs/catalog';
import type { JobDemand } from '#libs/jobs';
import type { FieldFault } from '#libs/kernel';
import type { KnownCatalog } from './known-catalog.service.js';

/** What no pool of the catalog could ever do for this demand, at the paths of the wire's body. Offers come and go, the catalog stays. */
export function demandFaults(demand: JobDemand, catalog: KnownCatalog): FieldFault[] {
  const codes = [
    ...unknownCodes('/resources/deviceKinds', demand.deviceKinds, catalog.deviceKinds, 'device kind'),
    ...unknownCodes('/constraints/centersAllowed', demand.centersAllowed, catalog.centerCodes, 'center'),
    ...unknownCodes('/constraints/centersDenied', demand.centersDenied, catalog.centerCodes, 'center'),
  ];
  return codes.length > 0 ? codes : sizeFaults(demand, catalog);
}

function unknownCodes(
  path: string,
  codes: readonly string[],
  known: { has(code: string): boolean },
  word: string,
): FieldFault[] {
  return codes.flatMap((code, index) =>
    known.has(code) ? [] : [{ path: `${path}/${index}`, message: `there is no ${word} '${code}' in the catalog` }],
  );
}

function sizeFaults(demand: JobDemand, { pools, deviceKinds }: KnownCatalog): FieldFault[] {
  const ofKind = pools.filter((pool) => isOfKind(pool, demand.deviceKinds));
  const bigEnough = ofKind.filter((pool) => hasMemory(deviceKinds.get(pool.deviceKind ?? ''), demand));
  if (ofKind.length > 0 && bigEnough.length === 0) {
    const message = 'no device in the catalog that the job may use has as much memory';
    return [{ path: '/resources/minDeviceMemoryGiB', message }];
  }
  const dense = bigEnough.filter((pool) => (pool.devicesPerNode ?? 0) >= demand.devicesPerNode);
  if (dense.length === 0)
    return [tooMany('/resources/devicesPerNode', 'devices per node', bigEnough, 'devicesPerNode')];
  const isWideEnough = dense.some((pool) => (pool.nodes ?? 0) >= demand.nodes);
  return isWideEnough ? [] : [tooMany('/resources/nodes', 'nodes', dense, 'nodes')];
}

function isOfKind(pool: Pool, kinds: readonly string[]): boolean {
  return kinds.length === 0 || (pool.deviceKind !== null && kinds.includes(pool.deviceKind));
}

/** A device whose memory is not known cannot be promised to have enough. */
function hasMemory(kind: DeviceKind | undefined, { minDeviceMemoryGib }: JobDemand): boolean {
  if (minDeviceMemoryGib === null) return true;
  const memoryGib = kind?.memoryGib ?? null;
  return memoryGib !== null && minDeviceMemoryGib.lessThanOrEqualTo(memoryGib);
}

function tooMany(path: string, words: string, pools: readonly Pool[], of: 'nodes' | 'devicesPerNode'): FieldFault {
  const most = Math.max(0, ...pools.map((pool) => pool[of] ?? 0));
  return { path, message: `is more than any pool in the catalog has: at most ${most} ${words}` };
}
