import { type Decimal, durationSeconds, type EpochSeconds, type FieldFault } from '#libs/kernel';
import type { CreateOfferInput } from './offer.js';

/** What the rules need to know of the pool that is offered. */
export interface OfferedPool {
  readonly nodes: number | null;
  readonly devicesPerNode: number | null;
  readonly deviceKind: string | null;
}

const PRICE_DECIMALS_MAX = 4;
const CREDIT_DECIMALS_MAX = 2;
const PRICE_MAX = 1e10;
const CREDIT_HOURS_MAX = 1e6;

/** All faults of an offer at once, at the paths of the wire's body. Empty: it may be registered. */
export function offerFaults(input: CreateOfferInput, pool: OfferedPool | null, now: EpochSeconds): FieldFault[] {
  return [...poolFaults(input, pool), ...timeFaults(input, now), ...termFaults(input)];
}

function poolFaults(input: CreateOfferInput, pool: OfferedPool | null): FieldFault[] {
  if (!pool) return [{ path: '/poolId', message: 'there is no pool with this id' }];
  const unknown = unknownFacts(pool);
  const faults = unknown.length
    ? [{ path: '/poolId', message: `the pool's ${unknown.join(', ')} must be known before its nodes can be offered` }]
    : [];
  if (!isWholeFrom(1, input.nodes)) faults.push({ path: '/nodes', message: 'must be a whole number from 1' });
  else if (pool.nodes !== null && input.nodes > pool.nodes)
    faults.push({
      path: '/nodes',
      message: `the pool has ${pool.nodes} nodes, so at most ${pool.nodes} can be offered`,
    });
  return faults;
}

function unknownFacts(pool: OfferedPool): string[] {
  const facts = { 'node count': pool.nodes, 'devices per node': pool.devicesPerNode, 'device kind': pool.deviceKind };
  return Object.entries(facts).flatMap(([name, value]) => (value === null ? [name] : []));
}

function timeFaults({ interval, recurrence, minSegmentSeconds }: CreateOfferInput, now: EpochSeconds): FieldFault[] {
  const faults: FieldFault[] = [];
  if (interval.endsAt <= interval.startsAt) faults.push({ path: '/end', message: 'must be after start' });
  else if (interval.endsAt <= now) faults.push({ path: '/end', message: 'must be in the future' });
  else if (minSegmentSeconds > durationSeconds(interval))
    faults.push({
      path: '/minSegmentMinutes',
      message: 'is longer than the offer, so no segment could ever run in it',
    });
  if (recurrence)
    faults.push({
      path: '/recurrence',
      message: 'recurring offers cannot be registered yet: register each occurrence',
    });
  return faults;
}

function termFaults(input: CreateOfferInput): FieldFault[] {
  const price = input.pricePerDeviceHour.amount;
  const checks: [boolean, string, string][] = [
    [
      isWithin(price, PRICE_MAX, PRICE_DECIMALS_MAX),
      '/price/perDeviceHour/amount',
      'must be 0 or more with at most 4 decimals',
    ],
    [isWholeFrom(0, input.noticeSeconds), '/reclaim/noticeMinutes', 'must be 0 or more, in whole seconds'],
    [isPercent(input.reclaimCreditPercent), '/reclaim/creditPercent', 'must be from 0 to 100 with at most 2 decimals'],
    [
      isWithin(input.failureCreditMaxHours, CREDIT_HOURS_MAX, CREDIT_DECIMALS_MAX),
      '/reclaim/failureCreditMaxHours',
      'must be 0 or more with at most 2 decimals',
    ],
    [isWholeFrom(0, input.minSegmentSeconds), '/minSegmentMinutes', 'must be 0 or more, in whole seconds'],
  ];
  return checks.flatMap(([holds, path, message]) => (holds ? [] : [{ path, message }]));
}

function isWholeFrom(least: number, value: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value < 2 ** 31;
}

/** `[0, below)` with at most so many decimals. */
function isWithin(value: Decimal, below: number, decimalsMax: number): boolean {
  return value.greaterThanOrEqualTo(0) && value.lessThan(below) && value.decimalPlaces() <= decimalsMax;
}

function isPercent(value: Decimal): boolean {
  return isWithin(value, 101, CREDIT_DECIMALS_MAX) && value.lessThanOrEqualTo(100);
}
