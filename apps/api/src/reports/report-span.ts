import { DateTime } from 'luxon';
import type { DaySpan } from '#libs/accounting';
import { billingDay } from '#libs/accounting';
import type { Interval } from '#libs/kernel';
import { fromApiInstant } from '../wire/instants.js';

/** Whole days of the billing zone that the span touches: rollups know nothing smaller. */
export interface ReportSpan extends DaySpan {
  readonly interval: Interval;
}

export function reportSpan(query: { readonly from: string; readonly to: string }, zone: string): ReportSpan {
  const from = fromApiInstant(query.from);
  const last = Math.max(from, fromApiInstant(query.to) - 1);
  const fromDay = billingDay(from, zone);
  const toDay = DateTime.fromISO(billingDay(last, zone), { zone }).plus({ days: 1 }).toFormat('yyyy-MM-dd');
  return { fromDay, toDay, interval: { startsAt: startOf(fromDay, zone), endsAt: startOf(toDay, zone) } };
}

function startOf(day: string, zone: string): number {
  return DateTime.fromISO(day, { zone }).startOf('day').toUnixInteger();
}
