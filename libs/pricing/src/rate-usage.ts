import { durationSeconds } from '#libs/kernel';
import type { EpochSeconds, Interval, Money } from '#libs/kernel';
import type { PriceSchedule } from './price-schedule.js';
import { assertCount, rateInterval, sumRated } from './rate-interval.js';
import type { Rated } from './rate-interval.js';
import { usageCuts } from './usage-cuts.js';

export interface RateUsageInput {
  readonly devices: number;
  readonly interval: Interval;
  readonly billingZone: string;
  readonly extraCuts?: Iterable<EpochSeconds>;
  /** The electricity of one record, where the schedule passes it through. */
  readonly electricityOf?: (record: Interval) => Money;
}

export interface RatedRecord extends Interval {
  readonly deviceSeconds: number;
  readonly rated: Rated;
}

/**
 * What a quote asks for use that has not happened: the records that metering would write, each rated, and
 * their sum. So a quote equals the charge for the same seconds to the last digit.
 * @throws PricingError as `rateInterval` and `usageCuts` do.
 */
export function rateUsage(schedule: PriceSchedule, input: RateUsageInput): { records: RatedRecord[]; total: Rated } {
  assertCount('devices', input.devices);
  const records = usageCuts(input.interval, input.billingZone, input.extraCuts).map((interval) => {
    const deviceSeconds = input.devices * durationSeconds(interval);
    const electricity = input.electricityOf?.(interval) ?? null;
    return { ...interval, deviceSeconds, rated: rateInterval(schedule, deviceSeconds, electricity) };
  });
  const rated = records.map((record) => record.rated);
  return { records, total: sumRated(schedule.currency, rated) };
}
