import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_SECONDS } from '#libs/kernel';
import { WINDOW_SECONDS_MAX, WINDOWS_AHEAD_SECONDS, windowSpans } from './window.js';

const now = 1_800_000_000;
const day = DAY_SECONDS;

describe('windows of an occurrence', () => {
  it('are one where it is short', () => {
    const occurrence = { startsAt: now + 100, endsAt: now + day };
    expect(windowSpans(occurrence, now, occurrence.startsAt)).toEqual([occurrence]);
  });

  it('are cut at seven days from its start', () => {
    const spans = windowSpans({ startsAt: now, endsAt: now + 16 * day }, now, now);
    expect(spans.map((span) => (span.endsAt - span.startsAt) / day)).toEqual([7, 7, 2]);
  });

  it('begin now where it began before, on the same cuts', () => {
    const spans = windowSpans({ startsAt: now - 10 * day, endsAt: now + 10 * day }, now, now - 10 * day);
    expect(spans).toEqual([
      { startsAt: now, endsAt: now + 4 * day },
      { startsAt: now + 4 * day, endsAt: now + 10 * day },
    ]);
  });

  it('reach no further than what opens within thirty days', () => {
    const spans = windowSpans({ startsAt: now, endsAt: now + 365 * day }, now, now);
    expect(spans.at(-1)).toEqual({ startsAt: now + 28 * day, endsAt: now + 35 * day });
  });

  it('made day by day are the same as those made at once, without gap or overlap', () => {
    const spanOf = fc.tuple(fc.integer({ min: 0, max: 20 * day }), fc.integer({ min: 1, max: 80 * day }));
    fc.assert(
      fc.property(spanOf, ([delay, length]) => {
        const occurrence = { startsAt: now + delay, endsAt: now + delay + length };
        const made = [];
        let coveredUntil = occurrence.startsAt;
        for (let at = now; at < occurrence.endsAt; at += day)
          for (const span of windowSpans(occurrence, at, coveredUntil)) {
            expect(span.startsAt).toBe(coveredUntil);
            expect(span.endsAt - span.startsAt).toBeLessThanOrEqual(WINDOW_SECONDS_MAX);
            expect(span.startsAt).toBeLessThan(at + WINDOWS_AHEAD_SECONDS);
            made.push(span);
            coveredUntil = span.endsAt;
          }
        expect(coveredUntil).toBe(occurrence.endsAt);
        expect(made.length).toBe(Math.ceil(length / WINDOW_SECONDS_MAX));
      }),
      { numRuns: 50 },
    );
  });
});
