import type { EpochSeconds, JobId, SegmentId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { ProgressPoint, Segment } from '../domain/segment.js';
import type { Outcome, SegmentState } from '../domain/segment-state.js';

export interface SegmentStateChange {
  readonly to: SegmentState;
  readonly outcome?: Outcome;
  readonly endsAt?: EpochSeconds;
  /** Kept where the segment has begun already. */
  readonly runStartedAt?: EpochSeconds | null;
  readonly runEndedAt?: EpochSeconds | null;
  readonly exitCode?: number | null;
}

/** A segment read under its job's lock. */
export interface LockedSegment {
  readonly segment: Segment;
  readonly eventSeq: number;
}

/** Segments change under their job's lock only, so a read after {@link JobStore.lockJob} stands until the commit. */
export abstract class SegmentStore {
  /** The sequence number is the next of the job; its first event has sequence number 1. */
  abstract insertSegment(ctx: TxContext, segment: Segment): Promise<void>;
  abstract nextSeq(ctx: TxContext, jobId: JobId): Promise<number>;
  abstract findSegment(ctx: TxContext, segmentId: SegmentId): Promise<LockedSegment | null>;
  /** Live or reserved, the live one first. */
  abstract standingOf(ctx: TxContext, jobId: JobId): Promise<readonly Segment[]>;
  /** Guarded by state and event: false where somebody else moved on. The event number rises by one. */
  abstract updateState(ctx: TxContext, locked: LockedSegment, change: SegmentStateChange): Promise<boolean>;
  /** Points that are known already are left as they are. */
  abstract insertProgress(
    ctx: TxContext,
    segment: Segment,
    points: readonly Omit<ProgressPoint, 'segmentId'>[],
  ): Promise<void>;
}
