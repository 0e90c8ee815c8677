import type { EpochSeconds, Interval } from '#libs/kernel';
import type { CostUnits } from './cost-units.js';
import type { Bounds, Demand, Opening } from './demand.js';
import { costOfUseful, type Label, type Spare } from './label.js';

/** A finished chain: `label`'s segment is the last, and the earlier ones do `useful` seconds in all. */
export interface Completion {
  readonly label: Label;
  readonly useful: number;
  readonly finishesAt: EpochSeconds;
  readonly cost: CostUnits;
}

/** One segment of a chain in its opening; `usefulSeconds` leaves out restart and write. */
export interface ChainSegment extends Interval {
  readonly opening: Opening;
  readonly usefulSeconds: number;
}

/** The best way to finish in the label's own opening; null where it holds no end within the bounds. */
export function completeChain(label: Label, demand: Demand, bounds: Bounds): Completion | null {
  const { opening, startsAt, restartSeconds } = label;
  const least = Math.max(label.usefulMin, startsAt + restartSeconds + demand.usefulSeconds - opening.endsAt);
  if (least > label.usefulMax || label.firstStartsAt > bounds.startLimit) return null;
  const totalCost = (useful: number): CostUnits =>
    costOfUseful(label, useful) + opening.rate * (restartSeconds + demand.usefulSeconds - useful);

  // Work goes where it is cheapest; at equal rates to the earlier segment, which finishes sooner.
  const cheapest = Math.max(least, Math.min(label.usefulMax, label.usefulMin + sparesUpTo(label.spares, opening.rate)));
  const cost = totalCost(cheapest);
  if (cost > bounds.costLimit) return null;
  const useful = bounds.objective === 'cost' ? cheapest : mostUseful(label, cheapest, bounds.costLimit - cost);
  return {
    label,
    useful,
    finishesAt: startsAt + restartSeconds + demand.usefulSeconds - useful,
    cost: totalCost(useful),
  };
}

function sparesUpTo(spares: readonly Spare[], rate: number): number {
  let seconds = 0;
  for (const spare of spares) if (spare.rate <= rate) seconds += spare.seconds;
  return seconds;
}

/** From the cheapest split on: as much work into the earlier, dearer segments as the money left allows. */
function mostUseful(label: Label, cheapest: number, moneyLeft: CostUnits): number {
  let useful = cheapest;
  let passed = label.usefulMin;
  let left = moneyLeft;
  for (const spare of label.spares) {
    const from = Math.max(useful, passed);
    passed += spare.seconds;
    const room = Math.min(passed, label.usefulMax) - from;
    if (room <= 0) continue;
    const dearerBy = spare.rate - label.opening.rate;
    const taken = dearerBy <= 0 ? room : Math.min(room, Math.floor(left / dearerBy));
    useful = from + taken;
    left -= Math.max(0, dearerBy) * taken;
    if (taken < room) break;
  }
  return useful;
}

/** Whether `a` is the better completion: by the objective, then the other figure, the start, the number of segments. */
export function isBetter(a: Completion, b: Completion, bounds: Bounds): boolean {
  const byFinish = a.finishesAt - b.finishesAt;
  const byCost = a.cost - b.cost;
  const first = bounds.objective === 'cost' ? byCost || byFinish : byFinish || byCost;
  const order = first || a.label.firstStartsAt - b.label.firstStartsAt || a.label.depth - b.label.depth;
  return order < 0;
}

/** The chain's segments in order of time: earlier work goes where it is cheapest, at equal rates where it is soonest. */
export function segmentsOf(completion: Completion, demand: Demand): ChainSegment[] {
  const { label, useful, finishesAt } = completion;
  const last = {
    opening: label.opening,
    startsAt: label.startsAt,
    endsAt: finishesAt,
    usefulSeconds: finishesAt - label.startsAt - label.restartSeconds,
  };
  return [...cutSegments(label, useful, demand), last];
}

/** The segments before `label`'s own, which do `useful` seconds together. */
export function cutSegments(label: Label, useful: number, demand: Demand): ChainSegment[] {
  const cuts: { label: Label; shortest: number; longest: number }[] = [];
  for (let at = label; at.parent !== null; at = at.parent)
    cuts.unshift({ label: at.parent, shortest: at.parentShortest, longest: at.parentLongest });
  const lengths = cuts.map((cut) => cut.shortest);
  let wanted = useful - label.usefulMin;
  const cheapestFirst = cuts
    .map((_, index) => index)
    .sort((a, b) => cuts[a]!.label.opening.rate - cuts[b]!.label.opening.rate || a - b);
  for (const index of cheapestFirst) {
    const taken = Math.min(wanted, cuts[index]!.longest - cuts[index]!.shortest);
    lengths[index] = lengths[index]! + taken;
    wanted -= taken;
  }
  return cuts.map(({ label: cut }, index) => ({
    opening: cut.opening,
    startsAt: cut.startsAt,
    endsAt: cut.startsAt + lengths[index]!,
    usefulSeconds: lengths[index]! - cut.restartSeconds - demand.writeSeconds,
  }));
}
