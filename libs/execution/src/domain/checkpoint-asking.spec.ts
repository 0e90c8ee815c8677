import { describe, expect, it } from 'vitest';
import { isIntervalDue, isLastCheckpointDue } from './checkpoint-asking.js';

const run = { startedAt: 1000, deadline: 2000, leadSeconds: 20 };
const checkpoint = { signal: 'USR1', intervalSeconds: 100 } as const;
const fresh = { checkpoint, checkpointAskedAt: null, sealedAt: null };

it('the last checkpoint is due the lead before the deadline', () => {
  expect(isLastCheckpointDue({ ...run, now: 1979 })).toBe(false);
  expect(isLastCheckpointDue({ ...run, now: 1980 })).toBe(true);
});

describe('a checkpoint at the interval', () => {
  it('is due an interval after the start', () => {
    expect(isIntervalDue(fresh, { ...run, now: 1099 })).toBe(false);
    expect(isIntervalDue(fresh, { ...run, now: 1100 })).toBe(true);
  });

  it('is due an interval after the newest one, asked for or not', () => {
    const sealed = { ...fresh, checkpointAskedAt: 1100, sealedAt: 1130 };
    expect(isIntervalDue(sealed, { ...run, now: 1229 })).toBe(false);
    expect(isIntervalDue(sealed, { ...run, now: 1230 })).toBe(true);
  });

  it('is not asked for again while one may still come', () => {
    const quick = { checkpoint: { ...checkpoint, intervalSeconds: 10 }, checkpointAskedAt: 1100, sealedAt: null };
    expect(isIntervalDue(quick, { ...run, now: 1159 })).toBe(false);
    expect(isIntervalDue(quick, { ...run, now: 1160 })).toBe(true);
  });

  it('is never asked for in the first seconds, when nobody listens yet', () => {
    const eager = { ...fresh, checkpoint: { ...checkpoint, intervalSeconds: 1 } };
    expect(isIntervalDue(eager, { ...run, now: 1001 })).toBe(false);
    expect(isIntervalDue(eager, { ...run, now: 1002 })).toBe(true);
  });

  it('is not asked for just before the last one', () => {
    expect(isIntervalDue(fresh, { ...run, now: 1959 })).toBe(true);
    expect(isIntervalDue(fresh, { ...run, now: 1960 })).toBe(false);
  });

  it('is not asked for without an interval', () => {
    const last = { ...fresh, checkpoint: { ...checkpoint, intervalSeconds: null } };
    expect(isIntervalDue(last, { ...run, now: 1500 })).toBe(false);
    expect(isIntervalDue({ ...fresh, checkpoint: null }, { ...run, now: 1500 })).toBe(false);
  });
});
