import type { AttemptId, ClusterId, EpochSeconds, JobId, SegmentId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { Attempt, AttemptEnd, NewAttempt } from '../domain/attempt.js';

/** Writes are guarded by what they may follow: false where somebody else moved on. */
export abstract class AttemptStore {
  abstract insertAttempt(ctx: TxContext, attempt: NewAttempt): Promise<void>;
  /** Of a cluster, those that somebody must look after still: not ended, or ended and not settled. */
  abstract findUnsettled(ctx: TxContext, clusterId: ClusterId): Promise<readonly Attempt[]>;
  abstract findUnsettledOfSegment(ctx: TxContext, segmentId: SegmentId): Promise<Attempt | null>;
  /** Clusters with attempts that are not settled. */
  abstract findBusyClusters(ctx: TxContext): Promise<readonly ClusterId[]>;
  /** Segments whose attempt was not submitted, as far as is recorded, and is in nobody's hands at `now`. */
  abstract findUnsubmitted(ctx: TxContext, now: EpochSeconds): Promise<readonly SegmentId[]>;
  /** The newest that has begun, of the job or of one of its segments. */
  abstract findNewestBegun(ctx: TxContext, jobId: JobId, segmentId: SegmentId | null): Promise<Attempt | null>;

  /** Takes a submission that is in nobody's hands at `now`. */
  abstract takeDispatch(
    ctx: TxContext,
    id: AttemptId,
    span: { readonly now: EpochSeconds; readonly until: EpochSeconds },
  ): Promise<boolean>;
  /** Keeps hold of it, or lets go of it. */
  abstract holdDispatch(ctx: TxContext, id: AttemptId, until: EpochSeconds): Promise<void>;
  abstract prepareSubmission(
    ctx: TxContext,
    id: AttemptId,
    run: Pick<Attempt, 'timeLimitSeconds' | 'usefulBeforeSeconds'>,
  ): Promise<boolean>;
  abstract recordSubmission(
    ctx: TxContext,
    id: AttemptId,
    submission: { readonly externalId: string; readonly submittedAt: EpochSeconds },
  ): Promise<boolean>;
  abstract recordStart(
    ctx: TxContext,
    id: AttemptId,
    start: { readonly startedAt: EpochSeconds; readonly nodeNames: readonly string[] },
  ): Promise<boolean>;
  abstract recordEnd(ctx: TxContext, id: AttemptId, end: AttemptEnd): Promise<boolean>;
  /** Ends one that was never submitted, as far as is recorded. */
  abstract withdraw(ctx: TxContext, id: AttemptId, at: EpochSeconds): Promise<boolean>;
  abstract recordCheckpointAsked(ctx: TxContext, id: AttemptId, at: EpochSeconds): Promise<boolean>;
  abstract moveProgress(
    ctx: TxContext,
    id: AttemptId,
    move: { readonly from: number; readonly to: number; readonly at: EpochSeconds },
  ): Promise<boolean>;
  abstract settle(ctx: TxContext, id: AttemptId, at: EpochSeconds): Promise<boolean>;
}
