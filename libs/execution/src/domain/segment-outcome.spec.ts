import { describe, expect, it } from 'vitest';
import type { Outcome } from '#libs/jobs';
import { type EndedRun, type JobOfRun, segmentOutcome } from './segment-outcome.js';

const run: EndedRun = {
  outcome: 'exited',
  exitCode: 0,
  startedAt: 1000,
  wasToldToEnd: false,
  hasCheckpoint: false,
  usefulBeforeSeconds: 0,
};
const job: JobOfRun = { canCheckpoint: true, cancelRequested: false, walltimeSeconds: 3600, usefulSeconds: 0 };
const cut = { startsAt: 1000, endsAt: 2000, expectedUsefulSeconds: 900 };
const last = { startsAt: 1000, endsAt: 4600, expectedUsefulSeconds: 3600 };

interface Case {
  readonly run?: Partial<EndedRun>;
  readonly job?: Partial<JobOfRun>;
  readonly segment?: typeof cut;
}

const checkpointed = { exitCode: 85, hasCheckpoint: true };
const killed = { outcome: 'timeLimit', exitCode: 143 } as const;

const CASES: [string, Case, Outcome][] = [
  ['that exits with 0 has completed', {}, 'completed'],
  ['that exits with 0 while it is cancelled has completed', { job: { cancelRequested: true } }, 'completed'],
  ['that exits with 1 has failed', { run: { exitCode: 1 } }, 'failed'],
  ['that is killed by a signal has failed', { run: { exitCode: 137 } }, 'failed'],
  ['that stops with 85 and a checkpoint goes on', { run: checkpointed }, 'window_end'],
  ['that stops with 85 and no checkpoint has failed', { run: { exitCode: 85 } }, 'failed'],
  ['that stops with 85 and cannot be cut has failed', { run: checkpointed, job: { canCheckpoint: false } }, 'failed'],
  [
    'that stops with 85 and has used up its wall time is timed out',
    { run: checkpointed, job: { usefulSeconds: 3598 } },
    'timeout',
  ],
  ['that stops by itself in its last segment goes on', { run: checkpointed, segment: last }, 'window_end'],
  [
    'that was told to end in its last segment is timed out',
    { run: { ...checkpointed, wasToldToEnd: true }, segment: last },
    'timeout',
  ],
  [
    'whose last segment cannot hold what an older checkpoint leaves to do goes on',
    { run: { ...checkpointed, wasToldToEnd: true }, segment: { ...last, startsAt: 2000 } },
    'window_end',
  ],
  ['that is killed at the end of a window goes on', { run: killed, segment: cut }, 'window_end'],
  ['that is killed at the end of its wall time is timed out', { run: killed, segment: last }, 'timeout'],
  [
    'that is killed on request is cancelled',
    { run: { outcome: 'cancelled' }, job: { cancelRequested: true } },
    'cancelled',
  ],
  ['that is told to end by nobody of us lost its node', { run: { outcome: 'cancelled', exitCode: 143 } }, 'node_fail'],
  ['that is gone lost its node', { run: { outcome: 'vanished', exitCode: null } }, 'node_fail'],
  ['that never started is planned again', { run: { outcome: 'vanished', startedAt: null } }, 'window_end'],
  [
    'that never started and is not wanted any more is cancelled',
    { run: { outcome: 'cancelled', startedAt: null }, job: { cancelRequested: true } },
    'cancelled',
  ],
  ['that found another copy running is a duplicate', { run: { outcome: 'duplicate', startedAt: null } }, 'duplicate'],
];

describe('a run', () => {
  it.each(CASES)('%s', (_title, change, outcome) => {
    const ended = segmentOutcome({ ...run, ...change.run }, { ...job, ...change.job }, change.segment ?? cut);
    expect(ended).toBe(outcome);
  });
});
