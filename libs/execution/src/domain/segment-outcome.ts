import { durationSeconds, type EpochSeconds } from '#libs/kernel';
import type { AttemptOutcome } from '#libs/connectors';
import type { Outcome, Segment } from '#libs/jobs';
import { RUN_SECONDS_MIN } from './run-time.js';

/** HTCondor's convention: "checkpointed, not finished". */
const CHECKPOINTED_EXIT = 85;

export interface EndedRun {
  readonly outcome: AttemptOutcome;
  readonly exitCode: number | null;
  readonly startedAt: EpochSeconds | null;
  /** Its end had come so near that it was asked for its last checkpoint. */
  readonly wasToldToEnd: boolean;
  /** A checkpoint of this very attempt was verified. */
  readonly hasCheckpoint: boolean;
  readonly usefulBeforeSeconds: number;
}

export interface JobOfRun {
  readonly canCheckpoint: boolean;
  readonly cancelRequested: boolean;
  readonly walltimeSeconds: number;
  /** Behind its newest verified checkpoint. */
  readonly usefulSeconds: number;
}

type PlannedRun = Pick<Segment, 'startsAt' | 'endsAt' | 'expectedUsefulSeconds'>;

/** What a segment's end is called, from what the cluster proved of its attempt. */
export function segmentOutcome(run: EndedRun, job: JobOfRun, segment: PlannedRun): Outcome {
  if (run.outcome === 'duplicate') return 'duplicate';
  // Whatever kept it from starting, nothing of the job is lost: it is planned again.
  if (run.startedAt === null) return job.cancelRequested ? 'cancelled' : 'window_end';
  switch (run.outcome) {
    case 'exited':
      return outcomeOfExit(run, job, segment);
    case 'timeLimit':
      return hadItsTime(run, job, segment) ? 'timeout' : 'window_end';
    case 'cancelled':
      // Told to end by somebody else, such as a machine that goes down.
      return job.cancelRequested ? 'cancelled' : 'node_fail';
    case 'vanished':
      return 'node_fail';
  }
}

function outcomeOfExit(run: EndedRun, job: JobOfRun, segment: PlannedRun): Outcome {
  if (run.exitCode === 0) return 'completed';
  const isCut = run.exitCode === CHECKPOINTED_EXIT && job.canCheckpoint && run.hasCheckpoint;
  if (!isCut) return 'failed';
  const isOver = job.usefulSeconds + RUN_SECONDS_MIN > job.walltimeSeconds;
  return isOver || (run.wasToldToEnd && hadItsTime(run, job, segment)) ? 'timeout' : 'window_end';
}

/**
 * The segment was the job's last by plan, and long enough for all that was left of its wall time. What it did not use of
 * it (a late start, the last checkpoint's lead) is not planned again: it would be halved for ever.
 */
function hadItsTime(run: EndedRun, job: JobOfRun, segment: PlannedRun): boolean {
  const wasLast = segment.expectedUsefulSeconds >= job.walltimeSeconds;
  return wasLast && run.usefulBeforeSeconds + durationSeconds(segment) >= job.walltimeSeconds;
}
