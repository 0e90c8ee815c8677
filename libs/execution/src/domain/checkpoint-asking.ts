import type { EpochSeconds } from '#libs/kernel';
import type { Attempt } from './attempt.js';

/** A request that has brought nothing after so long is taken to be lost. */
const UNANSWERED_SECONDS = 60;
/** A program installs its signal handlers some time after its start; clocks are in whole seconds. */
const FIRST_SECONDS = 2;

interface Run {
  readonly startedAt: EpochSeconds;
  readonly deadline: EpochSeconds;
  readonly leadSeconds: number;
  readonly now: EpochSeconds;
}

/** From here on the checkpoint that the run's end asks for is on its way: the wrapper sends that signal, broker or not. */
export function isLastCheckpointDue({ deadline, leadSeconds, now }: Run): boolean {
  return now >= deadline - leadSeconds;
}

/**
 * Whether the job's interval has passed since its start, its newest checkpoint or the last request. Never a second
 * request while one may still be answered, and none so near the end that the last one would find it still writing.
 */
export function isIntervalDue(
  attempt: Pick<Attempt, 'checkpoint' | 'checkpointAskedAt' | 'sealedAt'>,
  { startedAt, deadline, leadSeconds, now }: Run,
): boolean {
  const interval = attempt.checkpoint?.intervalSeconds ?? null;
  if (interval === null || now < startedAt + FIRST_SECONDS || now >= deadline - 2 * leadSeconds) return false;
  const askedAt = attempt.checkpointAskedAt ?? 0;
  const sealedAt = attempt.sealedAt ?? 0;
  if (sealedAt < askedAt && now < askedAt + UNANSWERED_SECONDS) return false;
  return now >= Math.max(startedAt, askedAt, sealedAt) + interval;
}
