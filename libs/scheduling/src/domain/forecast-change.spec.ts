import { describe, expect, it } from 'vitest';
import { asId, dec, type WindowId } from '#libs/kernel';
import type { PlannedSegment, Reason } from '#libs/planner';
import type { JobForecast } from '../application/forecast.store.js';
import { hasChanged } from './forecast-change.js';

const NOW = 1_800_000_000;
const WINDOW = asId<WindowId>('01900000-0000-7000-8000-000000000001');
const OTHER_WINDOW = asId<WindowId>('01900000-0000-7000-8000-000000000002');

const segmentIn = (windowId: WindowId): PlannedSegment => ({
  windowId,
  laneId: asId('01900000-0000-7000-8000-000000000003'),
  poolId: asId('01900000-0000-7000-8000-000000000004'),
  centerId: asId('01900000-0000-7000-8000-000000000005'),
  startsAt: NOW,
  endsAt: NOW + 3600,
  nodes: 1,
  devices: 8,
  cost: dec(1),
  usefulSeconds: 3600,
});

const reason = (change: Partial<Reason> = {}): Reason => ({
  code: 'BudgetLimit',
  message: 'has 5.00 left',
  figures: { available: '5', waitSeconds: 60 },
  ...change,
});

const forecast = (change: Partial<JobForecast> = {}): JobForecast => ({
  jobId: asId('01900000-0000-7000-8000-000000000006'),
  tenantId: asId('01900000-0000-7000-8000-000000000007'),
  startsAt: NOW,
  finishesAt: NOW + 3600,
  cost: dec(1),
  currency: 'CNY',
  segments: [segmentIn(WINDOW)],
  reasons: [reason()],
  plannedAt: NOW,
  ...change,
});

describe('a forecast is worth writing', () => {
  const changes = (change: Partial<JobForecast>) => hasChanged(forecast(), forecast(change));

  it('where there was none', () => {
    expect(hasChanged(undefined, forecast())).toBe(true);
  });

  it('not where only the plan is newer', () => {
    expect(changes({ plannedAt: NOW + 9999 })).toBe(false);
  });

  it('where start or finish moved by more than a minute, either way', () => {
    for (const key of ['startsAt', 'finishesAt'] as const) {
      const at = forecast()[key] ?? 0;
      expect([at - 60, at + 60].map((moved) => changes({ [key]: moved }))).toEqual([false, false]);
      expect([at - 61, at + 61].map((moved) => changes({ [key]: moved }))).toEqual([true, true]);
    }
  });

  it('where there is a start or a finish no more, or at last', () => {
    expect(changes({ startsAt: null })).toBe(true);
    expect(changes({ finishesAt: null })).toBe(true);
    expect(hasChanged(forecast({ finishesAt: null }), forecast())).toBe(true);
    expect(hasChanged(forecast({ finishesAt: null }), forecast({ finishesAt: null }))).toBe(false);
  });

  it('where it is in another window, or in one more', () => {
    expect(changes({ segments: [segmentIn(OTHER_WINDOW)] })).toBe(true);
    expect(changes({ segments: [segmentIn(WINDOW), segmentIn(OTHER_WINDOW)] })).toBe(true);
  });

  it('where the reason is another one, or an amount in it', () => {
    expect(changes({ reasons: [] })).toBe(true);
    expect(changes({ reasons: [reason({ code: 'MaxCost' })] })).toBe(true);
    expect(changes({ reasons: [reason({ figures: { available: '6', waitSeconds: 60 } })] })).toBe(true);
  });

  it('not where a time in the reason moved with the clock', () => {
    const later = reason({ figures: { waitSeconds: 58, available: '5' }, message: 'in 58 s' });
    expect(changes({ reasons: [later] })).toBe(false);
  });
});
