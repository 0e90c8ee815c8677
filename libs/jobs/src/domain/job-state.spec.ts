import { describe, expect, it } from 'vitest';
import { JOB_STATES, SEGMENT_OUTCOMES } from '#libs/contracts';
import { assertTransition, canTransition, IllegalTransitionError } from '#libs/kernel';
import {
  isTerminal,
  JOB_EVENTS,
  JOB_STATE_OF_SEGMENT,
  JOB_TRANSITIONS,
  jobStateAfter,
  TERMINAL_JOB_STATES,
} from './job-state.js';
import { LIVE_SEGMENT_STATES, SEGMENT_TRANSITIONS } from './segment-state.js';

/** Written out a second time: a row a state, in the order of its story. */
const LEGAL: Record<string, string> = {
  PENDING: 'SCHEDULED CANCELLED DEADLINE OUT_OF_BUDGET',
  SCHEDULED: 'CONFIGURING PENDING CANCELLED',
  CONFIGURING: 'RUNNING LOST_CONTACT COMPLETING PENDING COMPLETED FAILED TIMEOUT CANCELLED PREEMPTED NODE_FAIL',
  RUNNING: 'LOST_CONTACT COMPLETING PENDING COMPLETED FAILED TIMEOUT CANCELLED PREEMPTED NODE_FAIL',
  LOST_CONTACT: 'CONFIGURING RUNNING COMPLETING PENDING COMPLETED FAILED TIMEOUT CANCELLED PREEMPTED NODE_FAIL',
  COMPLETING: 'LOST_CONTACT PENDING COMPLETED FAILED TIMEOUT CANCELLED PREEMPTED NODE_FAIL',
};

const FLAGS = [false, true];
const jobs = FLAGS.flatMap((canCheckpoint) =>
  FLAGS.flatMap((hasBegun) =>
    FLAGS.flatMap((requeue) => FLAGS.map((cancelRequested) => ({ canCheckpoint, hasBegun, requeue, cancelRequested }))),
  ),
);

describe('the states of a job', () => {
  it.each(JOB_STATES.flatMap((from) => JOB_STATES.map((to) => ({ from, to }))))('$from to $to', ({ from, to }) => {
    const isLegal = (LEGAL[from] ?? '').split(' ').includes(to);
    expect(canTransition(JOB_TRANSITIONS, from, to)).toBe(isLegal);
    const move = () => assertTransition('job', JOB_TRANSITIONS, from, to);
    if (isLegal) expect(move).not.toThrow();
    else expect(move).toThrow(IllegalTransitionError);
  });

  it('that are terminal lead nowhere, and no others do', () => {
    for (const state of JOB_STATES) expect(isTerminal(state)).toBe(JOB_TRANSITIONS[state].length === 0);
    expect(TERMINAL_JOB_STATES).toHaveLength(8);
  });

  it('can follow every legal move of a live segment', () => {
    for (const from of LIVE_SEGMENT_STATES)
      for (const to of SEGMENT_TRANSITIONS[from]) {
        if (to === 'ENDED' || to === 'RESERVED') continue;
        const [before, after] = [JOB_STATE_OF_SEGMENT[from], JOB_STATE_OF_SEGMENT[to]];
        expect([before === after || canTransition(JOB_TRANSITIONS, before, after), from, to]).toEqual([true, from, to]);
      }
  });

  it('can follow every end of a live segment', () => {
    for (const from of LIVE_SEGMENT_STATES)
      for (const outcome of SEGMENT_OUTCOMES)
        for (const job of jobs) {
          const { state } = jobStateAfter(outcome, job);
          expect(canTransition(JOB_TRANSITIONS, JOB_STATE_OF_SEGMENT[from], state)).toBe(true);
          expect(canTransition(JOB_TRANSITIONS, 'COMPLETING', state)).toBe(true);
        }
  });

  it('have an event each, told apart by name', () => {
    expect(new Set(Object.values(JOB_EVENTS)).size).toBe(JOB_STATES.length);
  });
});

describe('a job after its segment', () => {
  const plain = { canCheckpoint: false, hasBegun: true, requeue: false, cancelRequested: false };

  it.each(jobs)('ends as its program did, whatever else holds: %j', (job) => {
    const ends = (['completed', 'failed', 'timeout', 'cancelled'] as const).map((outcome) =>
      jobStateAfter(outcome, job),
    );
    expect(ends.map((end) => end.state)).toEqual(['COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED']);
  });

  it.each([
    ['preempted', 'PREEMPTED', 'Preempted'],
    ['window_end', 'TIMEOUT', 'WindowEnd'],
    ['node_fail', 'NODE_FAIL', 'CenterDown'],
    ['lost', 'NODE_FAIL', 'CenterDown'],
  ] as const)('cut short by %s ends as %s, or waits for %s where it can go on', (outcome, state, reason) => {
    expect(jobStateAfter(outcome, plain)).toEqual({ state, reason: null });
    for (const change of [{ canCheckpoint: true }, { hasBegun: false }, { requeue: true }])
      expect(jobStateAfter(outcome, { ...plain, ...change })).toEqual({ state: 'PENDING', reason });
  });

  it('waits again where another copy held its run', () => {
    expect(jobStateAfter('duplicate', plain).state).toBe('PENDING');
  });

  it('never waits again once its cancellation was asked for', () => {
    for (const outcome of SEGMENT_OUTCOMES)
      for (const job of jobs.filter((one) => one.cancelRequested))
        expect(isTerminal(jobStateAfter(outcome, job).state)).toBe(true);
  });
});
