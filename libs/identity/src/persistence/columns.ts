import { type EpochSeconds, fromEpochSeconds, toEpochSeconds } from '#libs/kernel';

/** `timestamptz` as whole Unix seconds. */
export const epochSeconds = {
  from: (value: Date | null): EpochSeconds | null => (value === null ? null : toEpochSeconds(value)),
  to: (value: EpochSeconds | null): Date | null => (typeof value === 'number' ? fromEpochSeconds(value) : value),
};
