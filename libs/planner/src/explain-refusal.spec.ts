import { describe, expect, it } from 'vitest';
import { dec } from '#libs/kernel';
import {
  buildCommitment,
  buildJob,
  buildLane,
  buildOptions,
  buildPool,
  buildSnapshot,
  buildWindow,
  testId,
} from './testing/index.js';
import { planJobs } from './plan-jobs.js';
import type { PlannerJob, PlannerSnapshot } from './types.js';

const HOUR = 3600;
const pool = buildPool(1, { nodes: 8 });
const window = buildWindow(1, { startsAt: 2 * HOUR, endsAt: 8 * HOUR }, 8);
const lane = buildLane(1, pool, [window]);
const supply = { pools: [pool], lanes: [lane] };

function reasonsFor(changes: Partial<PlannerJob>, more: Partial<PlannerSnapshot> = {}) {
  const job = buildJob(9, changes);
  const snapshot = buildSnapshot({ ...supply, ...more, jobs: [...(more.jobs ?? []), job] });
  const plan = planJobs(snapshot, buildOptions());
  return plan.refusals.find((one) => one.jobId === job.id)?.reasons ?? [];
}

describe('the reason for a refusal', () => {
  it('is NoSuchDevice where no pool has the device, the memory or so many a node', () => {
    for (const changes of [{ deviceKinds: ['h20'] }, { minDeviceMemoryGiB: 96 }, { devicesPerNode: 16 }])
      expect(reasonsFor(changes)[0]).toMatchObject({ code: 'NoSuchDevice', figures: { pools: 1 } });
  });

  it('is CenterNotAllowed where only centers have the device that the job leaves out', () => {
    for (const changes of [{ centersAllowed: ['elsewhere'] }, { centersDenied: ['center-1'] }])
      expect(reasonsFor(changes)[0]).toMatchObject({ code: 'CenterNotAllowed', figures: { centers: 'center-1' } });
  });

  it('is CenterDown where no connector reaches a pool that matches', () => {
    expect(reasonsFor({}, { pools: [{ ...pool, runnable: false }] })[0]).toMatchObject({ code: 'CenterDown' });
  });

  it('is Resources with both widths where the job is wider than any pool or window', () => {
    expect(reasonsFor({ nodes: 9 })[0]).toMatchObject({ code: 'Resources', figures: { nodes: 9, widestNodes: 8 } });
    const narrow = buildLane(1, pool, [{ ...window, nodes: 3 }]);
    expect(reasonsFor({ nodes: 5 }, { lanes: [narrow] })[0]?.figures).toEqual({ nodes: 5, widestNodes: 3 });
  });

  it('is Resources where the only windows are kept for other tenants', () => {
    const kept = { ...lane, tenantsAllowed: [testId<PlannerJob['tenantId']>(7, 6)] };
    expect(reasonsFor({}, { lanes: [kept] })[0]).toMatchObject({ code: 'Resources', figures: { windowsOfOthers: 1 } });
  });

  it('is WindowTooShort with both lengths where no window is as long as a job that cannot be cut', () => {
    const [reason] = reasonsFor({ remainingSeconds: 7 * HOUR });
    expect(reason).toMatchObject({
      code: 'WindowTooShort',
      figures: { neededSeconds: 7 * HOUR, longestSeconds: 6 * HOUR },
    });
    expect(reason?.message).toContain('7 h in one piece; the longest window leaves 6 h');
  });

  it('is BeginTime where the job may only start after the horizon', () => {
    expect(reasonsFor({ readyAt: 31 * 24 * HOUR })[0]).toMatchObject({ code: 'BeginTime' });
  });

  it('is Resources with the widest opening where commitments take the nodes', () => {
    const commitments = [buildCommitment(window, pool, { startsAt: 3 * HOUR, endsAt: 8 * HOUR }, 6)];
    const [reason] = reasonsFor({ nodes: 4, remainingSeconds: 2 * HOUR }, { commitments });
    expect(reason).toMatchObject({
      code: 'Resources',
      figures: { nodes: 4, openingNodes: 4, openingEndsAt: 3 * HOUR },
    });
    expect(reason?.message).toBe(
      'needs 4 nodes of any device kind for 2 h; the longest opening in 30 d is 4 nodes from 1970-01-01T02:00:00Z to 1970-01-01T03:00:00Z',
    );
  });

  it('is Priority, with the start it would have, where only higher ranks take the nodes', () => {
    const jobs = [buildJob(1, { nodes: 8, remainingSeconds: 6 * HOUR })];
    const reasons = reasonsFor({ nodes: 4 }, { jobs });
    expect(reasons[0]).toMatchObject({ code: 'Priority', figures: { wouldStartAt: 2 * HOUR } });
    expect(reasons[1]).toMatchObject({ code: 'Resources', figures: { openingNodes: 0 } });
  });

  it('is DeadlineImpossible with the soonest finish', () => {
    expect(reasonsFor({ deadline: 2.5 * HOUR })[0]).toMatchObject({
      code: 'DeadlineImpossible',
      figures: { deadline: 2.5 * HOUR, soonestFinishAt: 3 * HOUR },
    });
  });

  it('is Resources with the limit where nothing starts within the longest wait', () => {
    expect(reasonsFor({ maxWaitSeconds: HOUR })[0]).toMatchObject({
      code: 'Resources',
      figures: { startLimit: HOUR, startsAt: 2 * HOUR },
    });
  });

  it('is MaxCost with the cheapest cost, and BudgetLimit with what is left after the ranks before', () => {
    expect(reasonsFor({ maxCost: dec('7.99') })[0]).toMatchObject({
      code: 'MaxCost',
      figures: { maxCost: '7.99', cheapestCost: '8' },
    });
    const jobs = [buildJob(1, { available: dec(12) })];
    expect(reasonsFor({ available: dec(12) }, { jobs })[0]).toMatchObject({
      code: 'BudgetLimit',
      figures: { available: '4', neededHold: '8' },
    });
  });

  it('names every bound that alone forbids the job', () => {
    expect(reasonsFor({ deadline: HOUR, maxCost: dec(1) }).map((one) => one.code)).toEqual([
      'DeadlineImpossible',
      'MaxCost',
    ]);
  });
});

