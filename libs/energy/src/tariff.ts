import { DAY_SECONDS, Decimal } from '#libs/kernel';
import type { Currency, FieldFault } from '#libs/kernel';
import { IANAZone } from 'luxon';

/** One price of a tariff, by month and local time of day. */
export interface TariffBand {
  readonly name: string;
  /** 1 to 12, of the local date of the instant itself, also in a band that wraps midnight. */
  readonly months: readonly number[];
  /** `HH:MM`, local. */
  readonly from: string;
  /** `HH:MM`, local, exclusive; before `from` it wraps midnight; `24:00` is the end of the day. */
  readonly to: string;
  readonly pricePerKwh: Decimal;
}

export interface Tariff {
  /** IANA. */
  readonly zone: string;
  readonly currency: Currency;
  /** The first that matches an instant is its price: put overlays (sharp, deep valley) before what they override. */
  readonly bands: readonly TariffBand[];
  /** True where only hours, ratios and a rounded level are known: shown as such. */
  readonly representative: boolean;
  readonly source: string;
}

const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Seconds since local midnight of `HH:MM` or `24:00`; null where it is neither. */
function secondsOfDay(clock: string): number | null {
  if (clock === '24:00') return DAY_SECONDS;
  const match = CLOCK.exec(clock);
  return match ? Number(match[1]) * 3600 + Number(match[2]) * 60 : null;
}

/** A band with its clock read once. `matches` takes local month and second of the day. */
export interface ReadBand {
  readonly band: TariffBand;
  readonly edges: readonly number[];
  matches(month: number, second: number): boolean;
}

/** Null where the band's clock cannot be read. */
export function readBand(band: TariffBand): ReadBand | null {
  const from = secondsOfDay(band.from);
  const to = secondsOfDay(band.to);
  if (from === null || to === null || from === to || from === DAY_SECONDS) return null;
  const within = (second: number): boolean =>
    from < to ? from <= second && second < to : from <= second || second < to;
  return { band, edges: [from, to], matches: (month, second) => band.months.includes(month) && within(second) };
}

/**
 * Everything that is wrong with a tariff, each fault with a JSON pointer into it; none where it prices every
 * instant of every year.
 */
export function tariffFaults(tariff: Tariff): FieldFault[] {
  const faults = tariff.bands.flatMap((band, index) => bandFaults(band, `/bands/${index}`));
  if (!IANAZone.isValidZone(tariff.zone))
    faults.unshift({ path: '/zone', message: `'${tariff.zone}' is not an IANA time zone such as Asia/Shanghai` });
  return faults.length > 0 ? faults : uncoveredFaults(tariff.bands);
}

function bandFaults(band: TariffBand, path: string): FieldFault[] {
  const faults: FieldFault[] = [];
  const refuse = (field: string, message: string): number => faults.push({ path: `${path}/${field}`, message });
  if (band.months.length === 0) refuse('months', 'name at least one month from 1 to 12');
  if (!band.months.every(isMonth)) refuse('months', 'each month is a whole number from 1 to 12');
  if (secondsOfDay(band.from) === null || band.from === '24:00') refuse('from', 'write a time from 00:00 to 23:59');
  if (secondsOfDay(band.to) === null) refuse('to', 'write a time from 00:00 to 24:00');
  if (band.from === band.to)
    refuse('to', 'a band that starts and ends at one time is empty; the whole day is 00:00 to 24:00');
  if (!band.pricePerKwh.isFinite() || band.pricePerKwh.lessThan(0)) refuse('pricePerKwh', 'a price is zero or more');
  return faults;
}

function isMonth(month: number): boolean {
  return Number.isInteger(month) && month >= 1 && month <= 12;
}

function uncoveredFaults(bands: readonly TariffBand[]): FieldFault[] {
  const read = bands.map(readBand).filter((band) => band !== null);
  const starts = [...new Set([0, ...read.flatMap((band) => band.edges)])].filter((at) => at < DAY_SECONDS);
  const faults: FieldFault[] = [];
  for (let month = 1; month <= 12; month++)
    for (const second of starts.sort((a, b) => a - b))
      if (!read.some((band) => band.matches(month, second)))
        faults.push({ path: '/bands', message: `no band prices ${clockOf(second)} in month ${month}` });
  return faults;
}

export function clockOf(secondOfDay: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(secondOfDay / 3600)}:${two((secondOfDay % 3600) / 60)}`;
}

/** The highest price of any band, which a hold is taken at. Null for a tariff without bands. */
export function dearestPricePerKwh(tariff: Tariff): Decimal | null {
  const prices = tariff.bands.map((band) => band.pricePerKwh);
  return prices.length > 0 ? Decimal.max(...prices) : null;
}
