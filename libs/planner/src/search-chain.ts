import type { EpochSeconds } from '#libs/kernel';
import { completeChain, isBetter, type Completion } from './chain.js';
import type { Bounds, Demand, Opening, TransferTable } from './demand.js';
import { Heap } from './heap.js';
import { costBound, dominates, extendLabel, finishBound, firstLabel, shortestCut, type Label } from './label.js';
import { byEndWithLeastRates, firstEndingAfter, type EndingOpening } from './ending-openings.js';
import { lateStarts } from './late-starts.js';
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

/** A step from one opening to the next that has not been taken yet: plain figures, since most are dropped by them. */
interface Step {
  readonly next: EndingOpening;
  readonly startsAt: EpochSeconds;
  readonly shortest: number;
  readonly longest: number;
}

/**
 * Best-first search over chains, by labels with dominance. A chain's segment starts as soon as it can, or as late as the
 * segment before it can hand over (worth it where that one is cheaper), or at one of the late starts between them; its
 * length is chosen last, for the whole chain at once (`Label`). Bounds on finish and cost end the search: what is left in
 * the queue can't be better. After `stepsMax` steps the best found so far stands.
 */
export class ChainSearch {
  private best: Completion | null = null;
  private furthest: Partial | null = null;
  private steps = 0;
  private order = 0;
  /** By the opening's index; what dominates no other and is dominated by none. */
  private readonly kept = new Map<number, Label[]>();
  private readonly byEnd: readonly EndingOpening[];
  private readonly leastRates: readonly number[];
  /** By the opening's index. */
  private readonly late: readonly EpochSeconds[][];
  private readonly cover: SuffixCover;
  private readonly queue: Heap<Queued>;

  constructor(private readonly input: ChainSearchInput) {
    const { openings, bounds } = input;
    this.cover = new SuffixCover(openings);
    const sorted = byEndWithLeastRates(openings);
    this.byEnd = sorted.byEnd;
    this.leastRates = sorted.leastRates;
    this.late = input.demand.isCuttable ? lateStarts(openings, input.demand, input.transfers) : [];
    this.queue = new Heap(bounds.objective === 'cost' ? isCheaper : isSooner);
  }

  /** The best chain that does all the work; null where there is none within the bounds. */
  findBest(): Completion | null {
    const { openings, demand } = this.input;
    if (openings.length === 0 || this.cover.after(-Infinity) < demand.usefulSeconds) return null;
    this.run(true);
    return this.best;
  }

  /** The chain that does most of the work, soonest: for a job that is longer than all the supply there is. */
  findFurthest(): Partial | null {
    if (this.input.openings.length > 0) this.run(false);
    return this.furthest;
  }

  private run(mustFinish: boolean): void {
    const { openings, demand, bounds, stepsMax } = this.input;
    for (const opening of openings)
      if (opening.firstStartAt <= bounds.startLimit && opening.firstStartAt < opening.endsAt)
        this.enter(firstLabel(opening, demand), mustFinish);
    if (!demand.isCuttable) return;
    this.dive(mustFinish);
    this.steps = 0;
    for (let next = this.queue.pop(); next !== undefined; next = this.queue.pop()) {
      if (this.steps >= stepsMax || (mustFinish && !this.canImprove(next.finish, next.cost))) break;
      if (this.kept.get(next.label.opening.index)?.includes(next.label) === true) this.expand(next.label, mustFinish);
    }
  }

  /** Follows the least loss of time from one opening to the next: a good bound early, and an answer whatever the budget of steps. */
  private dive(mustFinish: boolean): void {
    let label: Label | null = this.queue.peek()?.label ?? null;
    while (label !== null && this.steps < this.input.stepsMax) {
      label = this.leastLossAfter(label);
      if (label !== null) this.enter(label, mustFinish);
    }
  }

  private leastLossAfter(label: Label): Label | null {
    const { demand } = this.input;
    const best: { step: Step | null; loss: number } = { step: null, loss: Infinity };
    this.visitSteps(label, (next, startsAt, shortest, longest) => {
      if (next.endsAt <= label.opening.endsAt) return;
      const loss = startsAt - longest;
      if (loss < best.loss || (loss === best.loss && next.endsAt > (best.step?.next.endsAt ?? 0))) {
        best.step = { next, startsAt, shortest, longest };
        best.loss = loss;
      }
    });
    return best.step === null
      ? null
      : extendLabel(label, best.step.next.opening, best.step.startsAt, best.step, demand);
  }

  private expand(label: Label, mustFinish: boolean): void {
    const { demand } = this.input;
    this.visitSteps(label, (next, startsAt, shortest, longest) => {
      const isWorthIt = mustFinish
        ? this.isPromising(label, next, startsAt, shortest, longest)
        : this.canGoFurther(label.usefulMax + longest, startsAt);
      if (!isWorthIt) return;
      const made = extendLabel(label, next.opening, startsAt, { shortest, longest }, demand);
      if (made !== null) this.enter(made, mustFinish);
    });
  }

