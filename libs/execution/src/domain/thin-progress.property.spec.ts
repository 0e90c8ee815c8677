import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thinProgress } from './thin-progress.js';

describe('thinned progress', () => {
  const cases = [fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: -3, max: 50 })] as const;

  it('keeps the last line, the order, and no more lines than it may', () => {
    fc.assert(
      fc.property(...cases, (values, count) => {
        const lines = values.map((_, index) => index);
        const kept = thinProgress(lines, count);
        expect(kept.at(-1)).toBe(lines.length - 1);
        expect(kept).toHaveLength(Math.min(lines.length, Math.max(1, count)));
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
      }),
    );
  });

  it('leaves no two gaps that differ by more than a line', () => {
    fc.assert(
      fc.property(...cases, (values, count) => {
        const kept = thinProgress(
          values.map((_, index) => index),
          count,
        );
        const gaps = kept.map((line, index) => line - (kept[index - 1] ?? -1));
        expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of nothing is nothing', () => {
    expect(thinProgress([], 5)).toEqual([]);
  });
});
