import { roundHalfEven } from '#libs/kernel';
import type { Decimal } from '#libs/kernel';

/** A value, or why there is none: an unknown is never guessed, and whatever is computed from it is unknown too. */
export type Figure =
  | { readonly value: Decimal; readonly reasons: readonly [] }
  | { readonly value: null; readonly reasons: readonly string[] };

export function known(value: Decimal): Figure {
  return { value, reasons: [] };
}

export function unknownBecause(...reasons: readonly string[]): Figure {
  return { value: null, reasons };
}

export function figureOf(value: Decimal | null, reasonIfNull: string): Figure {
  return value === null ? unknownBecause(reasonIfNull) : known(value);
}

/** `compute` of two figures; where either is unknown, unknown for the reasons of both, each named once. */
export function combine(a: Figure, b: Figure, compute: (a: Decimal, b: Decimal) => Decimal): Figure {
  if (a.value !== null && b.value !== null) return known(compute(a.value, b.value));
  return unknownBecause(...new Set([...a.reasons, ...b.reasons]));
}

export function rounded(figure: Figure, places: number): Figure {
  return figure.value === null ? figure : known(roundHalfEven(figure.value, places));
}
