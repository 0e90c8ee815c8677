import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountId, type HoldId, type PriceScheduleId, Money, asId, dec, sumDecimals } from '#libs/kernel';
import { lockSchedule } from '#libs/pricing';
import type { Account } from './account.js';
import { type ChargeableRecord, chargeBatch } from './charge-batch.js';
import { dayIncrements } from './day-rollup.js';

const uuid = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const ACCOUNT = asId<AccountId>(uuid(1));
const SCHEDULE = asId<PriceScheduleId>(uuid(2));
const START = 1_800_000_000;

const schedule = lockSchedule({
  centerPerDeviceHour: Money.of('3.5000', 'CNY'),
  feePercent: dec(8),
  taxRate: dec('0.06'),
  taxCode: 'test',
  electricity: 'included',
});

function account(available: string, creditLimit: string): Account {
  const money = { available: dec(available), held: dec(1000), overdue: dec(0), creditLimit: dec(creditLimit) };
  return { id: ACCOUNT, tenantId: asId(uuid(3)), currency: 'CNY', createdAt: new Date(0), ...money };
}

function record(index: number, deviceSeconds: number, holdId: HoldId, scheduleId = SCHEDULE): ChargeableRecord {
  const unknown = { facilityKwh: null, marginalFacilityKwh: null, carbonKg: null, marginalCarbonKg: null };
  return {
    ...{
      usageRecordId: asId(uuid(100 + index)),
      tenantId: asId(uuid(3)),
      projectId: asId(uuid(4)),
      jobId: asId(uuid(5)),
    },
    ...{
      segmentId: asId(uuid(6)),
      centerId: asId(uuid(7)),
      poolId: asId(uuid(8)),
      priceScheduleId: scheduleId,
      holdId,
    },
    ...{ accountId: ACCOUNT, startsAt: START, endsAt: START + 1, deviceSeconds, billableDeviceSeconds: deviceSeconds },
    ...{ ...unknown, electricityCost: null, marginalElectricityCost: null, electricityCurrency: null },
  };
}

const cents = (max: number) => fc.integer({ min: 0, max }).map((n) => dec(n).dividedBy(100).toFixed());

const batches = fc.record({
  available: cents(20_000),
  creditLimit: cents(5_000),
  rests: fc.array(cents(10_000), { minLength: 1, maxLength: 3 }),
  uses: fc.array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.nat(2), fc.boolean()), { maxLength: 12 }),
});

function run({ available, creditLimit, rests, uses }: typeof batches extends fc.Arbitrary<infer T> ? T : never) {
  const holdId = (n: number) => asId<HoldId>(uuid(10 + (n % rests.length)));
  const holdRests = new Map(rests.map((rest, index) => [holdId(index), dec(rest)]));
  const records = uses.map(([seconds, hold, isBroken], index) =>
    record(index, seconds, holdId(hold), isBroken ? asId<PriceScheduleId>(uuid(9)) : SCHEDULE),
  );
  const before = account(available, creditLimit);
  const schedules = new Map([[SCHEDULE, schedule]]);
  const batch = chargeBatch({ records, schedules, accounts: new Map([[ACCOUNT, before]]), holdRests });
  return { batch, before, holdRests, broken: uses.filter(([, , isBroken]) => isBroken).length };
}

describe('charging a batch', () => {
  it('charges every record that can be rated and names every other', () => {
    fc.assert(
      fc.property(batches, (input) => {
        const { batch, broken } = run(input);
        expect(batch.faults).toHaveLength(broken);
        expect(batch.charges).toHaveLength(input.uses.length - broken);
      }),
    );
  });

  it('takes the gross from holds, balance and overdue, all of it and no more, and never past a hold or a limit', () => {
    fc.assert(
      fc.property(batches, (input) => {
        const { batch, before, holdRests } = run(input);
        const gross = sumDecimals(batch.charges.map((charge) => charge.rated.gross));
        const captured = sumDecimals(batch.captured.values());
        const change = batch.changes.get(ACCOUNT) ?? { available: dec(0), held: dec(0), overdue: dec(0) };
        expect(captured.equals(change.held.negated())).toBe(true);
        expect(captured.minus(change.available).plus(change.overdue).equals(gross)).toBe(true);
        for (const [holdId, amount] of batch.captured)
          expect(amount.lessThanOrEqualTo(holdRests.get(holdId) ?? 0)).toBe(true);
        const left = before.available.plus(change.available);
        expect(left.greaterThanOrEqualTo(before.creditLimit.negated())).toBe(true);
        if (change.overdue.greaterThan(0)) expect(left.equals(before.creditLimit.negated())).toBe(true);
      }),
    );
  });

  it('rolls up to the sum of its charges', () => {
    fc.assert(
      fc.property(batches, (input) => {
        const { batch } = run(input);
        const days = dayIncrements(batch.charges, 'Asia/Shanghai');
        const gross = sumDecimals(batch.charges.map((charge) => charge.rated.gross));
        expect(sumDecimals(days.map((day) => day.grossAmount)).equals(gross)).toBe(true);
        expect(days.reduce((n, day) => n + day.records, 0)).toBe(batch.charges.length);
        expect(days.reduce((n, day) => n + day.recordsWithoutEnergy, 0)).toBe(batch.charges.length);
      }),
    );
  });
});
