import type { Decimal, Interval } from '#libs/kernel';
import { EnergyError } from './energy.errors.js';

export function assertInterval({ startsAt, endsAt }: Interval): void {
  if (Number.isSafeInteger(startsAt) && Number.isSafeInteger(endsAt) && startsAt <= endsAt) return;
  throw new EnergyError('invalid-figure', `[${startsAt}, ${endsAt}) is not an interval of whole seconds in order`);
}

export function assertCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new EnergyError('invalid-figure', `${what}: ${value} is not a whole number of zero or more`);
}

/** Unknown (null) passes: it stays unknown. */
export function assertBetween(what: string, value: Decimal | null, min: number, max: number): void {
  if (value === null || (value.isFinite() && !value.lessThan(min) && !value.greaterThan(max))) return;
  const bounds = Number.isFinite(max) ? `from ${min} to ${max}` : `${min} or more`;
  throw new EnergyError('invalid-figure', `${what} is ${value.toString()}, and must be ${bounds}`);
}
