import { DateTime } from 'luxon';
import type { EpochSeconds } from '#libs/kernel';

/** The local date, `YYYY-MM-DD`, at an instant in the billing zone. A usage record lies within one. */
export function billingDay(at: EpochSeconds, billingZone: string): string {
  return DateTime.fromSeconds(at, { zone: billingZone }).toFormat('yyyy-MM-dd');
}
