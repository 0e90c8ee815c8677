import { HOUR_SECONDS, dec, durationSeconds, intersect, roundHalfEven, sumDecimals } from '#libs/kernel';
import type { Currency, Decimal, EpochSeconds, Interval, Money } from '#libs/kernel';
import type { PriceSchedule } from './price-schedule.js';
import { PricingError } from './pricing.errors.js';

export const DEVICE_HOUR_DECIMALS = 8;

/** The ledger's scale: 8 decimals of device-hours × 4 of a price are exact here, and tax is rounded to it. */
export const AMOUNT_DECIMALS = 12;

/** What one usage record costs. `gross` = `center` + `fee` + `electricity` + `tax`, exactly. */
export interface Rated {
  readonly deviceHours: Decimal;
  /** The center's net revenue, without electricity passed through. */
  readonly center: Decimal;
  readonly fee: Decimal;
  /** The center's electricity passed through at cost: neither fee nor tax on it; 0 where the price includes it. */
  readonly electricity: Decimal;
  readonly tax: Decimal;
  readonly gross: Decimal;
  readonly currency: Currency;
}

/**
 * Device-seconds / 3600 to 8 decimals, half even.
 * @throws PricingError `invalid-quantity` unless they are whole and not negative.
 */
export function deviceHours(deviceSeconds: number): Decimal {
  assertCount('device-seconds', deviceSeconds);
  return roundHalfEven(dec(deviceSeconds).dividedBy(HOUR_SECONDS), DEVICE_HOUR_DECIMALS);
}

/**
 * The price of one usage record. `electricity` is the record's facility kWh × tariff, and counts only where
 * the schedule passes it through (then rounded half even to 12 decimals).
 * @throws PricingError `electricity-unknown` where it is passed through and not given, `invalid-quantity`
 * for device-seconds that are not whole or an amount of another currency.
 */
export function rateInterval(schedule: PriceSchedule, deviceSeconds: number, electricity: Money | null = null): Rated {
  const hours = deviceHours(deviceSeconds);
  const center = hours.times(schedule.centerPerDeviceHour);
  const fee = hours.times(schedule.feePerDeviceHour);
  const tax = roundHalfEven(center.plus(fee).times(schedule.taxRate), AMOUNT_DECIMALS);
  const passedThrough = roundHalfEven(passedThroughElectricity(schedule, electricity), AMOUNT_DECIMALS);
  return {
    deviceHours: hours,
    center,
    fee,
    electricity: passedThrough,
    tax,
    gross: sumDecimals([center, fee, passedThrough, tax]),
    currency: schedule.currency,
  };
}

/** The electricity that the tenant pays beside the price: 0 where the price includes it. */
export function passedThroughElectricity(schedule: PriceSchedule, electricity: Money | null): Decimal {
  if (schedule.electricity === 'included') return dec(0);
  if (electricity === null)
    throw new PricingError(
      'electricity-unknown',
      'electricity is passed through, and its cost is not known: an offer may pass it through only where watts, PUE and tariff are known',
    );
  if (electricity.currency !== schedule.currency)
    throw new PricingError(
      'invalid-quantity',
      `electricity in ${electricity.currency} cannot be charged in ${schedule.currency}: a conversion needs a recorded rate`,
    );
  return electricity.amount;
}

/** The whole is the sum of its records: no rounding, so no difference. */
export function sumRated(currency: Currency, records: readonly Rated[]): Rated {
  const other = records.find((record) => record.currency !== currency);
  if (other) throw new PricingError('invalid-quantity', `cannot add ${other.currency} to ${currency}`);
  const total = (pick: (record: Rated) => Decimal): Decimal => sumDecimals(records.map(pick));
  return {
    deviceHours: total((record) => record.deviceHours),
    center: total((record) => record.center),
    fee: total((record) => record.fee),
    electricity: total((record) => record.electricity),
    tax: total((record) => record.tax),
    gross: total((record) => record.gross),
    currency,
  };
}

/**
 * Seconds of `interval` that are charged: those before the attempt's time limit. Seconds beyond are metered
 * and charged to nobody, which keeps the charge at or below the hold.
 */
export function billableSeconds(
  interval: Interval,
  attempt: { readonly startsAt: EpochSeconds; readonly timeLimitSeconds: number },
): number {
  const allowed = { startsAt: attempt.startsAt, endsAt: attempt.startsAt + attempt.timeLimitSeconds };
  const charged = intersect(interval, allowed);
  return charged ? durationSeconds(charged) : 0;
}

export function assertCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new PricingError('invalid-quantity', `${what}: ${value} is not a whole number of zero or more`);
}
