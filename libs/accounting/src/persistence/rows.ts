import { dec, fromEpochSeconds, toEpochSeconds } from '#libs/kernel';
import type { Decimal, EpochSeconds } from '#libs/kernel';

/** Numeric columns as the driver gives them. */
export function decimalOrNull(text: string | null): Decimal | null {
  return text === null ? null : dec(text);
}

export function secondsOrNull(at: Date | null): EpochSeconds | null {
  return at === null ? null : toEpochSeconds(at);
}

/** For `jsonb_to_recordset`: decimals in plain digits, so that none goes through a float. */
export function plain(value: Decimal | null): string | null {
  return value === null ? null : value.toFixed();
}

export function timestamp(at: EpochSeconds): string {
  return fromEpochSeconds(at).toISOString();
}

/** A batch as one parameter. */
export function rows(batch: readonly Readonly<Record<string, unknown>>[]): string {
  return JSON.stringify(batch);
}
