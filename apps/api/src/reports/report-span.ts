import { DateTime } from 'luxon';
import { type DaySpan, daysTouched } from '#libs/accounting';
import type { Interval } from '#libs/kernel';
import { fromApiInstant } from '../wire/instants.js';

/** Whole days of the billing zone that the span touches, as days and as instants: rollups know nothing smaller. */
export interface ReportSpan extends DaySpan {
  readonly interval: Interval;
}

export function reportSpan(query: { readonly from: string; readonly to: string }, zone: string): ReportSpan {
  const startsAt = fromApiInstant(query.from);
  // Less than a second still touches its day.
  const endsAt = Math.max(startsAt + 1, fromApiInstant(query.to));
  const days = daysTouched({ startsAt, endsAt }, zone);
  return { ...days, interval: { startsAt: startOf(days.fromDay, zone), endsAt: startOf(days.toDay, zone) } };
}

function startOf(day: string, zone: string): number {
  return DateTime.fromISO(day, { zone }).startOf('day').toUnixInteger();
}
