import { Money, cutInterval, dec, durationSeconds, sumDecimals } from '#libs/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdAmount, lockSchedule, rateInterval, rateUsage, sumRated, usageCuts } from './index.js';
import type { PriceSchedule } from './index.js';

const ZONES = Intl.supportedValuesOf('timeZone');

const schedules: fc.Arbitrary<PriceSchedule> = fc
  .record({
    price: fc.integer({ min: 0, max: 5_000_000 }),
    fee: fc.integer({ min: 0, max: 4000 }),
    tax: fc.integer({ min: 0, max: 10_000 }),
  })
  .map(({ price, fee, tax }) =>
    lockSchedule({
      centerPerDeviceHour: Money.of(dec(price).dividedBy(10_000), 'CNY'),
      feePercent: dec(fee).dividedBy(100),
      taxRate: dec(tax).dividedBy(10_000),
      taxCode: 'any',
      electricity: 'included',
    }),
  );

const devices = fc.integer({ min: 1, max: 4096 });

/** Seconds from 2015 to 2035, so that every zone's rules of these years take part. */
const intervals = (secondsMax: number) =>
  fc
    .record({
      startsAt: fc.integer({ min: 1_420_070_400, max: 2_051_222_400 }),
      seconds: fc.integer({ min: 1, max: secondsMax }),
    })
    .map(({ startsAt, seconds }) => ({ startsAt, endsAt: startsAt + seconds }));

/** Any way of cutting 0 to `seconds` at whole seconds: at random, or at every n-th one. */
const cutSeconds = fc.integer({ min: 1, max: 3000 }).chain((seconds) =>
  fc
    .oneof(
      fc.array(fc.integer({ min: 0, max: seconds }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }).map((step) => Array.from({ length: seconds }, (_, index) => index * step)),
    )
    .map((cuts) => cutInterval({ startsAt: 0, endsAt: seconds }, cuts)),
);

const localDate = new Map<string, Intl.DateTimeFormat>();

/** By the platform's own formatter, not by the code under test. */
function dateIn(zone: string, at: number): string {
  const format = localDate.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  localDate.set(zone, format);
  return format.format(at * 1000);
}

