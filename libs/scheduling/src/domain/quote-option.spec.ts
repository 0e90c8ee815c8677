import { describe, expect, it } from 'vitest';
import { energyOf, type MeteringSite, quoteUse } from '#libs/accounting';
import { KNOWN_SITE } from '#libs/accounting/testing';
import { asId, dec, Money } from '#libs/kernel';
import { lockSchedule } from '#libs/pricing';
import { quotedEnergy, quotedPrice } from './quote-option.js';

const START = 1_800_000_000;
const UNKNOWN: MeteringSite = {
  poolId: asId('01900000-0000-7000-8000-000000000001'),
  centerId: asId('01900000-0000-7000-8000-000000000002'),
  deviceKind: null,
  power: { idleWatts: null, fullWatts: null, suspendWatts: null, utilisation: null, source: null },
  baseline: 'idle',
  site: { pue: null, pueYear: null, pueSource: null, marginalPue: null, gridFactor: null },
  tariffs: [],
};
const KNOWN: MeteringSite = { ...UNKNOWN, ...KNOWN_SITE };
const use = (hours: number) => ({ startsAt: START, endsAt: START + hours * 3600, nodes: 1, devicesPerNode: 8 });

describe('a quoted option', () => {
  it('adds up the energy of its segments', () => {
    expect(quotedEnergy([energyOf(KNOWN, use(1)), energyOf(KNOWN, use(2))])).toEqual({
      facilityKwh: '22.5',
      marginalFacilityKwh: '11.25',
      carbonKg: '11.25',
      marginalCarbonKg: '5.625',
      provenance: 'modelled',
      unknown: {},
    });
  });

  it('does not know a figure that one of its segments lacks, and says why', () => {
    const noFactor: MeteringSite = { ...KNOWN, site: { ...KNOWN.site, gridFactor: null } };
    const energy = quotedEnergy([energyOf(KNOWN, use(1)), energyOf(noFactor, use(1))]);
    expect(energy).toMatchObject({ facilityKwh: '15', carbonKg: null, marginalCarbonKg: null });
    expect(Object.keys(energy.unknown)).toEqual(['carbonKg', 'marginalCarbonKg']);
    expect(energy.unknown['carbonKg']).toMatch(/grid/);
  });

  it('sums to its gross price, electricity on the center’s part', () => {
    const schedule = lockSchedule({
      centerPerDeviceHour: Money.of('3.3333', 'CNY'),
      feePercent: dec(8),
      taxRate: dec('0.06'),
      taxCode: 'test',
      electricity: 'passThrough',
    });
    const rate = (hours: number) => quoteUse(schedule, KNOWN, { ...use(hours), billingZone: 'Asia/Shanghai' });
    const { center, fee, tax, gross } = quotedPrice('CNY', [rate(1), rate(2)]);
    // 24 device-hours, and 22.5 kWh at 0.60.
    expect(center.amount).toBe('93.4992');
    expect(dec(center.amount).plus(fee.amount).plus(tax.amount).toFixed()).toBe(dec(gross.amount).toFixed());
  });
});
