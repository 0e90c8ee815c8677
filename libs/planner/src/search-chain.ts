import type { EpochSeconds } from '#libs/kernel';
import { completeChain, isBetter, type Completion } from './chain.js';
import type { Bounds, Demand, Opening, TransferTable } from './demand.js';
import { Heap } from './heap.js';
import { costBound, dominates, extendLabel, finishBound, firstLabel, shortestCut, type Label } from './label.js';
import { SuffixCover } from './suffix-cover.js';

export interface ChainSearchInput {
  readonly demand: Demand;
  readonly bounds: Bounds;
  /** Ascending start. */
  readonly openings: readonly Opening[];
  readonly transfers: TransferTable;
  readonly stepsMax: number;
}

/** The end of a chain that could not finish: as far as it gets. */
export interface Partial {
  readonly label: Label;
  readonly endsAt: EpochSeconds;
  readonly useful: number;
}

interface Queued {
  readonly label: Label;
  readonly finish: number;
  readonly cost: number;
  readonly order: number;
}

/**
 * Best-first search over chains, by labels with dominance. A chain's segment starts as soon as it can, or as late as the
 * segment before it can hand over (worth it where that one is cheaper), or as late as its own shortest length allows; its
 * length is chosen last, for the whole chain at once (`Label`). Bounds on finish and cost end the search: what is left in
 * the queue can't be better. After `stepsMax` transitions the best found so far stands.
 */
export class ChainSearch {
  private best: Completion | null = null;
  private furthest: Partial | null = null;
  private steps = 0;
  private order = 0;
  private readonly kept: Label[][];
  private readonly byEnd: readonly Opening[];
  private readonly cover: SuffixCover;
  private readonly leastRate: number;
  private readonly queue: Heap<Queued>;

  constructor(private readonly input: ChainSearchInput) {
    const { openings, bounds } = input;
    this.kept = openings.map(() => []);
    this.byEnd = [...openings].sort((a, b) => a.endsAt - b.endsAt || a.index - b.index);
    this.cover = new SuffixCover(openings);
    this.leastRate = openings.reduce((least, one) => Math.min(least, one.rate), Infinity);
    this.queue = new Heap(bounds.objective === 'cost' ? isCheaper : isSooner);
  }

  /** The best chain that does all the work; null where there is none within the bounds. */
  findBest(): Completion | null {
    if (this.input.openings.length === 0) return null;
    this.seed(true);
    this.drain(true);
    return this.best;
  }

  /** The chain that does most of the work, soonest: for a job that is longer than all the supply there is. */
  findFurthest(): Partial | null {
    if (this.input.openings.length === 0) return null;
    this.seed(false);
    this.drain(false);
    return this.furthest;
  }

  private seed(mustFinish: boolean): void {
    const { openings, demand, bounds } = this.input;
    const firsts = openings.filter((one) => one.firstStartAt <= bounds.startLimit && one.firstStartAt < one.endsAt);
    for (const opening of firsts) this.enter(firstLabel(opening, demand), mustFinish);
    if (demand.isCuttable) this.dive(mustFinish);
  }

  private drain(mustFinish: boolean): void {
    if (!this.input.demand.isCuttable) return;
    for (let next = this.queue.pop(); next !== undefined; next = this.queue.pop()) {
      if (this.steps >= this.input.stepsMax || (mustFinish && !this.canImprove(next.finish, next.cost))) break;
      if (this.kept[next.label.opening.index]!.includes(next.label)) this.expand(next.label, mustFinish);
    }
  }

  /** Follows the least loss of time from one opening to the next: a good bound early, and an answer whatever the budget of steps. */
  private dive(mustFinish: boolean): void {
    const first = this.queue.peek();
    let label: Label | null = first?.label ?? null;
    const { demand } = this.input;
    while (label !== null) {
      let chosen: Label | null = null;
      for (const next of this.successors(label)) {
        if (next.opening.endsAt <= label.opening.endsAt) continue;
        if (chosen === null || isLessLoss(next, chosen, demand)) chosen = next;
      }
      if (chosen !== null) this.enter(chosen, mustFinish);
      label = chosen;
    }
  }

  private expand(label: Label, mustFinish: boolean): void {
    for (const next of this.successors(label)) {
      this.enter(next, mustFinish);
      if (this.steps >= this.input.stepsMax) return;
    }
  }

