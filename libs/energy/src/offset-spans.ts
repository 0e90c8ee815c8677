import { HOUR_SECONDS } from '#libs/kernel';
import type { EpochSeconds, Interval } from '#libs/kernel';
import { IANAZone } from 'luxon';
import { EnergyError } from './energy.errors.js';

/** A span in which the zone's clock runs without a jump: local time = UTC + `offsetSeconds`. */
export interface OffsetSpan extends Interval {
  readonly offsetSeconds: number;
}

/** No zone has changed its clock twice within this time, so one look every so often misses no change. */
const PROBE_SECONDS = 6 * HOUR_SECONDS;

/** `interval` cut where the zone's clock jumps: in order, without gap. @throws EnergyError for an unknown zone. */
export function offsetSpans(zoneName: string, interval: Interval): OffsetSpan[] {
  const zone = IANAZone.create(zoneName);
  if (!zone.isValid) throw new EnergyError('invalid-tariff', `'${zoneName}' is not an IANA time zone`);
  const offsetAt = (at: EpochSeconds): number => Math.round(zone.offset(at * 1000) * 60);
  const spans: OffsetSpan[] = [];
  let startsAt = interval.startsAt;
  for (let at = interval.startsAt; at < interval.endsAt - 1; at += PROBE_SECONDS) {
    const last = Math.min(at + PROBE_SECONDS, interval.endsAt - 1);
    if (offsetAt(at) === offsetAt(last)) continue;
    const jumpsAt = firstWithOtherOffset(at, last, offsetAt);
    spans.push({ startsAt, endsAt: jumpsAt, offsetSeconds: offsetAt(at) });
    startsAt = jumpsAt;
  }
  if (startsAt < interval.endsAt)
    spans.push({ startsAt, endsAt: interval.endsAt, offsetSeconds: offsetAt(interval.endsAt - 1) });
  return spans;
}

function firstWithOtherOffset(
  from: EpochSeconds,
  to: EpochSeconds,
  offsetAt: (at: EpochSeconds) => number,
): EpochSeconds {
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle) === offsetAt(from)) before = middle;
    else after = middle;
  }
  return after;
}
