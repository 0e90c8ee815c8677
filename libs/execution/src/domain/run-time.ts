import { durationSeconds, type EpochSeconds, type Interval } from '#libs/kernel';
import type { ConnectorTiming } from '#libs/connectors';
import type { Attempt } from './attempt.js';

/** A segment that begins this late is still worth running, where the time it needs is not short itself. */
const LATE_SECONDS_MAX = 60;
/** The wrapper kills this long before the end, so that nothing is left at it. */
const KILL_EARLY_SECONDS = 2;
/** A shorter run would be killed before it could do anything. */
export const RUN_SECONDS_MIN = KILL_EARLY_SECONDS + 1;

interface Demand {
  readonly checkpoint: { readonly minSegmentSeconds: number } | null;
}

/**
 * Whether what is left of a segment is too short to be of use: shorter than the shortest segment of a job that can be
 * cut, or than the whole segment of one that cannot, by more than a minute or a quarter of it.
 */
export function isTooLate(segment: Interval, job: Demand, now: EpochSeconds): boolean {
  const planned = durationSeconds(segment);
  const needed = job.checkpoint ? Math.min(job.checkpoint.minSegmentSeconds, planned) : planned;
  const left = segment.endsAt - Math.max(now, segment.startsAt);
  return left < needed - Math.min(LATE_SECONDS_MAX, Math.floor(needed / 4)) || left < RUN_SECONDS_MIN;
}

/**
 * The limit, from the real start: the rest of the job's wall time, with what ending takes and, on a resume, what reading
 * the checkpoint may take; never more than the rest of the segment.
 */
export function timeLimitSeconds(
  segment: Interval,
  run: { readonly remainingSeconds: number; readonly resumes: boolean; readonly now: EpochSeconds },
  timing: ConnectorTiming,
): number {
  const left = segment.endsAt - Math.max(run.now, segment.startsAt);
  const overhead =
    KILL_EARLY_SECONDS + Math.ceil(timing.graceSeconds) + (run.resumes ? Math.ceil(timing.leadSeconds) : 0);
  return Math.max(1, Math.min(left, Math.max(0, run.remainingSeconds) + overhead));
}

/** How long before its end the run gets its signal: at most half of it, since a program needs a while to listen. */
export function checkpointLeadSeconds(
  attempt: Pick<Attempt, 'timeLimitSeconds'>,
  timing: Pick<ConnectorTiming, 'leadSeconds'>,
): number {
  return Math.min(Math.ceil(timing.leadSeconds), Math.floor(attempt.timeLimitSeconds / 2));
}

/** When a run ends at the latest. */
export function deadlineOf(
  attempt: Pick<Attempt, 'timeLimitSeconds'>,
  startedAt: EpochSeconds,
  segment: Interval,
): EpochSeconds {
  return Math.min(startedAt + attempt.timeLimitSeconds, segment.endsAt);
}
