import type { EpochSeconds } from '#libs/kernel';
import type { Demand, Opening, TransferTable } from './demand.js';
import { shortestCut } from './label.js';

/** Up to so many openings, starts squeezed between the segments before and after are all tried. Beyond, only those against the opening's own end. */
const SQUEEZED_OPENINGS_MAX = 24;
const STARTS_MAX = 64;
const ROUNDS_MAX = 6;

/**
 * For each opening, by its index, the late starts worth trying there: those that leave just the shortest segment before its
 * own end, or before the moment at which the next one must be left for. A chain that uses an opening only as a bridge
 * between two cheaper ones starts at such a moment.
 */
export function lateStarts(openings: readonly Opening[], demand: Demand, transfers: TransferTable): EpochSeconds[][] {
  const shortest = openings.map((one) => shortestCut(one, demand.restartSeconds, demand));
  const againstEnd = (one: Opening): EpochSeconds[] =>
    [one.endsAt - (shortest[one.index] ?? 0)].filter((at) => at > one.startsAt);
  if (openings.length > SQUEEZED_OPENINGS_MAX) return openings.map(againstEnd);
  const starts = openings.map((one) => new Set(againstEnd(one)));
  for (let round = 0; round < ROUNDS_MAX; round++)
    if (!addBridges(openings, starts, shortest, { demand, transfers })) break;
  return starts.map((set) => [...set].sort((a, b) => a - b));
}

/** One more link of bridges; false where nothing was added. */
function addBridges(
  openings: readonly Opening[],
  starts: readonly Set<EpochSeconds>[],
  shortest: readonly number[],
  { demand, transfers }: { demand: Demand; transfers: TransferTable },
): boolean {
  let isChanged = false;
  for (const opening of openings) {
    const own = starts[opening.index]!;
    for (const next of openings) {
      if (next === opening) continue;
      const before = transfers.between(opening.centerId, next.centerId) + (shortest[opening.index] ?? 0);
      const lastUseful = next.endsAt - demand.restartSeconds - 1;
      for (const at of [next.startsAt, lastUseful, ...starts[next.index]!]) {
        const start = at - before;
        if (start <= opening.startsAt || start >= opening.endsAt || own.has(start) || own.size >= STARTS_MAX) continue;
        own.add(start);
        isChanged = true;
      }
    }
  }
  return isChanged;
}
