import type {
  CenterId,
  ClusterId,
  EpochSeconds,
  HoldId,
  Interval,
  JobId,
  OfferId,
  PoolId,
  PriceScheduleId,
  SegmentId,
  TenantId,
  WindowId,
} from '#libs/kernel';
import type { Outcome, SegmentState } from './segment-state.js';

/** One contiguous run of a job on one pool in one window; as an interval, its planned span. */
export interface Segment extends Interval {
  readonly id: SegmentId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  /** From 1 within its job. */
  readonly seq: number;
  readonly centerId: CenterId;
  readonly clusterId: ClusterId;
  readonly poolId: PoolId;
  readonly offerId: OfferId;
  readonly windowId: WindowId;
  readonly windowGeneration: number;
  readonly nodes: number;
  /** Of the whole node: that is what is reserved and paid. */
  readonly devicesPerNode: number;
  readonly state: SegmentState;
  readonly outcome: Outcome | null;
  /** The job's useful run time, in all, if this segment goes as planned. */
  readonly expectedUsefulSeconds: number;
  readonly priceScheduleId: PriceScheduleId;
  readonly holdId: HoldId;
  readonly runStartedAt: EpochSeconds | null;
  readonly runEndedAt: EpochSeconds | null;
  readonly exitCode: number | null;
  readonly createdAt: EpochSeconds;
}

/** As an operator sees it: nothing of what runs in it. */
export interface CenterSegment extends Interval {
  readonly id: SegmentId;
  readonly jobId: JobId;
  readonly tenantCode: string;
  readonly centerId: CenterId;
  readonly poolId: PoolId;
  readonly windowId: WindowId;
  readonly offerId: OfferId;
  readonly seq: number;
  readonly nodes: number;
  readonly devicesPerNode: number;
  readonly state: SegmentState;
  readonly outcome: Outcome | null;
  readonly runStartedAt: EpochSeconds | null;
  readonly runEndedAt: EpochSeconds | null;
  readonly createdAt: EpochSeconds;
}

export interface ProgressPoint {
  readonly segmentId: SegmentId;
  readonly step: number;
  readonly of: number | null;
  readonly loss: number | null;
  readonly at: EpochSeconds;
}
