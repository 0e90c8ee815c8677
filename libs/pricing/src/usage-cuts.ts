import { DAY_SECONDS, HOUR_SECONDS, cutInterval } from '#libs/kernel';
import type { EpochSeconds, Interval } from '#libs/kernel';
import { IANAZone } from 'luxon';
import { PricingError } from './pricing.errors.js';

/**
 * The intervals that usage records must be cut into: at each UTC hour, at each local midnight of the billing
 * zone (also where that falls within an hour: zones at :30 and :45), and at `extraCuts` (a change of price, of
 * nodes, the attempt's time limit). In order, without gap or overlap; none for an empty interval.
 *
 * A midnight is where the local date changes; where the clock skips 00:00, that is its first instant.
 * @throws PricingError `invalid-zone`, or `invalid-quantity` for an interval that is not whole seconds in order.
 */
export function usageCuts(interval: Interval, billingZone: string, extraCuts: Iterable<EpochSeconds> = []): Interval[] {
  assertInterval(interval);
  if (interval.startsAt === interval.endsAt) return [];
  const dayOf = localDays(billingZone);
  const hours = cutInterval(interval, wholeHours(interval));
  const midnights = hours.map((hour) => midnightWithin(hour, dayOf)).filter((at) => at !== null);
  return cutInterval(interval, [...hours.map((hour) => hour.startsAt), ...midnights, ...extraCuts]);
}

type LocalDay = (at: EpochSeconds) => number;

/** Days of the zone's calendar, counted from its 1970-01-01. */
function localDays(zoneName: string): LocalDay {
  const zone = IANAZone.create(zoneName);
  if (!zone.isValid) throw new PricingError('invalid-zone', `'${zoneName}' is not an IANA time zone`);
  return (at) => Math.floor((at + zone.offset(at * 1000) * 60) / DAY_SECONDS);
}

function wholeHours(interval: Interval): EpochSeconds[] {
  const first = Math.floor(interval.startsAt / HOUR_SECONDS) + 1;
  const count = Math.max(0, Math.ceil(interval.endsAt / HOUR_SECONDS) - first);
  return Array.from({ length: count }, (_, index) => (first + index) * HOUR_SECONDS);
}

/** The first second of the new day where the local date changes inside `hour` (at its start it is a cut anyway). */
function midnightWithin(hour: Interval, dayOf: LocalDay): EpochSeconds | null {
  const day = dayOf(hour.startsAt);
  let before = hour.startsAt;
  let after = hour.endsAt - 1;
  if (dayOf(after) === day) return null;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayOf(middle) === day) before = middle;
    else after = middle;
  }
  return after;
}

function assertInterval({ startsAt, endsAt }: Interval): void {
  if (Number.isSafeInteger(startsAt) && Number.isSafeInteger(endsAt) && startsAt <= endsAt) return;
  throw new PricingError('invalid-quantity', `[${startsAt}, ${endsAt}) is not an interval of whole seconds in order`);
}
