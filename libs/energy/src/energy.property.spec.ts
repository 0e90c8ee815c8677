import { cutInterval, dec, sumDecimals } from '#libs/kernel';
import type { Decimal } from '#libs/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { electricityCost, electricityHold, meterEnergy, tariffFaults, tariffSlices } from './index.js';
import type { Baseline, EnergyFigure, NodePower, Site, Tariff, TariffBand } from './index.js';

const ZONES = Intl.supportedValuesOf('timeZone');
const ALL_YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

const clocks = fc
  .integer({ min: 0, max: 1439 })
  .map((minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`);
const prices = fc.integer({ min: 0, max: 3_000_000 }).map((millionths) => dec(millionths).dividedBy(1_000_000));

const overlays: fc.Arbitrary<TariffBand> = fc
  .record({
    name: fc.constantFrom('sharp', 'peak', 'valley'),
    months: fc.subarray(ALL_YEAR, { minLength: 1 }),
    from: clocks,
    to: clocks,
    pricePerKwh: prices,
  })
  .filter((band) => band.from !== band.to);

/** Any overlays upon a flat price of the whole year, so that every instant has a price. */
const tariffs: fc.Arbitrary<Tariff> = fc
  .record({ zone: fc.constantFrom(...ZONES), bands: fc.array(overlays, { maxLength: 6 }), flat: prices })
  .map(({ zone, bands, flat }) => ({
    zone,
    currency: 'CNY',
    bands: [...bands, { name: 'flat', months: ALL_YEAR, from: '00:00', to: '24:00', pricePerKwh: flat }],
    representative: false,
    source: 'generated',
  }));

const startsAt = fc.integer({ min: 1_420_070_400, max: 2_051_222_400 });
const intervals = fc
  .record({ startsAt, seconds: fc.integer({ min: 1, max: 260_000 }) })
  .map((one) => ({ startsAt: one.startsAt, endsAt: one.startsAt + one.seconds }));

/** Intervals that hold a change of the zone's clock, found with the platform's own formatter. */
function clockChanges(zone: string): number[] {
  const changes: number[] = [];
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 86_400_000)
    if (localTime(zone, at / 1000).minute !== localTime(zone, at / 1000 + 86_400).minute) changes.push(at / 1000);
  return changes;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(zone: string, at: number): { month: number; minute: number } {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      month: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(zone, format);
  const parts = Object.fromEntries(format.formatToParts(at * 1000).map((part) => [part.type, Number(part.value)]));
  return { month: parts.month ?? 0, minute: (parts.hour ?? 0) * 60 + (parts.minute ?? 0) };
}

/** The first band that matches, by string comparison of local times: another way than the library's. */
function bandByClock(tariff: Tariff, at: number): TariffBand | undefined {
  const { month, minute } = localTime(tariff.zone, at);
  const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return tariff.bands.find(({ months, from, to }) => {
    const within = from < to ? from <= clock && clock < to : clock >= from || clock < to;
    return months.includes(month) && within;
  });
}

function expectCovered(tariff: Tariff, interval: { startsAt: number; endsAt: number }): void {
  const slices = tariffSlices(tariff, interval);
  expect(slices[0]?.interval.startsAt).toBe(interval.startsAt);
  expect(slices.at(-1)?.interval.endsAt).toBe(interval.endsAt);
  slices.forEach((slice, index) => {
    expect(slice.interval.startsAt).toBeLessThan(slice.interval.endsAt);
    if (index === 0) return;
    expect(slice.interval.startsAt).toBe(slices[index - 1]?.interval.endsAt);
    expect(slice.band).not.toBe(slices[index - 1]?.band);
  });
  for (const { interval: piece, band } of slices)
    for (const at of [piece.startsAt, Math.floor((piece.startsAt + piece.endsAt) / 2), piece.endsAt - 1])
      expect(bandByClock(tariff, at)).toBe(band);
}

describe('tariff slices', () => {
  it('cover any interval in any zone without gap, each with the band of its own wall clock', () => {
    fc.assert(
      fc.property(tariffs, intervals, (tariff, interval) => {
        expectCovered(tariff, interval);
      }),
      { numRuns: 200 },
    );
  });

  it('cover the days around every change of the clock in every zone', () => {
    const [tariff] = fc.sample(tariffs, { numRuns: 1, seed: 7 });
    const bands: TariffBand[] = [
      { name: 'small hours', months: ALL_YEAR, from: '00:30', to: '02:30', pricePerKwh: dec(1) },
      ...(tariff?.bands ?? []),
    ];
    let changes = 0;
    for (const zone of ZONES)
      for (const at of clockChanges(zone)) {
        changes++;
        expectCovered(
          { zone, currency: 'CNY', bands, representative: false, source: 'generated' },
          { startsAt: at - 7200, endsAt: at + 93_600 },
        );
      }
    expect(changes).toBeGreaterThan(100);
  }, 60_000);

  it('have no fault exactly where they cover', () => {
    fc.assert(
      fc.property(fc.array(overlays, { minLength: 1, maxLength: 4 }), (bands) => {
        const tariff: Tariff = { zone: 'UTC', currency: 'CNY', bands, representative: false, source: 'generated' };
        const months = ALL_YEAR.map((month) => Date.UTC(2026, month - 1, 10) / 1000);
        const priced = months.every((day) => {
          for (let minute = 0; minute < 1440; minute++) if (!bandByClock(tariff, day + minute * 60)) return false;
          return true;
        });
        expect(tariffFaults(tariff).length === 0).toBe(priced);
      }),
      { numRuns: 15 },
    );
  });
});

describe('electricity cost', () => {
  it('lies between the cheapest and the dearest price', () => {
    fc.assert(
      fc.property(tariffs, intervals, fc.integer({ min: 0, max: 1_000_000 }), (tariff, interval, kwh) => {
        const cost = electricityCost(tariff, dec(kwh), interval);
        const all = tariffSlices(tariff, interval).map((slice) => slice.band.pricePerKwh.times(kwh));
        expect(all.some((price) => price.lessThanOrEqualTo(cost.plus('1e-12')))).toBe(true);
        expect(all.some((price) => price.greaterThanOrEqualTo(cost.minus('1e-12')))).toBe(true);
      }),
    );
  });

  it('of the parts of an interval is that of the whole, but for a unit of the last place each', () => {
    fc.assert(
      fc.property(tariffs, intervals, fc.array(fc.nat(260_000), { maxLength: 5 }), (tariff, interval, offsets) => {
        const parts = cutInterval(
          interval,
          offsets.map((offset) => interval.startsAt + offset),
        );
        const costs = parts.map((part) => electricityCost(tariff, dec(part.endsAt - part.startsAt), part));
        const whole = electricityCost(tariff, dec(interval.endsAt - interval.startsAt), interval);
        expect(
          sumDecimals(costs)
            .minus(whole)
            .abs()
            .lessThanOrEqualTo(dec('1e-12').times(parts.length + 1)),
        ).toBe(true);
      }),
    );
  });
});

const watts = (max: number) => fc.integer({ min: 0, max }).map((value) => dec(value));
const baselines = fc.constantFrom<Baseline>('idle', 'suspended', 'poweredOff');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 2 });
const ratios = (min: number, max: number) => fc.integer({ min, max }).map((percent) => dec(percent).dividedBy(100));

function sites(known: <T>(arbitrary: fc.Arbitrary<T>) => fc.Arbitrary<T | null>): fc.Arbitrary<Site> {
  const gridFactors = ratios(0, 120).map((kgPerKwh) => ({
    kgPerKwh,
    year: 2023,
    method: 'average' as const,
    source: 'generated',
  }));
  return fc.record({
    pue: known(ratios(100, 200)),
    pueYear: fc.constant(2025),
    pueSource: fc.constant('generated'),
    marginalPue: maybe(ratios(100, 200)),
    tariff: known(tariffs),
    gridFactor: known(gridFactors),
  });
}

function powers(known: <T>(arbitrary: fc.Arbitrary<T>) => fc.Arbitrary<T | null>): fc.Arbitrary<NodePower> {
  return fc.record({
    idleWatts: known(watts(3000)),
    fullWatts: known(watts(9000).map((above) => above.plus(3000))),
    suspendWatts: known(watts(300)),
    utilisation: known(ratios(0, 100)),
    source: fc.constant('generated'),
  });
}

/** What each figure is computed from; null in any of them must be null in the figure, and only then. */
function unknownInputs(
  power: NodePower,
  baseline: Baseline,
  site: Site,
  measured: Decimal | null,
): Record<EnergyFigure, boolean> {
  const it = measured === null && (power.idleWatts === null || power.fullWatts === null || power.utilisation === null);
  const above =
    it ||
    (baseline === 'idle' && power.idleWatts === null) ||
    (baseline === 'suspended' && power.suspendWatts === null);
  const facility = it || site.pue === null;
  const facilityAbove = above || (site.marginalPue ?? site.pue) === null;
  return {
    itKwh: it,
    marginalItKwh: above,
    facilityKwh: facility,
    marginalFacilityKwh: facilityAbove,
    electricityCost: facility || site.tariff === null,
    marginalElectricityCost: facilityAbove || site.tariff === null,
    carbonKg: facility || site.gridFactor === null,
    marginalCarbonKg: facilityAbove || site.gridFactor === null,
  };
}

describe('metered energy', () => {
  it('is null exactly where it rests on an unknown, and then has a reason', () => {
    fc.assert(
      fc.property(
        powers(maybe),
        baselines,
        intervals,
        sites(maybe),
        maybe(watts(500)),
        (power, baseline, interval, site, measuredItKwh) => {
          const figures = meterEnergy({ nodes: 2, power, baseline, interval, site, measuredItKwh });
          for (const [name, isUnknown] of Object.entries(unknownInputs(power, baseline, site, measuredItKwh))) {
            const figure = name as EnergyFigure;
            expect([figure, figures[figure] === null]).toEqual([figure, isUnknown]);
            expect((figures.unknown[figure] ?? '').length > 0).toBe(isUnknown);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('can be recomputed from the figures on the record', () => {
    fc.assert(
      fc.property(
        powers((all) => all),
        baselines,
        intervals,
        sites((all) => all),
        (power, baseline, interval, site) => {
          const record = meterEnergy({ nodes: 3, power, baseline, interval, site });
          const { itKwh, facilityKwh, marginalItKwh, marginalFacilityKwh, pue, marginalPue } = record;
          if (!itKwh || !facilityKwh || !marginalItKwh || !marginalFacilityKwh || !pue || !marginalPue)
            throw new Error('unknown');
          expect(facilityKwh.minus(itKwh.times(pue)).abs().lessThanOrEqualTo('5e-10')).toBe(true);
          expect(marginalFacilityKwh.minus(marginalItKwh.times(marginalPue)).abs().lessThanOrEqualTo('5e-10')).toBe(
            true,
          );
          expect(itKwh.decimalPlaces()).toBeLessThanOrEqual(9);
          expect(record.carbonKg?.decimalPlaces()).toBeLessThanOrEqual(9);
          expect(record.electricityCost?.decimalPlaces()).toBeLessThanOrEqual(12);
        },
      ),
    );
  });

  it('never costs more than the hold for it, for any way of cutting its seconds', () => {
    const cuts = fc.array(fc.nat(2000), { maxLength: 40 });
    fc.assert(
      fc.property(
        powers((all) => all),
        sites((all) => all),
        startsAt,
        cuts,
        (power, site, from, offsets) => {
          const parts = cutInterval(
            { startsAt: from, endsAt: from + 2000 },
            offsets.map((offset) => from + offset),
          );
          const costs = parts.map(
            (interval) =>
              meterEnergy({ nodes: 4, power, baseline: 'idle', interval, site }).electricityCost ?? dec(NaN),
          );
          const hold = electricityHold({ nodes: 4, power, site, seconds: 2000 }).cost ?? dec(NaN);
          expect(hold.greaterThanOrEqualTo(sumDecimals(costs))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});
