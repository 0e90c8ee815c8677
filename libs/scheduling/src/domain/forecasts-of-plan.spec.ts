import { describe, expect, it } from 'vitest';
import { asId, dec, type JobId, type TenantId } from '#libs/kernel';
import type { Plan, PlannedSegment, Reason } from '#libs/planner';
import { forecastsOfPlan } from './forecasts-of-plan.js';

const NOW = 1_800_000_000;
const [PLACED, REFUSED, UNKNOWN] = ['1', '2', '3'].map((n) =>
  asId<JobId>(`01900000-0000-7000-8000-00000000000${n}`),
) as [JobId, JobId, JobId];
const TENANT = asId<TenantId>('01900000-0000-7000-8000-0000000000f1');
const REASON: Reason = { code: 'Resources', message: 'needs 9 nodes', figures: { nodes: 9 } };
const SEGMENT: PlannedSegment = {
  windowId: asId('01900000-0000-7000-8000-0000000000a1'),
  laneId: asId('01900000-0000-7000-8000-0000000000a2'),
  poolId: asId('01900000-0000-7000-8000-0000000000a3'),
  centerId: asId('01900000-0000-7000-8000-0000000000a4'),
  ...{ startsAt: NOW, endsAt: NOW + 60, nodes: 1, devices: 8, usefulSeconds: 60 },
  cost: dec(3),
};
const PLAN: Plan = {
  forecasts: [PLACED, UNKNOWN].map((jobId) => ({
    ...{ jobId, startsAt: NOW, finishesAt: NOW + 60, segments: [SEGMENT], reasons: [] },
    cost: dec(3),
  })),
  refusals: [{ jobId: REFUSED, reasons: [REASON] }],
  reservations: [{ jobId: PLACED, segment: SEGMENT, hold: dec('3.456') }],
  hash: '',
};
const job = { tenantId: TENANT, currency: 'CNY' };
const facts = (unfunded: readonly JobId[] = []) => ({
  now: NOW,
  jobs: new Map([PLACED, REFUSED].map((id) => [id, job])),
  unfunded: new Set(unfunded),
});

describe('the forecasts of a plan', () => {
  it('are a place for what was placed, and reasons for what was not', () => {
    const shared = { tenantId: TENANT, currency: 'CNY', plannedAt: NOW };
    expect(forecastsOfPlan(PLAN, facts())).toEqual([
      {
        ...shared,
        ...{ jobId: PLACED, startsAt: NOW, finishesAt: NOW + 60, cost: dec(3), segments: [SEGMENT], reasons: [] },
      },
      {
        ...shared,
        ...{ jobId: REFUSED, startsAt: null, finishesAt: null, cost: null, segments: [], reasons: [REASON] },
      },
    ]);
  });

  it('say what was to be held where the money was refused', () => {
    const [first] = forecastsOfPlan(PLAN, facts([PLACED]));
    expect(first).toMatchObject({
      startsAt: null,
      segments: [],
      reasons: [{ code: 'BudgetLimit', figures: { neededHold: '3.456', currency: 'CNY' } }],
    });
    expect(first?.reasons[0]?.message).toMatch(/3\.46 CNY/);
  });
});
