import type { EpochSeconds, Interval } from './interval.js';

/** `nodes` taken over a half-open interval. */
export interface Occupancy extends Interval {
  readonly nodes: number;
}

/** One step of a step function: `nodes` from `startsAt` to `endsAt`. */
export type CapacityStep = Occupancy;

/**
 * How many nodes of `total` are free at each instant of `span`, as steps in order that cover it without
 * gap. Neighbouring steps differ in nodes. Free may be negative where a window was shrunk.
 */
export function freeSteps(span: Interval, total: number, taken: Iterable<Occupancy>): CapacityStep[] {
  const changes = new Map<EpochSeconds, number>();
  for (const one of taken) {
    const from = Math.max(one.startsAt, span.startsAt);
    const to = Math.min(one.endsAt, span.endsAt);
    if (from >= to) continue;
    changes.set(from, (changes.get(from) ?? 0) - one.nodes);
    changes.set(to, (changes.get(to) ?? 0) + one.nodes);
  }
  const steps: CapacityStep[] = [];
  let startsAt = span.startsAt;
  let nodes = total;
  for (const at of [...changes.keys()].sort((a, b) => a - b)) {
    const change = changes.get(at)!;
    if (change === 0) continue;
    if (at > startsAt) steps.push({ startsAt, endsAt: at, nodes });
    nodes += change;
    startsAt = at;
  }
  if (startsAt < span.endsAt) steps.push({ startsAt, endsAt: span.endsAt, nodes });
  return steps;
}

/** The fewest free nodes at any instant of `span`. */
export function minFreeNodes(span: Interval, total: number, taken: Iterable<Occupancy>): number {
  return Math.min(...freeSteps(span, total, taken).map((step) => step.nodes));
}
