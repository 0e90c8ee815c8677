import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  containsInterval,
  cutInterval,
  durationSeconds,
  fromEpochSeconds,
  type Interval,
  intersect,
  overlaps,
  toEpochSeconds,
} from './interval.js';

const instants = fc.integer({ min: 0, max: 60 });
const intervals: fc.Arbitrary<Interval> = fc
  .tuple(instants, fc.integer({ min: 1, max: 30 }))
  .map(([startsAt, seconds]) => ({ startsAt, endsAt: startsAt + seconds }));

/** The whole seconds of an interval: what the half-open words mean. */
const secondsOf = ({ startsAt, endsAt }: Interval) => Array.from({ length: endsAt - startsAt }, (_, i) => startsAt + i);

describe('half-open intervals', () => {
  it('overlap, contain and intersect as their seconds do', () => {
    fc.assert(
      fc.property(intervals, intervals, (a, b) => {
        const ofB = new Set(secondsOf(b));
        const common = secondsOf(a).filter((second) => ofB.has(second));
        expect(overlaps(a, b)).toBe(common.length > 0);
        expect(containsInterval(b, a)).toBe(common.length === durationSeconds(a));
        const both = intersect(a, b);
        expect(both ? secondsOf(both) : []).toEqual(common);
      }),
    );
  });

  it('do not meet where one ends as the other starts', () => {
    const [first, second] = [
      { startsAt: 0, endsAt: 10 },
      { startsAt: 10, endsAt: 20 },
    ];
    expect(overlaps(first, second)).toBe(false);
    expect(intersect(first, second)).toBeNull();
  });

  it('are cut without gap or overlap, at each cut inside and nowhere else', () => {
    fc.assert(
      fc.property(intervals, fc.array(instants, { maxLength: 20 }), (interval, cuts) => {
        const pieces = cutInterval(interval, cuts);
        expect(pieces.flatMap(secondsOf)).toEqual(secondsOf(interval));
        const inner = new Set(cuts.filter((at) => interval.startsAt < at && at < interval.endsAt));
        expect(new Set(pieces.slice(1).map(({ startsAt }) => startsAt))).toEqual(inner);
        expect(pieces).toHaveLength(inner.size + 1);
      }),
    );
  });

  it('count whole seconds: an instant within a second is that second', () => {
    expect(toEpochSeconds(new Date('2026-01-01T00:00:00.999Z'))).toBe(1_767_225_600);
    expect(fromEpochSeconds(1_767_225_600).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });
});