  /** The bounds of the label that the step would make, before it is made. */
  private isPromising(label: Label, next: EndingOpening, startsAt: number, shortest: number, longest: number): boolean {
    const { demand, bounds } = this.input;
    const overhead = label.restartSeconds + demand.writeSeconds;
    const usefulMax = Math.min(label.usefulMax + longest - overhead, demand.usefulSeconds - 1);
    const whole = demand.restartSeconds + demand.usefulSeconds;
    const finish = startsAt + whole - usefulMax;
    if (this.best === null || bounds.objective === 'time') return this.canImprove(finish, 0);
    const leastRate = Math.min(
      this.leastRates[next.opening.index] ?? 0,
      label.opening.rate,
      label.spares[0]?.rate ?? Infinity,
    );
    const left = whole - (label.usefulMin + shortest - overhead);
    return this.canImprove(finish, label.costMin + label.opening.rate * shortest + leastRate * left);
  }

  /**
   * Every step from the label's opening to a later end. Once the next opening stands open, a second later there is a second
   * more here: the total work is the same, so only the ends of that range can be best, and a later start only where the
   * segment here is cheaper.
   */
  private visitSteps(
    label: Label,
    visit: (next: EndingOpening, startsAt: number, shortest: number, longest: number) => void,
  ): void {
    const { demand, transfers } = this.input;
    const { opening, startsAt } = label;
    const shortest = shortestCut(opening, label.restartSeconds, demand);
    if (startsAt + shortest > opening.endsAt) return;
    const overhead = label.restartSeconds + demand.writeSeconds;
    const lastEndsAt = Math.min(opening.endsAt, startsAt + overhead + demand.usefulSeconds - 1 - label.usefulMin);
    if (lastEndsAt < startsAt + shortest) return;
    const row = transfers.rowFrom(opening.centerId);
    for (let at = firstEndingAfter(this.byEnd, startsAt + shortest); at < this.byEnd.length; at++) {
      const next = this.byEnd[at]!;
      if (next.opening === opening || !this.canImprove(next.startsAt, 0)) continue;
      this.steps++;
      const transfer = transfers.inRow(row, opening.centerId, next.opening.centerId);
      const soonest = Math.max(next.startsAt, startsAt + shortest + transfer);
      const lastUseful = next.endsAt - demand.restartSeconds - 1;
      if (soonest > lastUseful) continue;
      const longestFor = (start: number): number => Math.min(lastEndsAt, start - transfer) - startsAt;
      visit(next, soonest, shortest, longestFor(soonest));
      if (opening.rate >= next.rate) continue;
      const latest = Math.min(lastEndsAt + transfer, lastUseful);
      if (latest > soonest) visit(next, latest, shortest, longestFor(latest));
      for (const late of this.late[next.opening.index] ?? [])
        if (late > soonest && late < latest) visit(next, late, shortest, longestFor(late));
    }
  }

  /** Takes the label's own end into account, and keeps it to go on from unless bounds, supply or another label say that nothing comes of it. */
  private enter(label: Label, mustFinish: boolean): void {
    const { demand } = this.input;
    this.noteCompletion(label);
    if (!mustFinish) this.noteFurthest(label);
    if (!demand.isCuttable) return;
    const { index } = label.opening;
    const shortest = shortestCut(label.opening, label.restartSeconds, demand);
    if (label.startsAt + shortest > label.opening.endsAt) return;
    const finish = finishBound(label, demand);
    const cost = costBound(label, demand, shortest, this.leastRates[index] ?? 0);
    if (mustFinish ? !this.canLeadOn(label, finish, cost) : !this.canGoFurther(label.usefulMax, label.startsAt)) return;
    const kept = this.kept.get(index);
    if (kept?.some((one) => dominates(one, label)) === true) return;
    this.kept.set(index, kept === undefined ? [label] : [...kept.filter((one) => !dominates(label, one)), label]);
    this.queue.push({ label, finish, cost, order: this.order++ });
  }

  private canLeadOn(label: Label, finish: EpochSeconds, cost: number): boolean {
    if (cost > this.input.bounds.costLimit || !this.canImprove(finish, cost)) return false;
    return this.cover.after(label.startsAt) >= finish - label.startsAt;
  }

  /** Whether `useful` seconds, and all the supply after `at`, are more than the furthest chain found so far does. */
  private canGoFurther(useful: number, at: EpochSeconds): boolean {
    return this.furthest === null || useful + this.cover.after(at) > this.furthest.useful;
  }

  private noteCompletion(label: Label): void {
    const { demand, bounds } = this.input;
    const made = completeChain(label, demand, bounds);
    if (made !== null && (this.best === null || isBetter(made, this.best, bounds))) this.best = made;
  }

  private noteFurthest(label: Label): void {
    const { demand } = this.input;
    const { opening, startsAt, restartSeconds } = label;
    const length = opening.endsAt - startsAt;
    if (length < shortestCut(opening, restartSeconds, demand)) return;
    const useful = label.usefulMax + length - restartSeconds - demand.writeSeconds;
    const best = this.furthest;
    if (best === null || useful > best.useful || (useful === best.useful && opening.endsAt < best.endsAt))
      this.furthest = { label, endsAt: opening.endsAt, useful };
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