describe('a charge', () => {
  it('is the sum of its parts at 12 decimals, for a record and for any sum of records', () => {
    fc.assert(
      fc.property(schedules, devices, cutSeconds, (schedule, count, pieces) => {
        const rated = pieces.map((piece) => rateInterval(schedule, count * durationSeconds(piece)));
        for (const one of [...rated, sumRated('CNY', rated)]) {
          expect(one.gross.equals(sumDecimals([one.center, one.fee, one.electricity, one.tax]))).toBe(true);
          expect(one.gross.decimalPlaces()).toBeLessThanOrEqual(12);
          expect(one.center.equals(one.deviceHours.times(schedule.centerPerDeviceHour))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is the sum of its records, and theirs are all the seconds of the interval', () => {
    fc.assert(
      fc.property(
        schedules,
        devices,
        intervals(200_000),
        fc.constantFrom(...ZONES),
        (schedule, count, interval, zone) => {
          const { records, total } = rateUsage(schedule, { devices: count, interval, billingZone: zone });
          const deviceSeconds = records.reduce((sum, record) => sum + record.deviceSeconds, 0);
          expect(deviceSeconds).toBe(count * durationSeconds(interval));
          expect(total.gross.equals(sumDecimals(records.map((record) => record.rated.gross)))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of whole hours does not depend on how they are cut at hours', () => {
    fc.assert(
      fc.property(schedules, devices, fc.integer({ min: 1, max: 72 }), (schedule, count, hours) => {
        const hourly = Array.from({ length: hours }, () => rateInterval(schedule, count * 3600));
        const whole = rateInterval(schedule, count * 3600 * hours);
        const sum = sumRated('CNY', hourly);
        expect(sum.center.equals(whole.center) && sum.fee.equals(whole.fee)).toBe(true);
        expect(sum.tax.minus(whole.tax).abs().lessThan('0.0000000001')).toBe(true);
      }),
    );
  });
});

describe('a hold', () => {
  it('is at least the charges of its seconds, for any way of cutting them at seconds', () => {
    fc.assert(
      fc.property(schedules, devices, cutSeconds, (schedule, count, pieces) => {
        const charges = pieces.map((piece) => rateInterval(schedule, count * durationSeconds(piece)).gross);
        const hold = holdAmount(schedule, count, pieces.at(-1)?.endsAt ?? 0);
        expect(hold.amount.greaterThanOrEqualTo(sumDecimals(charges))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('covers the cut that gains most by rounding, which the exact price would not', () => {
    const schedule = lockSchedule({
      centerPerDeviceHour: Money.of('3.5000', 'CNY'),
      feePercent: dec(8),
      taxRate: dec('0.06'),
      taxCode: 'any',
      electricity: 'included',
    });
    const charges = Array.from({ length: 3600 }, () => rateInterval(schedule, 2).gross);
    const exact = rateInterval(schedule, 2 * 3600).gross;
    expect(sumDecimals(charges).greaterThan(exact)).toBe(true);
    expect(holdAmount(schedule, 2, 3600).amount.greaterThanOrEqualTo(sumDecimals(charges))).toBe(true);
  });

  it('is no more than the price of 0.0005 device-hours above the price of the same seconds, up to 24 hours', () => {
    fc.assert(
      fc.property(schedules, devices, fc.integer({ min: 1, max: 86_400 }), (schedule, count, seconds) => {
        const price = rateInterval(schedule, count * seconds).gross;
        const excess = holdAmount(schedule, count, seconds).amount.minus(price);
        const perDeviceHour = schedule.centerPerDeviceHour
          .plus(schedule.feePerDeviceHour)
          .times(schedule.taxRate.plus(1));
        expect(excess.isNegative()).toBe(false);
        expect(excess.lessThanOrEqualTo(perDeviceHour.times('0.0005').plus('0.0000001'))).toBe(true);
      }),
    );
  });

  it('adds the electricity that is passed through', () => {
    const included = lockSchedule({
      centerPerDeviceHour: Money.of('1', 'CNY'),
      feePercent: dec(0),
      taxRate: dec(0),
      taxCode: 'any',
      electricity: 'included',
    });
    const passed: PriceSchedule = { ...included, electricity: 'passThrough' };
    const without = holdAmount(included, 8, 3600, Money.of('5', 'CNY'));
    const withIt = holdAmount(passed, 8, 3600, Money.of('5', 'CNY'));
    expect(withIt.minus(without).amount.toFixed()).toBe('5');
    expect(() => holdAmount(passed, 8, 3600)).toThrow(/not known/);
  });
});

describe('usage cuts', () => {
  it('cover any interval without gap or overlap, within one UTC hour and one local date each', () => {
    fc.assert(
      fc.property(intervals(400_000), fc.constantFrom(...ZONES), (interval, zone) => {
        const pieces = usageCuts(interval, zone);
        expect(pieces[0]?.startsAt).toBe(interval.startsAt);
        expect(pieces.at(-1)?.endsAt).toBe(interval.endsAt);
        pieces.forEach((piece, index) => {
          expect(piece.startsAt).toBeLessThan(piece.endsAt);
          if (index > 0) expect(piece.startsAt).toBe(pieces[index - 1]?.endsAt);
          expect(Math.floor(piece.startsAt / 3600)).toBe(Math.floor((piece.endsAt - 1) / 3600));
          expect(dateIn(zone, piece.startsAt)).toBe(dateIn(zone, piece.endsAt - 1));
        });
      }),
      { numRuns: 150 },
    );
  });

  it('cut nowhere but at hours, changes of the local date and extra cuts', () => {
    fc.assert(
      fc.property(
        intervals(200_000),
        fc.constantFrom(...ZONES),
        fc.array(fc.nat(200_000), { maxLength: 4 }),
        (interval, zone, offsets) => {
          const extra = offsets.map((offset) => interval.startsAt + offset);
          const pieces = usageCuts(interval, zone, extra);
          const starts = pieces.slice(1).map((piece) => piece.startsAt);
          for (const cut of starts)
            expect(cut % 3600 === 0 || extra.includes(cut) || dateIn(zone, cut - 1) !== dateIn(zone, cut)).toBe(true);
          for (const cut of extra)
            expect(starts.includes(cut) || cut === interval.startsAt || cut >= interval.endsAt).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});
