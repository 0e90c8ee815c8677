import { dec, type Decimal, type Interval, type OfferId } from '#libs/kernel';
import {
  PLANNER_DEFAULTS,
  type PlannerCommitment,
  type PlannerJob,
  type PlannerLane,
  type PlannerOptions,
  type PlannerPool,
  type PlannerSnapshot,
  type PlannerWindow,
} from '../types.js';

const HOUR = 3600;

/** `testId(3)` reads as a UUID and sorts by its number. */
export function testId<T extends string>(number: number, kind = 0): T {
  const head = kind.toString(16).padStart(8, '0');
  return `${head}-0000-7000-8000-${number.toString(16).padStart(12, '0')}` as T;
}

/** One pool of four nodes of eight devices at a center of the same number. */
export function buildPool(number: number, changes: Partial<PlannerPool> = {}): PlannerPool {
  return {
    id: testId(number, 1),
    centerId: testId(number, 2),
    centerCode: `center-${number}`,
    deviceKind: 'a100-80g',
    deviceMemoryGiB: 80,
    devicesPerNode: 8,
    nodes: 4,
    runnable: true,
    ...changes,
  };
}

export function buildWindow(number: number, interval: Interval, nodes = 4): PlannerWindow {
  return { id: testId(number, 4), startsAt: interval.startsAt, endsAt: interval.endsAt, nodes };
}

/** A lane of the pool without margin, shortest segment or restriction. */
export function buildLane(
  number: number,
  pool: PlannerPool,
  windows: readonly PlannerWindow[],
  changes: Partial<PlannerLane> = {},
): PlannerLane {
  return {
    id: testId(number, 3),
    poolId: pool.id,
    tenantsAllowed: [],
    minSegmentSeconds: 0,
    marginSeconds: 0,
    windows,
    ...changes,
  };
}

/** A job of one node for an hour that can't be cut, of objective `time`, without bounds. */
export function buildJob(number: number, changes: Partial<PlannerJob> = {}): PlannerJob {
  return {
    id: testId(number, 5),
    tenantId: testId(1, 6),
    nodes: 1,
    devicesPerNode: 8,
    deviceKinds: [],
    minDeviceMemoryGiB: null,
    centersAllowed: [],
    centersDenied: [],
    remainingSeconds: HOUR,
    checkpoint: null,
    lastCenterId: null,
    submittedAt: 0,
    readyAt: 0,
    canReserve: true,
    deadline: null,
    maxWaitSeconds: null,
    maxCost: null,
    available: null,
    objective: 'time',
    ...changes,
  };
}

export function buildCommitment(
  window: PlannerWindow,
  pool: PlannerPool,
  interval: Interval,
  nodes: number,
): PlannerCommitment {
  return {
    windowId: window.id,
    poolId: pool.id,
    jobId: testId(0, 5),
    startsAt: interval.startsAt,
    endsAt: interval.endsAt,
    nodes,
  };
}

export function buildSnapshot(changes: Partial<PlannerSnapshot>): PlannerSnapshot {
  return { now: 0, pools: [], lanes: [], commitments: [], jobs: [], ...changes };
}

/** Flat prices by lane, in the currency for a device-hour (default 1); the hold is the cost. */
export function buildOptions(
  prices: ReadonlyMap<OfferId, number> = new Map(),
  changes: Partial<PlannerOptions> = {},
): PlannerOptions {
  const cost = (laneId: OfferId, devices: number, interval: Interval): Decimal =>
    dec(prices.get(laneId) ?? 1)
      .times(devices)
      .times(interval.endsAt - interval.startsAt)
      .div(HOUR);
  return { ...PLANNER_DEFAULTS, transferSeconds: () => 0, segmentCost: cost, segmentHold: cost, ...changes };
}
