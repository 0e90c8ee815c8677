import { Money, dec, roundHalfEven } from '#libs/kernel';
import { describe, expect, it } from 'vitest';
import {
  PricingError,
  billableSeconds,
  deviceHours,
  lockSchedule,
  rateInterval,
  rateUsage,
  sumRated,
} from './index.js';
import type { LockScheduleInput, Rated } from './index.js';

const SHANGHAI = 'Asia/Shanghai';

function scheduleWith(change: Partial<LockScheduleInput> = {}) {
  return lockSchedule({
    centerPerDeviceHour: Money.of('3.5000', 'CNY'),
    feePercent: dec(8),
    taxRate: dec('0.06'),
    taxCode: 'modern-services',
    electricity: 'included',
    ...change,
  });
}

const at = (iso: string): number => Date.parse(iso) / 1000;

describe('lockSchedule', () => {
  it('fixes price and fee per device-hour to 4 decimals', () => {
    const schedule = scheduleWith();
    expect(schedule.centerPerDeviceHour.toFixed(4)).toBe('3.5000');
    expect(schedule.feePerDeviceHour.toFixed(4)).toBe('0.2800');
  });

  it('rounds half even, and takes the fee from the rounded price', () => {
    const schedule = scheduleWith({ centerPerDeviceHour: Money.of('1.00005', 'CNY'), feePercent: dec('12.505') });
    expect(schedule.centerPerDeviceHour.toFixed()).toBe('1');
    expect(schedule.feePerDeviceHour.toFixed()).toBe('0.125');
    expect(scheduleWith({ centerPerDeviceHour: Money.of('1.00015', 'CNY') }).centerPerDeviceHour.toFixed()).toBe(
      '1.0002',
    );
    const halfway = scheduleWith({ centerPerDeviceHour: Money.of('0.0050', 'CNY'), feePercent: dec(1) });
    expect(halfway.feePerDeviceHour.toFixed()).toBe('0');
  });

  it.each([
    ['a negative price', { centerPerDeviceHour: Money.of('-1', 'CNY') }, /price per device-hour is -1/],
    ['a negative fee', { feePercent: dec(-1) }, /fee percentage is -1/],
    ['a tax rate written as a percentage', { taxRate: dec(6) }, /fraction from 0 to 1/],
  ])('refuses %s', (_, change, sentence) => {
    expect(() => scheduleWith(change)).toThrow(sentence);
  });
});

describe('rateInterval', () => {
  it('rates one node of 8 devices for one hour as the books do', () => {
    const rated = rateInterval(scheduleWith(), 8 * 3600);
    expect(rated.deviceHours.toFixed()).toBe('8');
    expect(rated.center.toFixed()).toBe('28');
    expect(rated.fee.toFixed()).toBe('2.24');
    expect(rated.tax.toFixed()).toBe('1.8144');
    expect(rated.gross.toFixed()).toBe('32.0544');
    expect(rated.currency).toBe('CNY');
  });

  it('rounds device-hours half even to 8 decimals', () => {
    expect(deviceHours(1).toFixed()).toBe('0.00027778');
    expect(deviceHours(19_200).toFixed()).toBe('5.33333333');
    expect(deviceHours(0).toFixed()).toBe('0');
  });

  it('rounds the tax half even at 12 decimals and leaves the products exact', () => {
    const schedule = scheduleWith({ taxRate: dec('0.061') });
    const rated = rateInterval(schedule, 1);
    expect(rated.center.toFixed()).toBe('0.00097223');
    expect(rated.fee.toFixed()).toBe('0.0000777784');
    // (0.00097223 + 0.0000777784) × 0.061 = 0.0000640505124
    expect(rated.tax.toFixed()).toBe('0.000064050512');
  });

  it('charges electricity only where it is passed through, without fee or tax on it', () => {
    const electricity = Money.of('4.0000000000005', 'CNY');
    expect(rateInterval(scheduleWith(), 8 * 3600, electricity).gross.toFixed()).toBe('32.0544');
    const rated = rateInterval(scheduleWith({ electricity: 'passThrough' }), 8 * 3600, electricity);
    expect(rated.electricity.toFixed()).toBe('4');
    expect(rated.tax.toFixed()).toBe('1.8144');
    expect(rated.gross.toFixed()).toBe('36.0544');
  });

  it('refuses to pass through electricity of unknown cost or of another currency', () => {
    const schedule = scheduleWith({ electricity: 'passThrough' });
    expect(() => rateInterval(schedule, 3600)).toThrow(expect.objectContaining({ code: 'electricity-unknown' }));
    expect(() => rateInterval(schedule, 3600, Money.of('1', 'EUR'))).toThrow(/EUR cannot be charged in CNY/);
  });

  it.each([[-1], [0.5], [Number.NaN]])('refuses %s device-seconds', (seconds) => {
    expect(() => rateInterval(scheduleWith(), seconds)).toThrow(PricingError);
  });
});

