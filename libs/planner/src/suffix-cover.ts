import type { EpochSeconds, Interval } from '#libs/kernel';

/** For any instant, how many seconds after it at least one of the intervals covers: no chain does more work than that. */
export class SuffixCover {
  private readonly merged: { startsAt: EpochSeconds; endsAt: EpochSeconds; after: number }[] = [];

  /** @param intervals ascending start. */
  constructor(intervals: readonly Interval[]) {
    for (const { startsAt, endsAt } of intervals) {
      const last = this.merged.at(-1);
      if (last !== undefined && startsAt <= last.endsAt) last.endsAt = Math.max(last.endsAt, endsAt);
      else this.merged.push({ startsAt, endsAt, after: 0 });
    }
    let after = 0;
    for (const one of this.merged.toReversed()) {
      one.after = after;
      after += one.endsAt - one.startsAt;
    }
  }

  after(at: EpochSeconds): number {
    let low = 0;
    let high = this.merged.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.merged[middle]!.endsAt > at) high = middle;
      else low = middle + 1;
    }
    const first = this.merged[low];
    return first === undefined ? 0 : first.after + first.endsAt - Math.max(at, first.startsAt);
  }
}
