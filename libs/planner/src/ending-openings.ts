import type { EpochSeconds } from '#libs/kernel';
import type { Opening } from './demand.js';
import { inOrderOf } from './in-order.js';

/** An opening with what the inner loop of the search reads of it. */
export interface EndingOpening {
  readonly opening: Opening;
  readonly startsAt: EpochSeconds;
  readonly endsAt: EpochSeconds;
  readonly rate: number;
}

/**
 * The openings by ascending end, and for each, by its index, the least rate of any that ends after it starts: nothing that
 * follows a segment there is cheaper.
 */
export function byEndWithLeastRates(openings: readonly Opening[]): { byEnd: EndingOpening[]; leastRates: number[] } {
  const byEnd = inOrderOf(openings, (one) => one.endsAt).map((opening) => ({
    opening,
    startsAt: opening.startsAt,
    endsAt: opening.endsAt,
    rate: opening.rate,
  }));
  const leastFrom: number[] = [];
  let least = Infinity;
  for (let at = byEnd.length - 1; at >= 0; at--) leastFrom[at] = least = Math.min(least, byEnd[at]!.rate);
  const leastRates = openings.map((one) => leastFrom[firstEndingAfter(byEnd, one.startsAt)] ?? 0);
  return { byEnd, leastRates };
}

/** The first of `byEnd` that ends after `at`. */
export function firstEndingAfter(byEnd: readonly EndingOpening[], at: EpochSeconds): number {
  let low = 0;
  let high = byEnd.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byEnd[middle]!.endsAt > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
