import {
  type AttemptId,
  type CheckpointId,
  type ClusterId,
  type EpochSeconds,
  type JobId,
  type SegmentId,
  type TenantId,
  toEpochSeconds,
} from '#libs/kernel';
import type { AttemptOutcome, SignalName } from '#libs/connectors';
import type { Attempt, Checkpoint } from '../domain/attempt.js';

export const ATTEMPT_COLUMNS = `a.id, a.tenant_id, a.job_id, a.segment_id, a.cluster_id, a.number, a.fence, a.token, a.external_id, a.state,
  a.time_limit_seconds, a.useful_before_seconds, a.checkpoint_signal, a.checkpoint_interval_seconds, a.submitted_at, a.started_at,
  a.ended_at, a.outcome, a.exit_code, a.checkpoint_asked_at, a.progress_offset, a.progress_at, a.created_at,
  (SELECT max(c.sealed_at) FROM checkpoint c WHERE c.attempt_id = a.id) AS sealed_at`;

export interface AttemptRow {
  readonly id: AttemptId;
  readonly tenant_id: TenantId;
  readonly job_id: JobId;
  readonly segment_id: SegmentId;
  readonly cluster_id: ClusterId;
  readonly number: number;
  readonly fence: number;
  readonly token: string;
  readonly external_id: string | null;
  readonly state: Attempt['state'];
  readonly time_limit_seconds: number;
  readonly useful_before_seconds: number;
  readonly checkpoint_signal: SignalName | null;
  readonly checkpoint_interval_seconds: number | null;
  readonly submitted_at: Date | null;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly outcome: AttemptOutcome | null;
  readonly exit_code: number | null;
  readonly checkpoint_asked_at: Date | null;
  readonly progress_offset: string;
  readonly progress_at: Date | null;
  readonly created_at: Date;
  readonly sealed_at: Date | null;
}

const secondsOrNull = (at: Date | null): EpochSeconds | null => (at === null ? null : toEpochSeconds(at));

export function attemptFromDb(row: AttemptRow): Attempt {
  const { checkpoint_signal: signal, checkpoint_interval_seconds: intervalSeconds } = row;
  return {
    id: row.id,
    tenantId: row.tenant_id,
    jobId: row.job_id,
    segmentId: row.segment_id,
    clusterId: row.cluster_id,
    number: row.number,
    fence: row.fence,
    token: row.token,
    externalId: row.external_id,
    state: row.state,
    timeLimitSeconds: row.time_limit_seconds,
    usefulBeforeSeconds: row.useful_before_seconds,
    checkpoint: signal === null ? null : { signal, intervalSeconds },
    submittedAt: secondsOrNull(row.submitted_at),
    startedAt: secondsOrNull(row.started_at),
    endedAt: secondsOrNull(row.ended_at),
    outcome: row.outcome,
    exitCode: row.exit_code,
    checkpointAskedAt: secondsOrNull(row.checkpoint_asked_at),
    sealedAt: secondsOrNull(row.sealed_at),
    progressOffset: Number(row.progress_offset),
    progressAt: secondsOrNull(row.progress_at),
    createdAt: toEpochSeconds(row.created_at),
  };
}

export interface CheckpointRow {
  readonly id: CheckpointId;
  readonly tenant_id: TenantId;
  readonly job_id: JobId;
  readonly segment_id: SegmentId;
  readonly attempt_id: AttemptId;
  readonly cluster_id: ClusterId;
  readonly name: string;
  readonly manifest_sha256: string;
  readonly bytes: string;
  readonly useful_seconds: number;
  readonly sealed_at: Date;
  readonly verified_at: Date;
}

export function checkpointFromDb(row: CheckpointRow): Checkpoint {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    jobId: row.job_id,
    segmentId: row.segment_id,
    attemptId: row.attempt_id,
    clusterId: row.cluster_id,
    name: row.name,
    manifestSha256: row.manifest_sha256,
    bytes: Number(row.bytes),
    usefulSeconds: row.useful_seconds,
    sealedAt: toEpochSeconds(row.sealed_at),
    verifiedAt: toEpochSeconds(row.verified_at),
  };
}
