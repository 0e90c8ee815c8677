import { describe, expect, it } from 'vitest';
import { isUuid } from '#libs/kernel';
import { Clock } from './clock.js';
import { Uuid7Source } from './ids.js';

class SteppingClock extends Clock {
  constructor(private readonly times: number[]) {
    super();
  }

  now(): Date {
    return new Date(this.times.length > 1 ? this.times.shift()! : this.times[0]!);
  }
}

describe('the source of ids', () => {
  it('makes version 7 UUIDs that carry the time', () => {
    const id = new Uuid7Source(new SteppingClock([Date.parse('2026-11-23T12:00:00Z')])).next<string>();
    expect(isUuid(id)).toBe(true);
    expect(id[14]).toBe('7');
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(Date.parse('2026-11-23T12:00:00Z'));
  });

  it('rises while the clock stands still, also from the highest sequence', () => {
    const ids = new Uuid7Source(new SteppingClock([1_000]), (into) => into.fill(0xff));
    const made = Array.from({ length: 10_000 }, () => ids.next<string>());
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(made.length);
  });

  it('rises while the clock steps back', () => {
    const ids = new Uuid7Source(new SteppingClock([5_000, 4_000, 3_000, 6_000]));
    const made = [ids.next<string>(), ids.next<string>(), ids.next<string>(), ids.next<string>()];
    expect(made).toEqual([...made].sort());
  });
});
