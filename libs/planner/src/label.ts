import type { EpochSeconds } from '#libs/kernel';
import type { CostUnits } from './cost-units.js';
import type { Demand, Opening } from './demand.js';

/** Seconds of an earlier segment beyond its shortest length, which the chain may use or leave. */
export interface Spare {
  readonly rate: number;
  readonly seconds: number;
}

/**
 * A chain up to the start of its segment in `opening`. The starts of all its segments are fixed; the lengths of the
 * earlier ones are not yet: each lies between its shortest and what fits before the next must leave. So a label stands for
 * a whole range of useful work done, with the least cost for each (`costOfUseful`).
 */
export interface Label {
  readonly opening: Opening;
  readonly startsAt: EpochSeconds;
  readonly restartSeconds: number;
  readonly parent: Label | null;
  /** Length of the parent's segment: at least, at most. */
  readonly parentShortest: number;
  readonly parentLongest: number;
  readonly firstStartsAt: EpochSeconds;
  readonly depth: number;
  /** Useful seconds done before this segment. */
  readonly usefulMin: number;
  readonly usefulMax: number;
  /** Cost of the earlier segments at their shortest. */
  readonly costMin: CostUnits;
  /** Ascending rate, one for each rate. */
  readonly spares: readonly Spare[];
}

export function firstLabel(opening: Opening, demand: Demand): Label {
  return {
    opening,
    startsAt: opening.firstStartAt,
    restartSeconds: demand.firstRestartSeconds,
    parent: null,
    parentShortest: 0,
    parentLongest: 0,
    firstStartsAt: opening.firstStartAt,
    depth: 1,
    usefulMin: 0,
    usefulMax: 0,
    costMin: 0,
    spares: [],
  };
}

/** The shortest segment that may end in a checkpoint here: no shorter than job and lane want, and with a second of progress. */
export function shortestCut(opening: Pick<Opening, 'supply'>, restartSeconds: number, demand: Demand): number {
  const laneSeconds = Math.ceil(opening.supply.lane.minSegmentSeconds);
  return Math.max(demand.minSegmentSeconds, laneSeconds, restartSeconds + demand.writeSeconds + 1);
}

/**
 * The chain goes on: the segment in `label.opening` is cut somewhere in `[shortest, longest]`, the next starts at
 * `startsAt` in `next`. Null where its shortest would leave nothing to do.
 */
export function extendLabel(
  label: Label,
  next: Opening,
  startsAt: EpochSeconds,
  lengths: { shortest: number; longest: number },
  demand: Demand,
): Label | null {
  const overhead = label.restartSeconds + demand.writeSeconds;
  const usefulMin = label.usefulMin + lengths.shortest - overhead;
  if (usefulMin > demand.usefulSeconds - 1) return null;
  const { rate } = label.opening;
  return {
    opening: next,
    startsAt,
    restartSeconds: demand.restartSeconds,
    parent: label,
    parentShortest: lengths.shortest,
    parentLongest: lengths.longest,
    firstStartsAt: label.firstStartsAt,
    depth: label.depth + 1,
    usefulMin,
    // The last segment must have at least a second to do.
    usefulMax: Math.min(label.usefulMax + lengths.longest - overhead, demand.usefulSeconds - 1),
    costMin: label.costMin + rate * lengths.shortest,
    spares: addSpare(label.spares, { rate, seconds: lengths.longest - lengths.shortest }),
  };
}

function addSpare(spares: readonly Spare[], added: Spare): readonly Spare[] {
  if (added.seconds === 0) return spares;
  const at = spares.findIndex((one) => one.rate >= added.rate);
  if (at < 0) return [...spares, added];
  const there = spares[at]!;
  if (there.rate > added.rate) return [...spares.slice(0, at), added, ...spares.slice(at)];
  return [
    ...spares.slice(0, at),
    { rate: added.rate, seconds: there.seconds + added.seconds },
    ...spares.slice(at + 1),
  ];
}

/** Least cost of having done at least `useful` seconds before this segment: convex, never falling. `useful <= usefulMax`. */
export function costOfUseful(label: Label, useful: number): CostUnits {
  let cost = label.costMin;
  let wanted = useful - label.usefulMin;
  for (const spare of label.spares) {
    if (wanted <= 0) break;
    const taken = Math.min(wanted, spare.seconds);
    cost += taken * spare.rate;
    wanted -= taken;
  }
  return cost;
}

/** No chain that goes on after this segment finishes sooner than this: another write and another restart come on top. */
export function finishBound(label: Label, demand: Demand): EpochSeconds {
  const left = demand.usefulSeconds - label.usefulMax;
  return label.startsAt + label.restartSeconds + left + demand.writeSeconds + demand.restartSeconds;
}

/**
 * No chain that goes on after this segment, cut at `shortest` or later, is cheaper than this, where nothing that follows
 * costs less than `leastRate`.
 */
export function costBound(label: Label, demand: Demand, shortest: number, leastRate: number): CostUnits {
  const { rate } = label.opening;
  const leastFromHere = Math.min(leastRate, rate);
  const done = label.usefulMin + shortest - label.restartSeconds - demand.writeSeconds;
  let left = demand.restartSeconds + demand.usefulSeconds - done;
  let cost = label.costMin + rate * shortest;
  for (const spare of label.spares) {
    if (spare.rate >= leastFromHere || left <= 0) break;
    const taken = Math.min(left, spare.seconds);
    cost += taken * spare.rate;
    left -= taken;
  }
  return cost + leastFromHere * left;
}

/**
 * Whether whatever can follow `b` can follow `a`, which stands in the same opening, at no greater cost: `a` starts no
 * later, can have done as much, and each amount of work that `b` may have done costs `a` no more.
 */
export function dominates(a: Label, b: Label): boolean {
  if (a.startsAt > b.startsAt || a.usefulMax < b.usefulMax || a.restartSeconds > b.restartSeconds) return false;
  return coversAt(a, b, b) && coversAt(a, b, a);
}

/** Compares at the corners of `corners`: between corners of both, both costs are straight lines. */
function coversAt(a: Label, b: Label, corners: Label): boolean {
  let useful = corners.usefulMin;
  const isCovered = (at: number): boolean => {
    const inside = Math.min(Math.max(at, b.usefulMin), b.usefulMax);
    return costOfUseful(a, Math.max(inside, a.usefulMin)) <= costOfUseful(b, inside);
  };
  if (!isCovered(useful) || !isCovered(corners.usefulMax)) return false;
  for (const spare of corners.spares) {
    useful += spare.seconds;
    if (useful >= b.usefulMax) break;
    if (!isCovered(useful)) return false;
  }
  return true;
}
