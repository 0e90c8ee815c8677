import type { AttemptId, EpochSeconds, JobId, UsageRecordId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { MeteredAttempt, StartedAttempt, UsageDraft } from '../domain/metered-attempt.js';

export interface NewUsageRecord extends UsageDraft {
  readonly id: UsageRecordId;
}

export interface CloseUsage {
  /** As it was read: the records are kept only if it stands as it stood. */
  readonly attempt: MeteredAttempt;
  readonly records: readonly NewUsageRecord[];
  readonly meteredUntil: EpochSeconds;
  /** True where nothing of the attempt is left to meter. */
  readonly closes: boolean;
  readonly at: Date;
}

export abstract class MeterStore {
  /** False where the attempt is known already: the first word wins. */
  abstract insertAttempt(ctx: TxContext, attempt: StartedAttempt): Promise<boolean>;
  abstract see(ctx: TxContext, attemptIds: readonly AttemptId[], until: EpochSeconds): Promise<void>;
  /** Never before what is metered. False where an end is known already, or the attempt never started. */
  abstract end(ctx: TxContext, attemptId: AttemptId, endedAt: EpochSeconds): Promise<boolean>;
  abstract findUnclosed(ctx: TxContext, attemptId: AttemptId): Promise<MeteredAttempt | null>;
  /** Attempts that have ended or have a whole hour to close, oldest first. */
  abstract findDue(ctx: TxContext, now: EpochSeconds, limit: number): Promise<AttemptId[]>;
  abstract findUnclosedOfJobs(ctx: TxContext, jobIds: readonly JobId[]): Promise<MeteredAttempt[]>;
  /**
   * Moves the metered-until mark by compare-and-set, and in the same statement keeps the records and queues
   * them for rating. False where the mark or the end had moved meanwhile: nothing was kept.
   */
  abstract closeUsage(ctx: TxContext, input: CloseUsage): Promise<boolean>;
}
