import type { AttemptId, CheckpointId, ClusterId, EpochSeconds, JobId, SegmentId, TenantId } from '#libs/kernel';
import type { AttemptOutcome, CheckpointRef, ObservedAttempt, SignalName } from '#libs/connectors';

/** One submission of a segment to a cluster. */
export interface Attempt {
  readonly id: AttemptId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly clusterId: ClusterId;
  readonly number: number;
  /** The job's, when the attempt was made; where the job has a higher one, nothing that this attempt does counts. */
  readonly fence: number;
  /** Its name at the cluster. */
  readonly token: string;
  /** Null until the cluster's answer to the submission is recorded. */
  readonly externalId: string | null;
  readonly state: 'SUBMITTING' | 'QUEUED' | 'RUNNING' | 'ENDED';
  readonly timeLimitSeconds: number;
  /** The job's useful run time behind the checkpoint that it resumes from. */
  readonly usefulBeforeSeconds: number;
  /** Null where the job can't be cut. */
  readonly checkpoint: { readonly signal: SignalName; readonly intervalSeconds: number | null } | null;
  readonly submittedAt: EpochSeconds | null;
  /** By the cluster's clock, as all that follows. */
  readonly startedAt: EpochSeconds | null;
  readonly endedAt: EpochSeconds | null;
  readonly outcome: AttemptOutcome | null;
  readonly exitCode: number | null;
  readonly checkpointAskedAt: EpochSeconds | null;
  /** Of its newest verified checkpoint. */
  readonly sealedAt: EpochSeconds | null;
  readonly progressOffset: number;
  readonly progressAt: EpochSeconds | null;
  readonly createdAt: EpochSeconds;
}

export type NewAttempt = Pick<
  Attempt,
  'id' | 'tenantId' | 'jobId' | 'segmentId' | 'clusterId' | 'fence' | 'timeLimitSeconds' | 'checkpoint' | 'createdAt'
> & { readonly dispatchUntil: EpochSeconds };

/** `withdrawn`: it was never submitted, and will not be. `absent`: the cluster provably has nothing of it any more. */
export type Proof = NonNullable<ObservedAttempt['proof']> | 'withdrawn' | 'absent';

export interface AttemptEnd {
  readonly endedAt: EpochSeconds;
  readonly outcome: AttemptOutcome;
  readonly exitCode: number | null;
  readonly proof: Proof;
}

/** A sealed checkpoint whose files were hashed again and found as its manifest says. */
export interface Checkpoint extends CheckpointRef {
  readonly id: CheckpointId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly attemptId: AttemptId;
  /** Where it was sealed. */
  readonly clusterId: ClusterId;
  readonly bytes: number;
  /** The job's useful run time behind it, in all. */
  readonly usefulSeconds: number;
  readonly sealedAt: EpochSeconds;
  readonly verifiedAt: EpochSeconds;
}

/** A token of letters and digits that no other attempt has. */
export function tokenOf(attemptId: AttemptId): string {
  return `ys-${attemptId.replaceAll('-', '')}`;
}
