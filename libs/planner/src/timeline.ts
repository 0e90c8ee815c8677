import type { EpochSeconds, Interval } from '#libs/kernel';

/**
 * Free nodes over all time as a step function: `free[i]` holds from `times[i]` to `times[i + 1]`, the last one for
 * ever. Kept as two plain arrays: inserting costs a copy, reading, which is by far the more frequent, costs nothing.
 */
export class Timeline {
  readonly times: EpochSeconds[] = [-Infinity];
  readonly free: number[];

  constructor(nodes: number) {
    this.free = [nodes];
  }

  /** Takes `nodes` over `[startsAt, endsAt)`. Free may become negative where a window was shrunk under its work. */
  take(interval: Interval, nodes: number): void {
    if (interval.startsAt >= interval.endsAt || nodes === 0) return;
    const from = this.cutAt(interval.startsAt);
    const to = this.cutAt(interval.endsAt);
    for (let i = from; i < to; i++) this.free[i] = this.free[i]! - nodes;
  }

  /** The index of the step that holds at `at`. */
  stepAt(at: EpochSeconds): number {
    let low = 0;
    let high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The step that begins exactly at `at`, made where there is none. */
  private cutAt(at: EpochSeconds): number {
    const step = this.stepAt(at);
    if (this.times[step] === at) return step;
    this.times.splice(step + 1, 0, at);
    this.free.splice(step + 1, 0, this.free[step]!);
    return step + 1;
  }
}

/** The smaller of two step functions over `span`, step by step; neighbours may be equal. */
export function eachCommonStep(
  a: Timeline,
  b: Timeline,
  span: Interval,
  visit: (startsAt: EpochSeconds, endsAt: EpochSeconds, nodes: number) => void,
): void {
  let i = a.stepAt(span.startsAt);
  let j = b.stepAt(span.startsAt);
  let at = span.startsAt;
  while (at < span.endsAt) {
    const aEndsAt = a.times[i + 1] ?? Infinity;
    const bEndsAt = b.times[j + 1] ?? Infinity;
    const endsAt = Math.min(aEndsAt, bEndsAt, span.endsAt);
    visit(at, endsAt, Math.min(a.free[i]!, b.free[j]!));
    if (aEndsAt === endsAt) i++;
    if (bEndsAt === endsAt) j++;
    at = endsAt;
  }
}

/** The maximal stretches of `span` where both step functions have at least `nodes` free, in order. */
export function stretchesWithFree(a: Timeline, b: Timeline, span: Interval, nodes: number): Interval[] {
  const stretches: Interval[] = [];
  let openedAt: EpochSeconds | null = null;
  eachCommonStep(a, b, span, (startsAt, _endsAt, free) => {
    if (free >= nodes) {
      openedAt ??= startsAt;
    } else if (openedAt !== null) {
      stretches.push({ startsAt: openedAt, endsAt: startsAt });
      openedAt = null;
    }
  });
  if (openedAt !== null) stretches.push({ startsAt: openedAt, endsAt: span.endsAt });
  return stretches;
}
