import { describe, expect, it } from 'vitest';
import { asId, dec, Money, type PoolId } from '#libs/kernel';
import { hoursFrom, offerInput } from '../testing/index.js';
import type { CreateOfferInput } from './offer.js';
import { offerFaults } from './validate-offer.js';

const now = 1_800_000_000;
const pool = { nodes: 4, devicesPerNode: 8, deviceKind: 'a100' };
const good = offerInput(asId<PoolId>('00000000-0000-7000-8000-000000000001'), hoursFrom(now, 1, 3), 4);

describe('an offer', () => {
  it('may be registered where it keeps every rule', () => {
    expect(offerFaults(good, pool, now)).toEqual([]);
  });

  const faults: [string, Partial<CreateOfferInput>, string][] = [
    ['of no nodes', { nodes: 0 }, '/nodes'],
    ['of half a node', { nodes: 1.5 }, '/nodes'],
    ['of more nodes than the pool has', { nodes: 5 }, '/nodes'],
    ['that ends when it starts', { interval: hoursFrom(now, 1, 1) }, '/end'],
    ['that is over', { interval: hoursFrom(now, -2, 0) }, '/end'],
    ['that recurs', { recurrence: { rrule: 'FREQ=DAILY', exceptDates: [] } }, '/recurrence'],
    ['of a negative price', { pricePerDeviceHour: Money.of('-1', 'CNY') }, '/price/perDeviceHour/amount'],
    [
      'of a price finer than 4 decimals',
      { pricePerDeviceHour: Money.of('3.50001', 'CNY') },
      '/price/perDeviceHour/amount',
    ],
    [
      'of a price that no column holds',
      { pricePerDeviceHour: Money.of('10000000000', 'CNY') },
      '/price/perDeviceHour/amount',
    ],
    ['of negative notice', { noticeSeconds: -1 }, '/reclaim/noticeMinutes'],
    ['that credits more than all', { reclaimCreditPercent: dec('100.01') }, '/reclaim/creditPercent'],
    ['that credits negative hours', { failureCreditMaxHours: dec('-1') }, '/reclaim/failureCreditMaxHours'],
    ['whose shortest segment is longer than itself', { minSegmentSeconds: 7201 }, '/minSegmentMinutes'],
    ['whose shortest segment is negative', { minSegmentSeconds: -1 }, '/minSegmentMinutes'],
  ];
  it.each(faults)('%s is refused at its field', (_title, change, path) => {
    expect(offerFaults({ ...good, ...change }, pool, now).map((fault) => fault.path)).toEqual([path]);
  });

  it('of an unknown pool, or of one of which too little is known, is refused', () => {
    expect(offerFaults(good, null, now)[0]?.path).toBe('/poolId');
    const [fault] = offerFaults(good, { nodes: null, devicesPerNode: null, deviceKind: 'a100' }, now);
    expect(fault).toEqual({ path: '/poolId', message: expect.stringContaining('node count, devices per node') });
  });

  it('names all its faults at once', () => {
    const bad = { ...good, nodes: 9, noticeSeconds: -1, interval: hoursFrom(now, -2, -1) };
    expect(offerFaults(bad, pool, now).map((fault) => fault.path)).toEqual([
      '/nodes',
      '/end',
      '/reclaim/noticeMinutes',
    ]);
  });
});
