import { describe, expect, it } from 'vitest';
import { Money, asId, dec, sumDecimals } from '#libs/kernel';
import { lockSchedule } from '#libs/pricing';
import type { PriceSchedule } from '#libs/pricing';
import type { MeteringSite } from './metering-site.js';
import { energyOf } from './metering-site.js';
import { closableUsage } from './metered-attempt.js';
import { holdForUse, quoteUse, rateRecord } from './price-use.js';

const START = 1_800_000_123;
const USE = { startsAt: START, endsAt: START + 50_000, nodes: 3, devicesPerNode: 8 };
const ALL_YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

const tariff = (valley: string, rest: string) => ({
  zone: 'Asia/Shanghai',
  currency: 'CNY',
  bands: [
    { name: 'valley', months: ALL_YEAR, from: '23:00', to: '07:00', pricePerKwh: dec(valley) },
    { name: 'flat', months: ALL_YEAR, from: '00:00', to: '24:00', pricePerKwh: dec(rest) },
  ],
  representative: false,
  source: 'test',
});

const SITE: MeteringSite = {
  poolId: asId('00000000-0000-7000-8000-000000000001'),
  centerId: asId('00000000-0000-7000-8000-000000000002'),
  deviceKind: null,
  power: { idleWatts: dec(3000), fullWatts: dec(9000), suspendWatts: null, utilisation: dec('0.7'), source: 'test' },
  baseline: 'idle',
  site: { pue: dec('1.23'), pueYear: 2024, pueSource: 'test', marginalPue: null, gridFactor: null },
  tariffs: [
    { validFrom: START + 20_001, tariff: tariff('0.31', '0.92') },
    { validFrom: 0, tariff: tariff('0.30', '0.70') },
  ],
};

function schedule(electricity: PriceSchedule['electricity'], price = '3.5000'): PriceSchedule {
  const centerPerDeviceHour = Money.of(price, 'CNY');
  return lockSchedule({ centerPerDeviceHour, feePercent: dec(8), taxRate: dec('0.06'), taxCode: 'test', electricity });
}

/** What the meter and the rater would make of the same use. */
function chargedFor(prices: PriceSchedule) {
  const id = asId<never>('00000000-0000-7000-8000-000000000003');
  const attempt = {
    ...{ attemptId: id, tenantId: id, projectId: id, jobId: id, segmentId: id, holdId: id, priceScheduleId: id },
    ...{
      centerId: SITE.centerId,
      poolId: SITE.poolId,
      nodes: 3,
      devicesPerNode: 8,
      startedAt: START,
      seenUntil: START,
    },
    ...{ billableUntil: USE.endsAt, meteredUntil: START, endedAt: USE.endsAt },
  };
  const drafts = closableUsage(attempt, { now: START, billingZone: 'Asia/Shanghai', site: SITE });
  const rated = drafts.map(({ billableDeviceSeconds, energy }) =>
    rateRecord(prices, { billableDeviceSeconds, ...energy }),
  );
  return sumDecimals(rated.map((one) => one.gross));
}

describe('pricing use', () => {
  it.each(['included', 'passThrough'] as const)(
    'quotes what will be charged, to the last digit: electricity %s',
    (mode) => {
      const prices = schedule(mode);
      const quoted = quoteUse(prices, SITE, { ...USE, billingZone: 'Asia/Shanghai' });
      expect(quoted.gross.toFixed()).toBe(chargedFor(prices).toFixed());
    },
  );

  it.each(['included', 'passThrough'] as const)('holds at least what will be charged: electricity %s', (mode) => {
    const prices = schedule(mode);
    expect(holdForUse(prices, SITE, USE).amount.greaterThanOrEqualTo(chargedFor(prices))).toBe(true);
  });

  it('holds at the dearest tariff that comes into force during the use', () => {
    const before = { ...SITE, tariffs: SITE.tariffs.slice(1) };
    const prices = schedule('passThrough');
    expect(holdForUse(prices, SITE, USE).compare(holdForUse(prices, before, USE))).toBe(1);
  });

  it('holds and quotes nothing where the price is zero', () => {
    expect(holdForUse(schedule('included', '0'), SITE, USE).amount.isZero()).toBe(true);
    expect(quoteUse(schedule('included', '0'), SITE, { ...USE, billingZone: 'Asia/Shanghai' }).gross.isZero()).toBe(
      true,
    );
  });

  it('says why electricity cannot be passed through', () => {
    const unknown = { ...SITE, site: { ...SITE.site, pue: null } };
    const passing = schedule('passThrough');
    expect(() => holdForUse(passing, unknown, USE)).toThrow(/PUE is not known/);
    expect(() => quoteUse(passing, unknown, { ...USE, billingZone: 'Asia/Shanghai' })).toThrow(/PUE is not known/);
    expect(quoteUse(schedule('included'), unknown, { ...USE, billingZone: 'Asia/Shanghai' }).gross.isZero()).toBe(
      false,
    );
  });

  it('takes the tariff in force at the start, none before the first', () => {
    const later = { ...SITE, tariffs: SITE.tariffs.slice(0, 1) };
    expect(energyOf(later, { startsAt: START, endsAt: START + 60, nodes: 1 }).unknown.electricityCost).toMatch(
      /tariff is not known/,
    );
    expect(energyOf(SITE, { startsAt: START, endsAt: START + 60, nodes: 1 }).electricityCost).not.toBeNull();
  });
});
