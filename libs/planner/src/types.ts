import type {
  CenterId,
  Decimal,
  EpochSeconds,
  Interval,
  JobId,
  Occupancy,
  OfferId,
  PoolId,
  TenantId,
  WindowId,
} from '#libs/kernel';
import type { Reason } from './reason.js';

/** Same-model nodes of one cluster. */
export interface PlannerPool {
  readonly id: PoolId;
  readonly centerId: CenterId;
  readonly centerCode: string;
  readonly deviceKind: string;
  readonly deviceMemoryGiB: number | null;
  readonly devicesPerNode: number;
  readonly nodes: number;
  /** Whether a connector reaches its cluster. Without one a pool is quoted, and nothing is planned on it. */
  readonly runnable: boolean;
}

export interface PlannerWindow extends Interval {
  readonly id: WindowId;
  readonly nodes: number;
}

/** The windows of one offer: the planner's unit of supply. */
export interface PlannerLane {
  readonly id: OfferId;
  readonly poolId: PoolId;
  /** Empty: everybody. */
  readonly tenantsAllowed: readonly TenantId[];
  readonly minSegmentSeconds: number;
  /** A segment ends at least this long before its window does. */
  readonly marginSeconds: number;
  readonly windows: readonly PlannerWindow[];
}

/** Nodes of a window that are reserved or live. */
export interface PlannerCommitment extends Occupancy {
  readonly windowId: WindowId;
  readonly poolId: PoolId;
  readonly jobId: JobId;
}

/** What a cut costs a job, in seconds on all its nodes, and its own shortest segment. */
export interface PlannerCheckpoint {
  readonly writeSeconds: number;
  readonly restartSeconds: number;
  readonly minSegmentSeconds: number;
}

export type PlannerObjective = 'cost' | 'time';

export interface PlannerJob {
  readonly id: JobId;
  readonly tenantId: TenantId;
  readonly nodes: number;
  /** At least so many devices a node; a node is sold whole all the same. */
  readonly devicesPerNode: number;
  /** Empty: any. */
  readonly deviceKinds: readonly string[];
  readonly minDeviceMemoryGiB: number | null;
  /** Center codes; empty: any. */
  readonly centersAllowed: readonly string[];
  readonly centersDenied: readonly string[];
  /** Useful run time that is still wanted: restarts and checkpoint writes come on top of it. */
  readonly remainingSeconds: number;
  /** Null: the job can't be cut. */
  readonly checkpoint: PlannerCheckpoint | null;
  /** Where its newest checkpoint lies; null where it has none, so that its first segment needs no restart. */
  readonly lastCenterId: CenterId | null;
  readonly submittedAt: EpochSeconds;
  /** Earliest start: the later of what the submitter asked for and the planned end of its live segment. */
  readonly readyAt: EpochSeconds;
  /** False where a reserved segment stands already. */
  readonly canReserve: boolean;
  readonly deadline: EpochSeconds | null;
  /** Latest first start, counted from `submittedAt`. It binds until the job has a checkpoint. */
  readonly maxWaitSeconds: number | null;
  /** What the job may still cost. */
  readonly maxCost: Decimal | null;
  /** The tenant's free money before this plan; what ranks before it take is subtracted. */
  readonly available: Decimal | null;
  readonly objective: PlannerObjective;
}

export interface PlannerSnapshot {
  readonly now: EpochSeconds;
  readonly pools: readonly PlannerPool[];
  /** A lane whose pool is not in `pools` is no supply. */
  readonly lanes: readonly PlannerLane[];
  readonly commitments: readonly PlannerCommitment[];
  /** In rank order. */
  readonly jobs: readonly PlannerJob[];
}

export interface PlannerOptions {
  readonly horizonSeconds: number;
  readonly commitHorizonSeconds: number;
  /** A segment that starts as its window opens is reserved this long ahead, where that is longer. */
  readonly windowOpenLeadSeconds: number;
  /** How long a job of objective `cost` without deadline and `maxWaitSeconds` waits by choice. */
  readonly defaultMaxWaitSeconds: number;
  /** Bound of one job's search, in transitions from one opening to the next: steps, never milliseconds. */
  readonly searchStepsMax?: number;
  /** Seconds to copy the job's checkpoint to another center. Not asked where the center stays. */
  transferSeconds(job: PlannerJob, fromCenterId: CenterId, toCenterId: CenterId): number;
  /**
   * What the tenant pays, gross, for `devices` (of whole nodes) over `interval`. Never negative. The search takes each
   * window's average rate; the costs it answers and the bounds it keeps are this function's own figures.
   */
  segmentCost(laneId: OfferId, devices: number, interval: Interval): Decimal;
  /** What must be held before the segment starts: at least its cost. */
  segmentHold(laneId: OfferId, devices: number, interval: Interval): Decimal;
}

/** The figures of design section 6 and planning.md sections 2 and 4. */
export const PLANNER_DEFAULTS = {
  horizonSeconds: 30 * 86_400,
  commitHorizonSeconds: 900,
  windowOpenLeadSeconds: 1800,
  defaultMaxWaitSeconds: 4320 * 60,
  searchStepsMax: 4000,
} as const;

export interface PlannedSegment extends Interval {
  readonly windowId: WindowId;
  readonly laneId: OfferId;
  readonly poolId: PoolId;
  readonly centerId: CenterId;
  readonly nodes: number;
  /** Of whole nodes. */
  readonly devices: number;
  readonly cost: Decimal;
  /** The segment's length without restart and checkpoint write. */
  readonly usefulSeconds: number;
}

export interface Forecast {
  readonly jobId: JobId;
  /** At least one, in order of time. */
  readonly segments: readonly PlannedSegment[];
  readonly startsAt: EpochSeconds;
  /** Null where the chain goes on past the horizon; then the reasons hold `BeyondHorizon`. */
  readonly finishesAt: EpochSeconds | null;
  /** Of the planned segments. */
  readonly cost: Decimal;
  /** Why it has not started, and `BeyondHorizon`; the former is empty where this plan reserves its first segment. */
  readonly reasons: readonly Reason[];
}

export interface Refusal {
  readonly jobId: JobId;
  /** At least one; the first is the one shown. */
  readonly reasons: readonly Reason[];
}

export interface PlannedReservation {
  readonly jobId: JobId;
  readonly segment: PlannedSegment;
  readonly hold: Decimal;
}

/** Forecasts, refusals and reservations each in rank order. */
export interface Plan {
  readonly forecasts: readonly Forecast[];
  readonly refusals: readonly Refusal[];
  readonly reservations: readonly PlannedReservation[];
  /** Of the plan's canonical text: equal plans, equal hashes. */
  readonly hash: string;
}
