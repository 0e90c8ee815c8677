import type { AttemptId, JobId } from '#libs/kernel';
import type { TxContext } from '#libs/platform';
import type { Checkpoint } from '../domain/attempt.js';

export abstract class CheckpointStore {
  /** False where it is recorded already. */
  abstract insertCheckpoint(ctx: TxContext, checkpoint: Checkpoint): Promise<boolean>;
  abstract namesOfAttempt(ctx: TxContext, attemptId: AttemptId): Promise<ReadonlySet<string>>;
  /** Newest first. */
  abstract newestOfJob(ctx: TxContext, jobId: JobId, limit: number): Promise<readonly Checkpoint[]>;
}
