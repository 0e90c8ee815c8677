import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asId, type PoolId, type WindowId } from '#libs/kernel';
import { type Commitment, freeNodesLeast, freeStepsWithin, OVERRUN_SECONDS, untilProof } from './commitment.js';

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const poolId = asId<PoolId>(id(1));
const windows = [asId<WindowId>(id(2)), asId<WindowId>(id(3))] as const;

const commitment = (startsAt: number, endsAt: number, nodes: number, windowId = windows[0]): Commitment => ({
  windowId,
  poolId,
  startsAt,
  endsAt,
  nodes,
});

describe('a commitment past its end', () => {
  it('is unchanged before its end', () => {
    const one = commitment(0, 1000, 1);
    expect(untilProof(one, 999)).toBe(one);
  });

  it('counts as late for ten minutes, then stands until it is given back', () => {
    const one = commitment(0, 1000, 1);
    expect(untilProof(one, 1000).endsAt).toBe(1000 + OVERRUN_SECONDS);
    expect(untilProof(one, 999 + OVERRUN_SECONDS).endsAt).toBe(1000 + OVERRUN_SECONDS);
    expect(untilProof(one, 1000 + OVERRUN_SECONDS).endsAt).toBeGreaterThan(10_000_000_000);
  });
});

describe('free nodes', () => {
  it('are bounded by the pool where windows of several offers share it', () => {
    const bounds = { windowId: windows[0], windowNodes: 4, poolNodes: 5 };
    const taken = [commitment(0, 20, 3, windows[1]), commitment(10, 30, 1)];
    expect(freeStepsWithin({ startsAt: 0, endsAt: 40 }, bounds, taken)).toEqual([
      { startsAt: 0, endsAt: 10, nodes: 2 },
      { startsAt: 10, endsAt: 20, nodes: 1 },
      { startsAt: 20, endsAt: 30, nodes: 3 },
      { startsAt: 30, endsAt: 40, nodes: 4 },
    ]);
    expect(freeNodesLeast({ startsAt: 0, endsAt: 40 }, bounds, taken)).toBe(1);
  });

  it('equal, at every second, what is left of the window and of the pool', () => {
    const one = fc.record({
      startsAt: fc.integer({ min: -5, max: 25 }),
      length: fc.integer({ min: 1, max: 15 }),
      nodes: fc.integer({ min: 1, max: 3 }),
      window: fc.constantFrom(...windows),
    });
    const numbers = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), numbers, (drawn, [windowNodes, poolNodes]) => {
        const taken = drawn.map((d) => commitment(d.startsAt, d.startsAt + d.length, d.nodes, d.window));
        const bounds = { windowId: windows[0], windowNodes, poolNodes };
        const span = { startsAt: 0, endsAt: 25 };
        const steps = freeStepsWithin(span, bounds, taken);
        const lefts = Array.from({ length: 25 }, (_, at) => {
          const there = taken.filter((t) => t.startsAt <= at && at < t.endsAt);
          const sum = (of: readonly Commitment[]) => of.reduce((total, t) => total + t.nodes, 0);
          return Math.min(windowNodes - sum(there.filter((t) => t.windowId === windows[0])), poolNodes - sum(there));
        });
        const shown = Array.from(
          { length: 25 },
          (_, at) => steps.find((s) => s.startsAt <= at && at < s.endsAt)?.nodes,
        );
        expect(shown).toEqual(lefts.map((left) => Math.max(0, left)));
        expect(freeNodesLeast(span, bounds, taken)).toBe(Math.min(...lefts));
      }),
    );
  });
});
