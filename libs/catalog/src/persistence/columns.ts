import { type EpochSeconds, dec, formatDecimal, fromEpochSeconds, toEpochSeconds } from '#libs/kernel';

/** `numeric` as plain text without trailing zeros: what the reader gets, never a float. */
export const decimalText = {
  from: (value: string | null): string | null => (value === null ? null : formatDecimal(dec(value))),
  to: (value: string | null): string | null => value,
};

/** `timestamptz` as whole Unix seconds. */
export const epochSeconds = {
  from: (value: Date | null): EpochSeconds | null => (value === null ? null : toEpochSeconds(value)),
  to: (value: EpochSeconds | null): Date | null => (typeof value === 'number' ? fromEpochSeconds(value) : value),
};

/** A column that is read along, never written: the code of the center that a row belongs to. */
export function centerCodeOf(row: string): string {
  return `SELECT code FROM center WHERE id = ${row}.center_id`;
}
