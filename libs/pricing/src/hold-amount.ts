import { Decimal, HOUR_SECONDS, Money, dec } from '#libs/kernel';
import type { PriceSchedule } from './price-schedule.js';
import { AMOUNT_DECIMALS, DEVICE_HOUR_DECIMALS, assertCount, passedThroughElectricity } from './rate-interval.js';

/** Half a unit of the last place: what rounding half even may add to one record at most. */
const DEVICE_HOURS_ROUNDED_UP_MAX = dec('0.000000005');
const TAX_ROUNDED_UP_MAX = dec('0.0000000000005');

/**
 * Gross money to hold for `devices` over `seconds`: at least the sum of the charges of any usage records that
 * the same seconds may be cut into. A record is a whole second or longer, so there are at most `seconds` of
 * them, and each may gain half a unit in device-hours and half a unit in tax: 0.0015 CNY for 24 h at 3.5.
 *
 * `electricity`, where it is passed through: full power at the dearest band (`electricityHold` of `libs/energy`).
 * @throws PricingError as `rateInterval` does.
 */
export function holdAmount(
  schedule: PriceSchedule,
  devices: number,
  seconds: number,
  electricity: Money | null = null,
): Money {
  const net = deviceHoursMax(devices, seconds).times(schedule.centerPerDeviceHour.plus(schedule.feePerDeviceHour));
  const tax = net.times(schedule.taxRate).plus(TAX_ROUNDED_UP_MAX.times(seconds));
  const gross = net.plus(tax).plus(passedThroughElectricity(schedule, electricity));
  return Money.of(roundUp(gross, AMOUNT_DECIMALS), schedule.currency);
}

function deviceHoursMax(devices: number, seconds: number): Decimal {
  assertCount('devices', devices);
  assertCount('seconds', seconds);
  const exact = dec(devices).times(seconds).dividedBy(HOUR_SECONDS);
  return roundUp(exact.plus(DEVICE_HOURS_ROUNDED_UP_MAX.times(seconds)), DEVICE_HOUR_DECIMALS);
}

function roundUp(value: Decimal, places: number): Decimal {
  return value.toDecimalPlaces(places, Decimal.ROUND_CEIL);
}
