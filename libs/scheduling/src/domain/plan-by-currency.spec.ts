import { describe, expect, it } from 'vitest';
import type { Currency, JobId, OfferId } from '#libs/kernel';
import { type PlannerJob, type PlannerLane, planJobs } from '#libs/planner';
import { buildJob, buildLane, buildOptions, buildPool, buildSnapshot, buildWindow } from '#libs/planner/testing';
import { planByCurrency } from './plan-by-currency.js';

const HOUR = 3600;
const pool = buildPool(1, { nodes: 1 });
const yuan = buildLane(1, pool, [buildWindow(1, { startsAt: 0, endsAt: 9 * HOUR }, 1)]);
const dollars = buildLane(2, pool, [buildWindow(2, { startsAt: 0, endsAt: 9 * HOUR }, 1)]);
const [first, second, third] = [buildJob(1), buildJob(2), buildJob(3)];
const options = buildOptions(new Map([[dollars.id, 0.1]]));

const currencies = (jobs: readonly [PlannerJob, Currency][], lanes: readonly [PlannerLane, Currency][]) => ({
  ofJob: new Map(jobs.map(([job, currency]): [JobId, Currency] => [job.id, currency])),
  ofLane: new Map(lanes.map(([lane, currency]): [OfferId, Currency] => [lane.id, currency])),
});

describe('planning by currency', () => {
  const snapshot = buildSnapshot({ pools: [pool], lanes: [yuan, dollars], jobs: [first, second, third] });
  const lanes: [PlannerLane, Currency][] = [
    [yuan, 'CNY'],
    [dollars, 'USD'],
  ];

  it('places no job on an offer in another currency, however small its number', () => {
    const plan = planByCurrency(
      snapshot,
      currencies(
        [first, second, third].map((job) => [job, 'CNY']),
        lanes,
      ),
      options,
    );
    expect(plan.forecasts.flatMap((one) => one.segments.map((segment) => segment.laneId))).toEqual(
      Array(3).fill(yuan.id),
    );
  });

  it('lets jobs of two currencies share the nodes of a pool without meeting on them', () => {
    const mixed = currencies(
      [
        [first, 'CNY'],
        [second, 'USD'],
        [third, 'CNY'],
      ],
      lanes,
    );
    const plan = planByCurrency(snapshot, mixed, options);
    const starts = new Map(plan.forecasts.map((one) => [one.jobId, one.startsAt]));
    expect(starts).toEqual(
      new Map([
        [first.id, 0],
        [third.id, HOUR],
        [second.id, 2 * HOUR],
      ]),
    );
    expect(plan.reservations.map((one) => one.jobId)).toEqual([first.id]);
    expect(planByCurrency(snapshot, mixed, options)).toEqual(plan);
  });

  it('refuses a job in whose currency nothing is sold', () => {
    const euro = currencies([[first, 'EUR']], lanes);
    const { forecasts, refusals } = planByCurrency({ ...snapshot, jobs: [first] }, euro, options);
    expect(forecasts).toEqual([]);
    expect(refusals).toMatchObject([{ jobId: first.id, reasons: [{ code: 'Resources' }] }]);
  });

  it('is the planner’s own plan where there is but one currency, or no job', () => {
    const one = buildSnapshot({ pools: [pool], lanes: [yuan], jobs: [first, second] });
    const all = currencies(
      [
        [first, 'CNY'],
        [second, 'CNY'],
      ],
      lanes,
    );
    expect(planByCurrency(one, all, options)).toEqual(planJobs(one, options));
    const idle = { ...one, jobs: [] };
    expect(planByCurrency(idle, all, options)).toEqual(planJobs(idle, options));
  });
});
