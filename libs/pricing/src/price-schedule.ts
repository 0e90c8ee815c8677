import { dec, roundHalfEven } from '#libs/kernel';
import type { Currency, Decimal, Money } from '#libs/kernel';
import { PricingError } from './pricing.errors.js';

/** Decimals that prices per device-hour are fixed to when a schedule is locked. */
const PRICE_DECIMALS = 4;

/**
 * Who pays the electricity: `included`, the center out of its price; `passThrough`, the tenant on a
 * line of its own.
 */
export type ElectricityMode = 'included' | 'passThrough';

/** Prices as a hold locks them: never edited afterwards. Per device-hour, without tax. */
export interface PriceSchedule {
  readonly currency: Currency;
  readonly centerPerDeviceHour: Decimal;
  readonly feePerDeviceHour: Decimal;
  readonly feePercent: Decimal;
  /** A fraction: 6 % is 0.06. */
  readonly taxRate: Decimal;
  readonly taxCode: string;
  readonly electricity: ElectricityMode;
}

export interface LockScheduleInput {
  readonly centerPerDeviceHour: Money;
  /** Of the center's price: 8 % is 8. */
  readonly feePercent: Decimal;
  /** Of price + fee, as a fraction: 6 % is 0.06. */
  readonly taxRate: Decimal;
  readonly taxCode: string;
  readonly electricity: ElectricityMode;
}

/**
 * Fixes the center's price and the fee per device-hour to 4 decimals, half even; the fee is a percentage of
 * the fixed price, so that anyone can recompute it from the schedule. Rounding prices here is what makes
 * the products exact later.
 * @throws PricingError `invalid-schedule` for a negative price or fee, or a tax rate outside [0, 1].
 */
export function lockSchedule(input: LockScheduleInput): PriceSchedule {
  const { amount, currency } = input.centerPerDeviceHour;
  assertNotNegative('the price per device-hour', amount);
  assertNotNegative('the fee percentage', input.feePercent);
  assertTaxRate(input.taxRate);
  const centerPerDeviceHour = roundHalfEven(amount, PRICE_DECIMALS);
  return {
    currency,
    centerPerDeviceHour,
    feePerDeviceHour: roundHalfEven(centerPerDeviceHour.times(input.feePercent).dividedBy(100), PRICE_DECIMALS),
    feePercent: dec(input.feePercent),
    taxRate: dec(input.taxRate),
    taxCode: input.taxCode,
    electricity: input.electricity,
  };
}

function assertNotNegative(what: string, value: Decimal): void {
  if (value.isFinite() && !value.lessThan(0)) return;
  throw new PricingError('invalid-schedule', `${what} is ${value.toString()}, and must be zero or more`);
}

function assertTaxRate(rate: Decimal): void {
  if (rate.isFinite() && !rate.lessThan(0) && !rate.greaterThan(1)) return;
  throw new PricingError(
    'invalid-schedule',
    `the tax rate is ${rate.toString()}, and must be a fraction from 0 to 1 (6 % is 0.06)`,
  );
}