describe('the reason of a forecast', () => {
  it('is Resources for the first in a lane that opens later, Priority for one that starts behind another', () => {
    const jobs = [buildJob(1, { nodes: 8 }), buildJob(2, { nodes: 8 })];
    const { forecasts } = planJobs(buildSnapshot({ ...supply, jobs }), buildOptions());
    expect(forecasts.map((one) => [one.startsAt, one.reasons[0]?.code])).toEqual([
      [2 * HOUR, 'Resources'],
      [3 * HOUR, 'Priority'],
    ]);
  });

  it('is BeginTime where the job itself asks for a later start', () => {
    const jobs = [buildJob(1, { readyAt: 4 * HOUR })];
    const { forecasts } = planJobs(buildSnapshot({ ...supply, jobs }), buildOptions());
    expect(forecasts[0]).toMatchObject({ startsAt: 4 * HOUR, reasons: [{ code: 'BeginTime' }] });
  });

  it('is BeyondHorizon, with an extrapolated finish, for a chain longer than all the windows', () => {
    const checkpoint = { writeSeconds: 0, restartSeconds: 0, minSegmentSeconds: HOUR };
    const jobs = [buildJob(1, { remainingSeconds: 12 * HOUR, checkpoint })];
    const options = buildOptions(new Map(), { horizonSeconds: 8 * HOUR });
    const [forecast] = planJobs(buildSnapshot({ ...supply, jobs }), options).forecasts;
    expect(forecast).toMatchObject({ startsAt: 2 * HOUR, finishesAt: null });
    expect(forecast?.reasons.find((one) => one.code === 'BeyondHorizon')?.figures).toEqual({
      plannedUsefulSeconds: 6 * HOUR,
      remainingSeconds: 6 * HOUR,
      horizonAt: 8 * HOUR,
      extrapolatedFinishAt: 14 * HOUR,
    });
  });
});
