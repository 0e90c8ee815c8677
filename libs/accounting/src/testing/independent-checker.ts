import type { EpochSeconds } from '#libs/kernel';

/**
 * A charge recomputed from an attempt's times and the price's text, in integers, without the pricing library:
 * cut at hours, midnights of UTC+8 and the time limit; hours to 8 decimals, tax to 12, both half even.
 * Amounts are in units of 1e-12.
 */
export interface CheckedCharge {
  readonly center: bigint;
  readonly fee: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
}

interface CheckInput {
  readonly startedAt: EpochSeconds;
  readonly endedAt: EpochSeconds;
  readonly billableUntil: EpochSeconds;
  readonly devices: number;
  /** Such as `3.5000`. */
  readonly pricePerDeviceHour: string;
}

const FEE_PERCENT = 8n;
const TAX_PERCENT = 6n;
const UTC_PLUS_8 = 8 * 3600;

export function checkCharge(input: CheckInput): CheckedCharge {
  const price = BigInt(input.pricePerDeviceHour.replace('.', ''));
  const feePrice = divideHalfEven(price * FEE_PERCENT, 100n);
  let center = 0n;
  let fee = 0n;
  let tax = 0n;
  let from = input.startedAt;
  for (let at = input.startedAt + 1; at <= Math.min(input.endedAt, input.billableUntil); at++) {
    const isCut = at % 3600 === 0 || (at + UTC_PLUS_8) % 86_400 === 0;
    if (!isCut && at !== input.endedAt && at !== input.billableUntil) continue;
    const hours = divideHalfEven(BigInt((at - from) * input.devices) * 100_000_000n, 3600n);
    center += hours * price;
    fee += hours * feePrice;
    tax += divideHalfEven(hours * (price + feePrice) * TAX_PERCENT, 100n);
    from = at;
  }
  return { center, fee, tax, gross: center + fee + tax };
}

/** A numeric column's text in units of 1e-12. */
export function units(text: string): bigint {
  const [whole = '0', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(12, '0'));
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  if (twice === divisor) return quotient + (quotient % 2n);
  return twice > divisor ? quotient + 1n : quotient;
}
