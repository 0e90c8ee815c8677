import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeSteps, minFreeNodes, type Occupancy } from './occupancy.js';

const span = { startsAt: 10, endsAt: 50 };
const taken: fc.Arbitrary<Occupancy[]> = fc.array(
  fc
    .record({
      startsAt: fc.integer({ min: 0, max: 60 }),
      seconds: fc.integer({ min: 0, max: 30 }),
      nodes: fc.integer({ min: 1, max: 4 }),
    })
    .map(({ startsAt, seconds, nodes }) => ({ startsAt, endsAt: startsAt + seconds, nodes })),
  { maxLength: 12 },
);

/** Counted second by second: what the steps must say. */
function freeAt(at: number, total: number, occupancies: readonly Occupancy[]): number {
  return (
    total - occupancies.filter((one) => one.startsAt <= at && at < one.endsAt).reduce((sum, one) => sum + one.nodes, 0)
  );
}

describe('the free nodes of a span', () => {
  it('are at every second what was not taken then', () => {
    fc.assert(
      fc.property(taken, fc.integer({ min: 0, max: 20 }), (occupancies, total) => {
        for (const { startsAt, endsAt, nodes } of freeSteps(span, total, occupancies))
          for (let at = startsAt; at < endsAt; at++) expect(nodes).toBe(freeAt(at, total, occupancies));
      }),
    );
  });

  it('cover the span without gap, in steps that differ from their neighbours', () => {
    fc.assert(
      fc.property(taken, (occupancies) => {
        const steps = freeSteps(span, 8, occupancies);
        expect(steps[0]?.startsAt).toBe(span.startsAt);
        expect(steps.at(-1)?.endsAt).toBe(span.endsAt);
        for (const [index, step] of steps.slice(1).entries()) {
          expect(step.startsAt).toBe(steps[index]?.endsAt);
          expect(step.nodes).not.toBe(steps[index]?.nodes);
        }
      }),
    );
  });

  it('are the fewest of all its seconds', () => {
    fc.assert(
      fc.property(taken, (occupancies) => {
        const each = Array.from({ length: 40 }, (_, i) => freeAt(span.startsAt + i, 8, occupancies));
        expect(minFreeNodes(span, 8, occupancies)).toBe(Math.min(...each));
      }),
    );
  });

  it('do not mind the order in which they were taken', () => {
    fc.assert(
      fc.property(taken, (occupancies) => {
        expect(freeSteps(span, 8, occupancies.toReversed())).toEqual(freeSteps(span, 8, occupancies));
      }),
    );
  });
});