describe('rateUsage', () => {
  const attempt = { startsAt: at('2026-10-31T15:20:00Z'), endsAt: at('2026-10-31T17:10:30Z') };

  /** Invoice lines of the books: rounded to fen, tax on the rounded lines. */
  function invoiceLines(records: readonly { rated: Rated }[]): string[] {
    const sum = sumRated(
      'CNY',
      records.map((record) => record.rated),
    );
    const center = roundHalfEven(sum.center, 2);
    const fee = roundHalfEven(sum.fee, 2);
    const tax = roundHalfEven(center.plus(fee).times('0.06'), 2);
    return [center, fee, tax, center.plus(fee).plus(tax)].map((amount) => amount.toFixed(2));
  }

  it("makes the books' records of an attempt over the end of October in Shanghai", () => {
    const { records } = rateUsage(scheduleWith(), { devices: 8, interval: attempt, billingZone: SHANGHAI });
    expect(records.map((record) => record.deviceSeconds)).toEqual([19_200, 28_800, 5_040]);
    expect(records.map((record) => record.startsAt)).toEqual([
      at('2026-10-31T15:20:00Z'),
      at('2026-10-31T16:00:00Z'),
      at('2026-10-31T17:00:00Z'),
    ]);
  });

  it("leads to October's and November's invoices of the books", () => {
    const { records } = rateUsage(scheduleWith(), { devices: 8, interval: attempt, billingZone: SHANGHAI });
    expect(invoiceLines(records.slice(0, 1))).toEqual(['18.67', '1.49', '1.21', '21.37']);
    expect(invoiceLines(records.slice(1))).toEqual(['32.90', '2.63', '2.13', '37.66']);
  });

  it('asks for the electricity of each record where it is passed through', () => {
    const { records, total } = rateUsage(scheduleWith({ electricity: 'passThrough' }), {
      devices: 8,
      interval: attempt,
      billingZone: SHANGHAI,
      electricityOf: (record) => Money.of((record.endsAt - record.startsAt) / 100, 'CNY'),
    });
    expect(records.map((record) => record.rated.electricity.toFixed())).toEqual(['24', '36', '6.3']);
    expect(total.electricity.toFixed()).toBe('66.3');
  });

  it('is nothing for an interval of no seconds', () => {
    const interval = { startsAt: attempt.startsAt, endsAt: attempt.startsAt };
    const { records, total } = rateUsage(scheduleWith(), { devices: 8, interval, billingZone: SHANGHAI });
    expect(records).toEqual([]);
    expect(total.gross.toFixed()).toBe('0');
  });
});

describe('sumRated', () => {
  it('never adds currencies', () => {
    const rated = rateInterval(scheduleWith(), 3600);
    expect(() => sumRated('EUR', [rated])).toThrow(/cannot add CNY to EUR/);
  });
});

describe('billableSeconds', () => {
  const attempt = { startsAt: 1000, timeLimitSeconds: 600 };

  it('charges what lies within the time limit and nothing beyond', () => {
    expect(billableSeconds({ startsAt: 1000, endsAt: 1500 }, attempt)).toBe(500);
    expect(billableSeconds({ startsAt: 1500, endsAt: 1700 }, attempt)).toBe(100);
    expect(billableSeconds({ startsAt: 1600, endsAt: 1700 }, attempt)).toBe(0);
  });
});
