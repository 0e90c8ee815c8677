import { describe, expect, it } from 'vitest';
import { requestQuote } from '#libs/contracts';
import { demandOfRequest } from './demand-of-request.js';

describe('the demand of a request', () => {
  it('has what the wire leaves out as no bound, in CNY', () => {
    const request = requestQuote.parse({
      resources: { nodes: 2 },
      workload: { kind: 'walltime', walltimeMinutes: 90 },
    });
    expect(demandOfRequest(request)).toEqual({
      nodes: 2,
      devicesPerNode: 1,
      deviceKinds: [],
      minDeviceMemoryGib: null,
      walltimeSeconds: 5400,
      checkpoint: null,
      centersAllowed: [],
      centersDenied: [],
      earliestStartAt: null,
      deadlineAt: null,
      maxWaitSeconds: null,
      maxCost: null,
      currency: 'CNY',
      objective: 'cost',
      qos: 'normal',
    });
  });

  it('is in seconds and instants, and in the currency of its limit', () => {
    const demand = demandOfRequest(
      requestQuote.parse({
        resources: { nodes: 1, devicesPerNode: 8, deviceKinds: ['a100-80g'], minDeviceMemoryGiB: 79.5 },
        workload: { kind: 'walltime', walltimeMinutes: 1.5 },
        checkpoint: { intervalMinutes: 20, sizeGiB: 12.5, signal: 'TERM', minSegmentMinutes: 5 },
        constraints: {
          centersAllowed: ['one'],
          centersDenied: ['two'],
          earliestStart: '2027-01-15T16:00:00+08:00',
          deadline: '2027-01-16T08:00:00Z',
          maxWaitMinutes: 30,
          maxCost: { amount: '10.50', currency: 'USD' },
        },
        objective: 'time',
      }),
    );
    expect(demand).toMatchObject({
      walltimeSeconds: 90,
      checkpoint: { intervalSeconds: 1200, sizeGib: 12.5, signal: 'TERM', minSegmentSeconds: 300 },
      centersAllowed: ['one'],
      centersDenied: ['two'],
      earliestStartAt: 1_800_000_000,
      deadlineAt: 1_800_086_400,
      maxWaitSeconds: 1800,
      currency: 'USD',
      objective: 'time',
    });
    expect(demand.minDeviceMemoryGib?.toFixed()).toBe('79.5');
    expect(demand.maxCost?.toJson()).toEqual({ amount: '10.50', currency: 'USD' });
  });
});
