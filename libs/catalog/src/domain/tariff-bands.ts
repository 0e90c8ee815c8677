import type { FieldFault } from '#libs/kernel';
import type { TariffBand } from './read-types.js';

const CLOCK = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const MINUTES_OF_DAY = 1440;
/** At most 6 decimals: CNY/kWh are published with up to 6. */
const PRICE = /^(0|[1-9]\d{0,5})(\.\d{1,6})?$/;

/** Everything that is wrong with a tariff's bands, paths under `/bands`. None where every minute of every month has a price. */
export function bandFaults(bands: readonly TariffBand[]): FieldFault[] {
  const faults = bands.flatMap((band, index) => faultsOfBand(band, `/bands/${index}`));
  return faults.length > 0 ? faults : gapFaults(bands);
}

function faultsOfBand(band: TariffBand, path: string): FieldFault[] {
  const faults: FieldFault[] = [];
  const refuse = (field: string, message: string) => faults.push({ path: `${path}/${field}`, message });
  if (band.name.trim() === '') refuse('name', 'name the band, such as peak');
  if (band.months.length === 0 || !band.months.every(isMonth)) refuse('months', 'list months from 1 to 12');
  if (!CLOCK.test(band.from) || band.from === '24:00') refuse('from', 'write a time from 00:00 to 23:59');
  if (!CLOCK.test(band.to)) refuse('to', 'write a time from 00:00 to 24:00');
  if (band.from === band.to) refuse('to', 'must differ from the beginning; the whole day is 00:00 to 24:00');
  if (!PRICE.test(band.pricePerKwh)) refuse('pricePerKwh', 'write a price per kWh such as 0.6229');
  return faults;
}

function isMonth(month: number): boolean {
  return Number.isInteger(month) && month >= 1 && month <= 12;
}

function gapFaults(bands: readonly TariffBand[]): FieldFault[] {
  const faults: FieldFault[] = [];
  for (let month = 1; month <= 12; month++) {
    const minute = firstGap(bands.filter((band) => band.months.includes(month)));
    if (minute !== null)
      faults.push({ path: '/bands', message: `no band prices ${clockOf(minute)} in month ${month}` });
  }
  return faults;
}

function firstGap(bands: readonly TariffBand[]): number | null {
  for (let minute = 0; minute < MINUTES_OF_DAY; minute++)
    if (!bands.some((band) => coversMinute(band, minute))) return minute;
  return null;
}

function coversMinute(band: TariffBand, minute: number): boolean {
  const from = minuteOf(band.from);
  const to = minuteOf(band.to);
  return from < to ? from <= minute && minute < to : from <= minute || minute < to;
}

/** The price per kWh at a minute of the day (0 to 1439) in a month: the first band that matches; null where none does. */
export function priceAt(bands: readonly TariffBand[], month: number, minute: number): string | null {
  const band = bands.find((one) => one.months.includes(month) && coversMinute(one, minute));
  return band?.pricePerKwh ?? null;
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}

function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
