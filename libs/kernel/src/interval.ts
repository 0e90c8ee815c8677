/** Whole Unix seconds. Inside Yusuan every instant and duration is in whole seconds. */
export type EpochSeconds = number;

/** Half-open `[startsAt, endsAt)`: one that ends at 10:00 does not meet one that starts at 10:00. */
export interface Interval {
  readonly startsAt: EpochSeconds;
  readonly endsAt: EpochSeconds;
}

export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 86_400;

export function durationSeconds(interval: Interval): number {
  return interval.endsAt - interval.startsAt;
}

export function overlaps(a: Interval, b: Interval): boolean {
  return a.startsAt < b.endsAt && b.startsAt < a.endsAt;
}

export function containsInterval(outer: Interval, inner: Interval): boolean {
  return outer.startsAt <= inner.startsAt && inner.endsAt <= outer.endsAt;
}

export function intersect(a: Interval, b: Interval): Interval | null {
  const startsAt = Math.max(a.startsAt, b.startsAt);
  const endsAt = Math.min(a.endsAt, b.endsAt);
  return startsAt < endsAt ? { startsAt, endsAt } : null;
}

/** The interval cut at every cut point strictly inside it: no gap, no overlap, in order. */
export function cutInterval(interval: Interval, cutsAt: Iterable<EpochSeconds>): Interval[] {
  const inside = [...new Set(cutsAt)]
    .filter((at) => interval.startsAt < at && at < interval.endsAt)
    .sort((a, b) => a - b);
  const edges = [interval.startsAt, ...inside, interval.endsAt];
  return edges.slice(1).map((endsAt, index) => ({ startsAt: edges[index]!, endsAt }));
}

export function toEpochSeconds(date: Date): EpochSeconds {
  return Math.floor(date.getTime() / 1000);
}

export function fromEpochSeconds(seconds: EpochSeconds): Date {
  return new Date(seconds * 1000);
}
