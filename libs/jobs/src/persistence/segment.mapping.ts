import {
  type CenterId,
  type ClusterId,
  type HoldId,
  type JobId,
  type OfferId,
  type PoolId,
  type PriceScheduleId,
  type SegmentId,
  type TenantId,
  toEpochSeconds,
  type WindowId,
} from '#libs/kernel';
import type { CenterSegment, ProgressPoint, Segment } from '../domain/segment.js';
import type { Outcome, SegmentState } from '../domain/segment-state.js';
import { secondsOrNull } from './job.mapping.js';

export const SEGMENT_COLUMNS = `s.id, s.tenant_id, s.job_id, s.seq, s.center_id, s.cluster_id, s.pool_id, s.offer_id, s.window_id,
  s.window_generation, s.nodes, s.devices_per_node, s.starts_at, s.ends_at, s.state, s.outcome, s.price_schedule_id, s.hold_id, s.expected_useful_seconds,
  s.run_started_at, s.run_ended_at, s.exit_code, s.event_seq, s.created_at`;

export interface SegmentRow {
  readonly id: SegmentId;
  readonly tenant_id: TenantId;
  readonly job_id: JobId;
  readonly seq: number;
  readonly center_id: CenterId;
  readonly cluster_id: ClusterId;
  readonly pool_id: PoolId;
  readonly offer_id: OfferId;
  readonly window_id: WindowId;
  readonly window_generation: number;
  readonly nodes: number;
  readonly devices_per_node: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly state: SegmentState;
  readonly outcome: Outcome | null;
  readonly expected_useful_seconds: number;
  readonly price_schedule_id: PriceScheduleId;
  readonly hold_id: HoldId;
  readonly run_started_at: Date | null;
  readonly run_ended_at: Date | null;
  readonly exit_code: number | null;
  readonly event_seq: number;
  readonly created_at: Date;
}

export function segmentFromDb(row: SegmentRow): Segment {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    jobId: row.job_id,
    seq: row.seq,
    centerId: row.center_id,
    clusterId: row.cluster_id,
    poolId: row.pool_id,
    offerId: row.offer_id,
    windowId: row.window_id,
    windowGeneration: row.window_generation,
    nodes: row.nodes,
    devicesPerNode: row.devices_per_node,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
    state: row.state,
    outcome: row.outcome,
    expectedUsefulSeconds: row.expected_useful_seconds,
    priceScheduleId: row.price_schedule_id,
    holdId: row.hold_id,
    runStartedAt: secondsOrNull(row.run_started_at),
    runEndedAt: secondsOrNull(row.run_ended_at),
    exitCode: row.exit_code,
    createdAt: toEpochSeconds(row.created_at),
  };
}

type CenterSegmentColumns =
  | 'id'
  | 'job_id'
  | 'center_id'
  | 'pool_id'
  | 'window_id'
  | 'offer_id'
  | 'seq'
  | 'nodes'
  | 'devices_per_node'
  | 'starts_at'
  | 'ends_at'
  | 'state'
  | 'outcome'
  | 'run_started_at'
  | 'run_ended_at'
  | 'created_at';

export interface CenterSegmentRow extends Pick<SegmentRow, CenterSegmentColumns> {
  readonly tenant_code: string;
}

export function centerSegmentFromDb(row: CenterSegmentRow): CenterSegment {
  return {
    id: row.id,
    jobId: row.job_id,
    tenantCode: row.tenant_code,
    centerId: row.center_id,
    poolId: row.pool_id,
    windowId: row.window_id,
    offerId: row.offer_id,
    seq: row.seq,
    nodes: row.nodes,
    devicesPerNode: row.devices_per_node,
    startsAt: toEpochSeconds(row.starts_at),
    endsAt: toEpochSeconds(row.ends_at),
    state: row.state,
    outcome: row.outcome,
    runStartedAt: secondsOrNull(row.run_started_at),
    runEndedAt: secondsOrNull(row.run_ended_at),
    createdAt: toEpochSeconds(row.created_at),
  };
}

export interface ProgressRow {
  readonly job_id: JobId;
  readonly segment_id: SegmentId;
  readonly step: string;
  readonly of_steps: string | null;
  readonly loss: number | null;
  readonly at: Date;
}

export function progressFromDb(row: ProgressRow): ProgressPoint {
  return {
    segmentId: row.segment_id,
    step: Number(row.step),
    of: row.of_steps === null ? null : Number(row.of_steps),
    loss: row.loss,
    at: toEpochSeconds(row.at),
  };
}
