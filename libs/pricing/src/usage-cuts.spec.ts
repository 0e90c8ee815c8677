import { describe, expect, it } from 'vitest';
import { usageCuts } from './index.js';

const at = (iso: string): number => Date.parse(iso) / 1000;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 16);

/** The cuts strictly inside, as minutes in UTC. */
function cutsBetween(from: string, to: string, zone: string, extra: number[] = []): string[] {
  return usageCuts({ startsAt: at(from), endsAt: at(to) }, zone, extra)
    .slice(1)
    .map((piece) => iso(piece.startsAt));
}

describe('usageCuts', () => {
  it('cuts at UTC hours', () => {
    expect(cutsBetween('2026-05-01T01:10:00Z', '2026-05-01T03:00:01Z', 'Asia/Shanghai')).toEqual([
      '2026-05-01T02:00',
      '2026-05-01T03:00',
    ]);
  });

  it('does not cut an hour that it fills exactly', () => {
    expect(cutsBetween('2026-05-01T01:00:00Z', '2026-05-01T02:00:00Z', 'Asia/Shanghai')).toEqual([]);
  });

  it.each([
    ['Asia/Kolkata', '2026-05-01T18:30'],
    ['Asia/Kathmandu', '2026-05-01T18:15'],
    ['Australia/Eucla', '2026-05-01T15:15'],
    ['Australia/Adelaide', '2026-05-01T14:30'],
  ])('cuts at midnight of %s, inside a UTC hour', (zone, midnight) => {
    const hour = `${midnight.slice(0, 13)}:00:00Z`;
    const next = new Date(Date.parse(hour) + 3_600_000).toISOString();
    expect(cutsBetween(hour, next, zone)).toEqual([midnight]);
  });

  it('cuts at the first instant of a day that has no midnight', () => {
    // In Beirut 00:00 becomes 01:00 on 2026-03-29, at 22:00 UTC.
    expect(cutsBetween('2026-03-28T21:30:00Z', '2026-03-28T22:30:00Z', 'Asia/Beirut')).toEqual(['2026-03-28T22:00']);
  });

  it('cuts once where 00:00 comes twice in one night', () => {
    // Havana goes from 01:00 back to 00:00 on 2026-11-01: its day begins at 04:00 UTC, not again at 05:00.
    const pieces = usageCuts(
      { startsAt: at('2026-11-01T03:59:00Z'), endsAt: at('2026-11-01T06:00:00Z') },
      'America/Havana',
    );
    expect(pieces.map((piece) => iso(piece.startsAt))).toEqual([
      '2026-11-01T03:59',
      '2026-11-01T04:00',
      '2026-11-01T05:00',
    ]);
  });

  it('cuts at the extra cuts inside, once each', () => {
    const extra = [at('2026-05-01T01:20:00Z'), at('2026-05-01T01:20:00Z'), at('2026-05-01T09:00:00Z')];
    expect(cutsBetween('2026-05-01T01:10:00Z', '2026-05-01T01:50:00Z', 'Asia/Shanghai', extra)).toEqual([
      '2026-05-01T01:20',
    ]);
  });

  it('refuses an unknown zone and an interval out of order', () => {
    expect(() => usageCuts({ startsAt: 0, endsAt: 10 }, 'Mars/Olympus')).toThrow(/not an IANA time zone/);
    expect(() => usageCuts({ startsAt: 10, endsAt: 0 }, 'UTC')).toThrow(/not an interval/);
    expect(() => usageCuts({ startsAt: 0.5, endsAt: 10 }, 'UTC')).toThrow(/whole seconds/);
  });
});
