import type { EpochSeconds, JobId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { Job, LockedJob } from '../domain/job.js';
import type { JobState, ReasonCode } from '../domain/job-state.js';

export interface JobStateChange {
  readonly to: JobState;
  readonly reason: ReasonCode | null;
  /** Kept where the job has begun already. */
  readonly startedAt?: EpochSeconds;
  readonly endedAt?: EpochSeconds;
  readonly exitCode?: number | null;
}

/** The job's write path, and the lock under which its state and its segments' change. */
export abstract class JobStore {
  /** The job and its labels; its first event has sequence number 1. In the caller's transaction: accepted means kept. */
  abstract insertJob(ctx: TxContext, job: Job): Promise<void>;
  /** Null where there is none, or it is another tenant's. */
  abstract lockJob(ctx: TxContext, jobId: JobId): Promise<LockedJob | null>;
  /** Guarded by state and event: false where somebody else moved on. The event number rises by one. */
  abstract updateState(ctx: TxContext, job: LockedJob, change: JobStateChange): Promise<boolean>;
  /** Guarded likewise; the event number rises by one. */
  abstract requestCancel(ctx: TxContext, job: LockedJob, at: EpochSeconds): Promise<boolean>;
  /** The new fence; null where there is no such job. */
  abstract nextFence(ctx: TxContext, jobId: JobId): Promise<number | null>;
  abstract addUseful(ctx: TxContext, jobId: JobId, seconds: number): Promise<boolean>;
}
