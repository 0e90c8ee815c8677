import { describe, expect, it } from 'vitest';
import { toEpochSeconds } from '#libs/kernel';
import { billingDay, daysTouched } from './billing-day.js';

const at = (text: string) => toEpochSeconds(new Date(text));

describe('days of the billing zone', () => {
  it('turn at local midnight', () => {
    expect(billingDay(at('2026-10-31T15:59:59Z'), 'Asia/Shanghai')).toBe('2026-10-31');
    expect(billingDay(at('2026-10-31T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-01');
  });

  it('are all those that an interval touches, the one that it ends at not', () => {
    const touched = (startsAt: string, endsAt: string) =>
      daysTouched({ startsAt: at(startsAt), endsAt: at(endsAt) }, 'Asia/Shanghai');
    expect(touched('2026-10-31T15:59:59Z', '2026-10-31T16:00:01Z')).toEqual({
      fromDay: '2026-10-31',
      toDay: '2026-11-02',
    });
    expect(touched('2026-10-31T15:00:00Z', '2026-10-31T16:00:00Z')).toEqual({
      fromDay: '2026-10-31',
      toDay: '2026-11-01',
    });
  });

  it('survive the nights when the clock changes', () => {
    const berlin = daysTouched(
      { startsAt: at('2026-10-24T22:00:00Z'), endsAt: at('2026-10-25T23:00:00Z') },
      'Europe/Berlin',
    );
    expect(berlin).toEqual({ fromDay: '2026-10-25', toDay: '2026-10-26' });
  });
});