  private *successors(label: Label): Iterable<Label> {
    const { demand, transfers } = this.input;
    const { opening } = label;
    const shortest = shortestCut(opening, label.restartSeconds, demand);
    const shortestEndsAt = label.startsAt + shortest;
    if (shortestEndsAt > opening.endsAt) return;
    const overhead = label.restartSeconds + demand.writeSeconds;
    const longestEndsAt = Math.min(
      opening.endsAt,
      label.startsAt + overhead + demand.usefulSeconds - 1 - label.usefulMin,
    );
    for (let at = firstEndingAfter(this.byEnd, shortestEndsAt); at < this.byEnd.length; at++) {
      const next = this.byEnd[at]!;
      if (next === opening || !this.canImprove(next.startsAt, 0)) continue;
      this.steps++;
      const transfer = transfers.between(opening.centerId, next.centerId);
      for (const startsAt of startCandidates(next, opening, demand, {
        soonest: Math.max(next.startsAt, shortestEndsAt + transfer),
        latest: longestEndsAt + transfer,
      })) {
        const longest = Math.min(longestEndsAt, startsAt - transfer) - label.startsAt;
        const made = extendLabel(label, next, startsAt, { shortest, longest }, demand);
        if (made !== null) yield made;
      }
    }
  }

  /** Takes the label in unless the bounds, the supply left or another label says that nothing comes of it. */
  private enter(label: Label, mustFinish: boolean): void {
    const { demand, bounds } = this.input;
    const finish = finishBound(label, demand);
    const cost = costBound(label, demand, this.leastRate);
    if (mustFinish) {
      const left = demand.usefulSeconds + label.restartSeconds - label.usefulMax;
      if (cost > bounds.costLimit || this.cover.after(label.startsAt) < left || !this.canImprove(finish, cost)) return;
    }
    const kept = this.kept[label.opening.index]!;
    if (kept.some((one) => dominates(one, label))) return;
    this.kept[label.opening.index] = [...kept.filter((one) => !dominates(label, one)), label];
    this.queue.push({ label, finish, cost, order: this.order++ });
    this.noteCompletion(label);
    if (!mustFinish) this.noteFurthest(label);
  }

  private noteCompletion(label: Label): void {
    const { demand, bounds } = this.input;
    const made = completeChain(label, demand, bounds);
    if (made !== null && (this.best === null || isBetter(made, this.best, bounds))) this.best = made;
  }

  private noteFurthest(label: Label): void {
    const { demand } = this.input;
    const length = label.opening.endsAt - label.startsAt;
    if (length < shortestCut(label.opening, label.restartSeconds, demand)) return;
    const useful = label.usefulMax + length - label.restartSeconds - demand.writeSeconds;
    const made = { label, endsAt: label.opening.endsAt, useful };
    const best = this.furthest;
    if (best === null || useful > best.useful || (useful === best.useful && made.endsAt < best.endsAt))
      this.furthest = made;
  }

  /** Whether something that finishes no sooner and costs no less could still be better than the best found. */
  private canImprove(finish: EpochSeconds, cost: number): boolean {
    if (this.best === null) return true;
    const { finishesAt, cost: bestCost } = this.best;
    if (this.input.bounds.objective === 'cost') return cost < bestCost || (cost === bestCost && finish < finishesAt);
    return finish < finishesAt || (finish === finishesAt && cost < bestCost);
  }
}

function isSooner(a: Queued, b: Queued): boolean {
  return (a.finish - b.finish || a.cost - b.cost || a.order - b.order) < 0;
}

function isCheaper(a: Queued, b: Queued): boolean {
  return (a.cost - b.cost || a.finish - b.finish || a.order - b.order) < 0;
}

function isLessLoss(a: Label, b: Label, demand: Demand): boolean {
  return (finishBound(a, demand) - finishBound(b, demand) || b.opening.endsAt - a.opening.endsAt) < 0;
}

function firstEndingAfter(byEnd: readonly Opening[], at: EpochSeconds): number {
  let low = 0;
  let high = byEnd.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byEnd[middle]!.endsAt > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * When the next segment may start. Once the opening stands open, a second later here is a second more there: the total
 * work is the same, so only the ends of that range can be best, and a later start only where the segment before is cheaper.
 */
function startCandidates(
  next: Opening,
  from: Opening,
  demand: Demand,
  range: { soonest: EpochSeconds; latest: EpochSeconds },
): EpochSeconds[] {
  const lastUseful = next.endsAt - demand.restartSeconds - 1;
  if (range.soonest > lastUseful) return [];
  if (from.rate >= next.rate) return [range.soonest];
  const latest = Math.min(range.latest, lastUseful);
  const squeezed = next.endsAt - shortestCut(next, demand.restartSeconds, demand);
  const late = [squeezed, latest].filter((at) => at > range.soonest && at <= latest);
  return [...new Set([range.soonest, ...late])];
}
