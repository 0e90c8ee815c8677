import { Decimal as DecimalJs } from 'decimal.js';

/**
 * Exact decimals for money and quantities. 80 significant digits hold every product that the books
 * make (device-hours with 8 decimals × a price with 4 × a tax rate) without rounding; only
 * {@link roundHalfEven} rounds, and says to how many places.
 */
export const Decimal = DecimalJs.clone({
  precision: 80,
  rounding: DecimalJs.ROUND_HALF_EVEN,
  toExpNeg: -40,
  toExpPos: 60,
});
export type Decimal = DecimalJs;

const PLAIN_DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** @throws RangeError unless `text` is a plain decimal such as `12.50` (no exponent, no sign `+`). */
export function parseDecimal(text: string): Decimal {
  if (!PLAIN_DECIMAL.test(text)) throw new RangeError(`'${text}' is not a plain decimal such as 12.50`);
  return new Decimal(text);
}

export function dec(value: string | number | Decimal): Decimal {
  return new Decimal(value);
}

/** Banker's rounding to `places` decimals. */
export function roundHalfEven(value: Decimal, places: number): Decimal {
  return new Decimal(value.toDecimalPlaces(places, DecimalJs.ROUND_HALF_EVEN));
}

export function sumDecimals(values: Iterable<Decimal>): Decimal {
  let total = new Decimal(0);
  for (const value of values) total = total.plus(value);
  return total;
}

/** Plain notation with at least `placesMin` decimals, and no more trailing zeros than that. */
export function formatDecimal(value: Decimal, placesMin = 0): string {
  const plain = value.toFixed();
  const decimals = plain.split('.')[1]?.length ?? 0;
  return decimals < placesMin ? value.toFixed(placesMin) : plain;
}
