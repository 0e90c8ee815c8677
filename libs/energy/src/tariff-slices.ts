import { DAY_SECONDS, cutInterval, durationSeconds, roundHalfEven, sumDecimals } from '#libs/kernel';
import type { Decimal, Interval } from '#libs/kernel';
import { EnergyError } from './energy.errors.js';
import { assertInterval } from './guards.js';
import { offsetSpans } from './offset-spans.js';
import type { OffsetSpan } from './offset-spans.js';
import { clockOf, readBand } from './tariff.js';
import type { ReadBand, Tariff, TariffBand } from './tariff.js';

/** Decimals of money: the ledger's scale. */
const AMOUNT_DECIMALS = 12;

export interface TariffSlice {
  readonly interval: Interval;
  readonly band: TariffBand;
}

/**
 * `interval` cut where its price changes, by the clock on the wall of the tariff's zone: an hour that the
 * clock repeats is priced twice, one that it skips not at all. In order, without gap; neighbours differ in band.
 * @throws EnergyError `invalid-tariff` where no band matches an instant or the zone is unknown.
 */
export function tariffSlices(tariff: Tariff, interval: Interval): TariffSlice[] {
  assertInterval(interval);
  const bands = tariff.bands.map(readBand).filter((band) => band !== null);
  const slices: TariffSlice[] = [];
  for (const span of offsetSpans(tariff.zone, interval))
    for (const piece of cutInterval(span, edgesWithin(span, bands)))
      appendSlice(slices, piece, bandAt(bands, span, piece.startsAt));
  return slices;
}

/** Instants of `span` at which a band begins or ends, and local midnights, where the month may change. */
function edgesWithin(span: OffsetSpan, bands: readonly ReadBand[]): number[] {
  const seconds = [...new Set([0, ...bands.flatMap((band) => band.edges)])];
  const edges: number[] = [];
  const lastDay = Math.floor((span.endsAt + span.offsetSeconds) / DAY_SECONDS);
  for (let day = Math.floor((span.startsAt + span.offsetSeconds) / DAY_SECONDS); day <= lastDay; day++)
    for (const second of seconds) edges.push(day * DAY_SECONDS + second - span.offsetSeconds);
  return edges;
}

function bandAt(bands: readonly ReadBand[], span: OffsetSpan, at: number): TariffBand {
  const local = at + span.offsetSeconds;
  const month = new Date(local * 1000).getUTCMonth() + 1;
  const second = local - Math.floor(local / DAY_SECONDS) * DAY_SECONDS;
  const match = bands.find((band) => band.matches(month, second));
  if (match) return match.band;
  throw new EnergyError('invalid-tariff', `the tariff has no band for ${clockOf(second)} in month ${month}`, {
    month,
    clock: clockOf(second),
  });
}

function appendSlice(slices: TariffSlice[], piece: Interval, band: TariffBand): void {
  const last = slices.at(-1);
  if (last?.band !== band) slices.push({ interval: piece, band });
  else slices[slices.length - 1] = { interval: { startsAt: last.interval.startsAt, endsAt: piece.endsAt }, band };
}

/**
 * The cost of `facilityKwh` drawn evenly over `interval`, in the tariff's currency, to 12 decimals half even:
 * kWh × (sum of seconds × price) / seconds, divided once.
 * @throws EnergyError `invalid-tariff` as `tariffSlices`, `invalid-figure` for energy in an empty interval.
 */
export function electricityCost(tariff: Tariff, facilityKwh: Decimal, interval: Interval): Decimal {
  const priced = tariffSlices(tariff, interval).map((slice) =>
    slice.band.pricePerKwh.times(durationSeconds(slice.interval)),
  );
  if (priced.length === 0 && facilityKwh.isZero()) return facilityKwh;
  if (priced.length === 0) throw new EnergyError('invalid-figure', 'energy was drawn in an interval of no seconds');
  const cost = facilityKwh.times(sumDecimals(priced)).dividedBy(durationSeconds(interval));
  return roundHalfEven(cost, AMOUNT_DECIMALS);
}
