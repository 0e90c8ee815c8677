import { DateTime } from 'luxon';
import type { EpochSeconds, Interval } from '#libs/kernel';
import type { DaySpan } from './reports.js';

/** The local date, `YYYY-MM-DD`, at an instant in the billing zone. A usage record lies within one. */
export function billingDay(at: EpochSeconds, billingZone: string): string {
  return DateTime.fromSeconds(at, { zone: billingZone }).toFormat('yyyy-MM-dd');
}

/** The whole days of the billing zone that an interval touches. */
export function daysTouched({ startsAt, endsAt }: Interval, billingZone: string): DaySpan {
  const lastDay = DateTime.fromSeconds(endsAt - 1, { zone: billingZone });
  return { fromDay: billingDay(startsAt, billingZone), toDay: lastDay.plus({ days: 1 }).toFormat('yyyy-MM-dd') };
}
