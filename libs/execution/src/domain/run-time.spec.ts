import { describe, expect, it } from 'vitest';
import { checkpointLeadSeconds, deadlineOf, isTooLate, timeLimitSeconds } from './run-time.js';

const timing = { marginSeconds: 6, leadSeconds: 20, graceSeconds: 4.5, pollSeconds: 1, startTimeoutSeconds: 30 };
const hour = { startsAt: 10_000, endsAt: 13_600 };

describe('whether a segment is worth starting', () => {
  const cuttable = { checkpoint: { minSegmentSeconds: 600 } };
  const whole = { checkpoint: null };

  it('it is before its start, and at it', () => {
    expect(isTooLate(hour, whole, hour.startsAt - 999)).toBe(false);
    expect(isTooLate(hour, whole, hour.startsAt)).toBe(false);
  });

  it('a job that cannot be cut is forgiven a minute', () => {
    expect(isTooLate(hour, whole, hour.startsAt + 60)).toBe(false);
    expect(isTooLate(hour, whole, hour.startsAt + 61)).toBe(true);
  });

  it('a job that can be cut needs its shortest segment, but for a minute', () => {
    expect(isTooLate(hour, cuttable, hour.endsAt - 540)).toBe(false);
    expect(isTooLate(hour, cuttable, hour.endsAt - 539)).toBe(true);
  });

  it('a segment planned at the shortest length may begin late too', () => {
    const shortest = { startsAt: 0, endsAt: 40 };
    expect(isTooLate(shortest, cuttable, 10)).toBe(false);
    expect(isTooLate(shortest, cuttable, 11)).toBe(true);
  });

  it('what would be killed at once is not started', () => {
    expect(isTooLate({ startsAt: 0, endsAt: 2 }, whole, 0)).toBe(true);
    expect(isTooLate({ startsAt: 0, endsAt: 3 }, whole, 0)).toBe(false);
  });
});

describe('the time limit', () => {
  it('is the rest of the segment where the job has more to do', () => {
    expect(timeLimitSeconds(hour, { remainingSeconds: 9999, resumes: false, now: 0 }, timing)).toBe(3600);
    expect(timeLimitSeconds(hour, { remainingSeconds: 9999, resumes: false, now: 10_100 }, timing)).toBe(3500);
  });

  it('is the rest of the wall time and what ending takes where that is less', () => {
    expect(timeLimitSeconds(hour, { remainingSeconds: 100, resumes: false, now: 0 }, timing)).toBe(107);
  });

  it('leaves a resumed run time to read its checkpoint', () => {
    expect(timeLimitSeconds(hour, { remainingSeconds: 100, resumes: true, now: 0 }, timing)).toBe(127);
  });

  it('is never nothing', () => {
    expect(timeLimitSeconds(hour, { remainingSeconds: -5, resumes: false, now: 99_999 }, timing)).toBe(1);
  });
});

it('a run is asked for its last checkpoint the lead before its end, or halfway where it is short', () => {
  expect(checkpointLeadSeconds({ timeLimitSeconds: 3600 }, timing)).toBe(20);
  expect(checkpointLeadSeconds({ timeLimitSeconds: 11 }, timing)).toBe(5);
});

it('a run ends at its limit or with its segment', () => {
  expect(deadlineOf({ timeLimitSeconds: 600 }, 10_100, hour)).toBe(10_700);
  expect(deadlineOf({ timeLimitSeconds: 600 }, 13_500, hour)).toBe(13_600);
});
