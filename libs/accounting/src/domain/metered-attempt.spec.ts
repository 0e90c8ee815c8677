import { describe, expect, it } from 'vitest';
import { asId } from '#libs/kernel';
import type { MeteredAttempt } from './metered-attempt.js';
import { closableUsage, openUsage } from './metered-attempt.js';
import type { MeteringSite } from './metering-site.js';

const HOUR = 3600;
const START = 1_800_000_000;
const id = <T extends ReturnType<typeof asId>>() => asId<T>('00000000-0000-7000-8000-000000000001');

const SITE: MeteringSite = {
  poolId: id(),
  centerId: id(),
  deviceKind: null,
  power: { idleWatts: null, fullWatts: null, suspendWatts: null, utilisation: null, source: null },
  baseline: 'idle',
  site: { pue: null, pueYear: null, pueSource: null, marginalPue: null, gridFactor: null },
  tariffs: [],
};

function attempt(changes: Partial<MeteredAttempt> = {}): MeteredAttempt {
  return {
    ...{ attemptId: id(), tenantId: id(), projectId: id(), jobId: id(), segmentId: id(), centerId: id(), poolId: id() },
    ...{ holdId: id(), priceScheduleId: id(), nodes: 2, devicesPerNode: 4 },
    startedAt: START,
    billableUntil: START + 10 * HOUR,
    seenUntil: START,
    meteredUntil: START,
    endedAt: null,
    ...changes,
  };
}

const terms = (now: number, site = SITE) => ({ now, billingZone: 'Asia/Shanghai', site });
const spans = (drafts: readonly { startsAt: number; endsAt: number }[]) =>
  drafts.map(({ startsAt, endsAt }) => [startsAt - START, endsAt - START]);

describe('closing usage', () => {
  it('closes nothing of an attempt that was only seen to start, however late it is', () => {
    expect(closableUsage(attempt(), terms(START + 5 * HOUR))).toEqual([]);
  });

  it('closes an hour at the very second that ends it', () => {
    const seen = attempt({ seenUntil: START + HOUR });
    expect(spans(closableUsage(seen, terms(START + HOUR - 1)))).toEqual([]);
    expect(spans(closableUsage(seen, terms(START + HOUR)))).toEqual([[0, HOUR]]);
    expect(spans(closableUsage(attempt({ seenUntil: START + HOUR - 1 }), terms(START + HOUR)))).toEqual([]);
  });

  it('closes all up to the end once it is known, seen or not', () => {
    const ended = attempt({ endedAt: START + HOUR + 5 });
    expect(spans(closableUsage(ended, terms(START)))).toEqual([
      [0, HOUR],
      [HOUR, HOUR + 5],
    ]);
  });

  it('cuts at the time limit, and bills nothing after it', () => {
    const late = attempt({ billableUntil: START + 100, endedAt: START + 130 });
    const drafts = closableUsage(late, terms(START));
    expect(drafts.map((draft) => [draft.deviceSeconds, draft.billableDeviceSeconds])).toEqual([
      [800, 800],
      [240, 0],
    ]);
  });

  it('cuts where another tariff comes into force', () => {
    const tariff = { zone: 'Asia/Shanghai', currency: 'CNY', bands: [], representative: false, source: 'test' };
    const site = { ...SITE, tariffs: [{ validFrom: START + 60, tariff }] };
    expect(spans(closableUsage(attempt({ endedAt: START + 90 }), terms(START, site)))).toEqual([
      [0, 60],
      [60, 90],
    ]);
  });

  it('shows the open tail up to now in the pieces that records will have', () => {
    const running = attempt({ meteredUntil: START + HOUR, seenUntil: START + HOUR });
    expect(spans(openUsage(running, terms(START + 2 * HOUR + 7)))).toEqual([
      [HOUR, 2 * HOUR],
      [2 * HOUR, 2 * HOUR + 7],
    ]);
    expect(openUsage(running, terms(START + HOUR))).toEqual([]);
  });
});
