import { type FieldFault, InvalidInputError, dec, type Decimal } from '#libs/kernel';

const CODE = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/;
const PLAIN_DECIMAL = /^-?(0|[1-9]\d{0,8})(\.\d+)?$/;

/** Gathers everything that is wrong with an input, so that the caller hears it all at once. */
export class FieldFaults {
  private readonly faults: FieldFault[] = [];

  add(path: string, message: string): void {
    this.faults.push({ path, message });
  }

  addAll(faults: readonly FieldFault[]): void {
    this.faults.push(...faults);
  }

  code(path: string, code: string): void {
    if (!CODE.test(code))
      this.add(path, 'use 1 to 64 lower-case letters, digits and inner dots and hyphens, such as tianhe-2a');
  }

  text(path: string, text: string | null | undefined): void {
    if (text !== null && text !== undefined && text.trim() === '')
      this.add(path, 'say something, or null where it is unknown');
  }

  /** A decimal in text with at most `places` decimals, within bounds, both allowed. Null is unknown, and fine. */
  decimal(path: string, text: string | null | undefined, bounds: { min: number; max: number; places: number }): void {
    if (text === null || text === undefined) return;
    const value = decimalOf(text);
    const fits = value !== null && value.gte(bounds.min) && value.lte(bounds.max) && value.dp() <= bounds.places;
    if (!fits)
      this.add(
        path,
        `write a decimal in text from ${bounds.min} to ${bounds.max} with at most ${bounds.places} decimals`,
      );
  }

  count(path: string, count: number | null | undefined): void {
    if (count === null || count === undefined) return;
    if (!Number.isInteger(count) || count < 1 || count > 10_000_000)
      this.add(path, 'write a whole number from 1 to 10000000');
  }

  /** @throws InvalidInputError where anything was added. */
  raise(): void {
    if (this.faults.length > 0) throw new InvalidInputError(this.faults);
  }
}

export function decimalOf(text: string): Decimal | null {
  return PLAIN_DECIMAL.test(text) ? dec(text) : null;
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}
