import { describe, expect, it } from 'vitest';
import { KNOWN_SITE } from '#libs/accounting/testing';
import { type MeteringSite, quoteUse } from '#libs/accounting';
import { asId, dec, Money } from '#libs/kernel';
import { type ElectricityMode, lockSchedule } from '#libs/pricing';
import { costOf, holdOf, isPriceable, type LanePrice } from './lane-price.js';

const START = 1_800_000_000;
const HOUR = { startsAt: START, endsAt: START + 3600 };

const site = (known: Partial<MeteringSite> = {}): MeteringSite => ({
  poolId: asId('01900000-0000-7000-8000-000000000001'),
  centerId: asId('01900000-0000-7000-8000-000000000002'),
  deviceKind: 'test-gpu',
  power: { idleWatts: null, fullWatts: null, suspendWatts: null, utilisation: null, source: null },
  baseline: 'idle',
  site: { pue: null, pueYear: null, pueSource: null, marginalPue: null, gridFactor: null },
  tariffs: [],
  ...known,
});

const price = (amount: string, electricity: ElectricityMode, known: Partial<MeteringSite> = {}): LanePrice => ({
  schedule: lockSchedule({
    centerPerDeviceHour: Money.of(amount, 'CNY'),
    feePercent: dec(8),
    taxRate: dec('0.06'),
    taxCode: 'test',
    electricity,
  }),
  site: site(known),
  devicesPerNode: 8,
});

describe('the price of a lane', () => {
  it('is with fee and tax; the hold is at least as much', () => {
    const included = price('3.5000', 'included');
    expect(costOf(included, 16, HOUR).toFixed()).toBe('64.1088');
    expect(holdOf(included, 16, HOUR).greaterThanOrEqualTo('64.1088')).toBe(true);
    expect(holdOf(included, 16, HOUR).toFixed(2)).toBe('64.11');
  });

  it('asks for no money where nothing is to be paid', () => {
    const free = price('0', 'included');
    expect(costOf(free, 8, HOUR).isZero()).toBe(true);
    expect(holdOf(free, 8, HOUR).isZero()).toBe(true);
  });

  it('adds electricity that is passed through: as modelled to the cost, at full power to the hold', () => {
    const passing = price('3.5000', 'passThrough', KNOWN_SITE);
    expect(costOf(passing, 8, HOUR).toFixed(4)).toBe('36.5544');
    expect(holdOf(passing, 8, HOUR).toFixed(2)).toBe('38.80');
    const quoted = quoteUse(passing.schedule, passing.site, {
      ...{ ...HOUR, nodes: 1, devicesPerNode: 8 },
      billingZone: 'Asia/Shanghai',
    });
    expect(costOf(passing, 8, HOUR).equals(quoted.gross)).toBe(true);
  });

  it('can be told unless electricity is passed through whose cost is not known', () => {
    expect(isPriceable(price('3.5000', 'included'), HOUR)).toBe(true);
    expect(isPriceable(price('3.5000', 'passThrough', KNOWN_SITE), HOUR)).toBe(true);
    expect(isPriceable(price('3.5000', 'passThrough'), HOUR)).toBe(false);
    const tariffs = (KNOWN_SITE.tariffs ?? []).map((one) => ({ ...one, validFrom: START + 1800 }));
    expect(isPriceable(price('3.5000', 'passThrough', { ...KNOWN_SITE, tariffs }), HOUR)).toBe(false);
    const inEuro = (KNOWN_SITE.tariffs ?? []).map((one) => ({ ...one, tariff: { ...one.tariff, currency: 'EUR' } }));
    expect(isPriceable(price('3.5000', 'passThrough', { ...KNOWN_SITE, tariffs: inEuro }), HOUR)).toBe(false);
  });
});
