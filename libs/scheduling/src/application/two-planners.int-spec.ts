import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WithdrawOfferService } from '#libs/capacity';
import { hoursFrom } from '#libs/capacity/testing';
import { dec, type JobId } from '#libs/kernel';
import { systemContext } from '#libs/platform';
import { testDatabase } from '#libs/testing';
import { PlanRoundService } from '../index.js';
import { type CycleRow, NOW, SchedulingFixture, type TestLane } from '../testing/scheduling-fixture.js';

const BARRIER_MS_MAX = 500;
const SYSTEM = systemContext('test', 'test');
const CUT = { intervalSeconds: null, sizeGib: 1, signal: 'USR1', minSegmentSeconds: 60 } as const;

interface Held {
  readonly window_id: string;
  readonly pool_id: string;
  readonly nodes: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
}

/** The most nodes held at any instant, counted at each start, with no help of the code under test. */
const peak = (held: readonly Held[]) =>
  Math.max(
    0,
    ...held.map((one) =>
      held
        .filter((other) => other.starts_at <= one.starts_at && one.starts_at < other.ends_at)
        .reduce((sum, other) => sum + other.nodes, 0),
    ),
  );

describe('two planners', () => {
  let scheduling: SchedulingFixture;
  let second: INestApplicationContext;

  beforeAll(async () => {
    scheduling = await SchedulingFixture.open(await testDatabase());
    second = await scheduling.openWorker();
  });
  afterEach(() => scheduling.clear());
  afterAll(() => scheduling.close());

  const cycles = () => scheduling.books.rows<CycleRow>('SELECT * FROM plan_cycle ORDER BY id');

  describe('kept apart by the lock', () => {
    it('do not plan at the same moment: the second is answered false, and plans once the first is done', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      let meanwhile: boolean | null = null;
      const first = await scheduling.interruptedRound(async () => {
        meanwhile = await second.get(PlanRoundService).execute();
      });
      expect(first).toBe(true);
      expect(meanwhile).toBe(false);
      expect(await cycles()).toHaveLength(1);
      expect(await scheduling.segments(jobId)).toHaveLength(1);
      expect(await second.get(PlanRoundService).execute()).toBe(true);
      expect(await cycles()).toHaveLength(2);
    });

    it('leave the lock to the next where a round fails', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane();
      await scheduling.submit(tenant);
      const failing = scheduling.interruptedRound(() => Promise.reject(new Error('power cut')));
      await expect(failing).rejects.toThrow('power cut');
      expect(await second.get(PlanRoundService).execute()).toBe(true);
    });
  });

  describe('that both believe themselves alone', () => {
    /** Neither commits before both have planned; then each pauses before each commit, so that now one is first, now the other. */
    const both = (pausesMs: readonly (readonly number[])[] = []) => {
      let planned = 0;
      let haveBothPlanned = (): void => undefined;
      const start = Promise.race([new Promise<void>((resolve) => (haveBothPlanned = resolve)), delay(BARRIER_MS_MAX)]);
      const rounds = [scheduling.worker, second].map((process, index) => {
        let commits = 0;
        return scheduling.unlockedRound(process, async () => {
          if (commits === 0 && ++planned === 2) haveBothPlanned();
          if (commits === 0) await start;
          await delay(pausesMs[index]?.[commits++] ?? 0);
        });
      });
      return Promise.all(rounds);
    };

    interface Supply {
      readonly poolNodes: number;
      /** Nodes of the pool's windows, all open at once. */
      readonly windowNodes: readonly number[];
    }
    interface Crowd {
      readonly supply: readonly Supply[];
      readonly balances: readonly number[];
      readonly jobs: readonly {
        readonly tenant: number;
        readonly nodes: number;
        readonly minutes: number;
        readonly canBeCut: boolean;
        readonly isThrifty: boolean;
      }[];
      /** Of each planner, before each of its commits. */
      readonly pausesMs: readonly (readonly number[])[];
    }
    const crowds: fc.Arbitrary<Crowd> = fc.record({
      supply: fc.array(
        fc.record({
          poolNodes: fc.integer({ min: 2, max: 6 }),
          windowNodes: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      // An hour of a node costs 32.05: money is short for some, and not for all.
      balances: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 2, maxLength: 2 }),
      jobs: fc.array(
        fc.record({
          tenant: fc.nat({ max: 1 }),
          nodes: fc.integer({ min: 1, max: 2 }),
          minutes: fc.integer({ min: 10, max: 120 }),
          canBeCut: fc.boolean(),
          isThrifty: fc.boolean(),
        }),
        { minLength: 4, maxLength: 10 },
      ),
      pausesMs: fc.array(fc.array(fc.nat({ max: 15 }), { minLength: 4, maxLength: 8 }), { minLength: 2, maxLength: 2 }),
    });

    /** The first reserves one job and pauses; the second loses that one and goes on with the next. */
    const BOTH_WIN: Crowd = {
      supply: [{ poolNodes: 4, windowNodes: [4] }],
      balances: [400, 400],
      jobs: [0, 1, 0, 1].map((tenant) => ({ tenant, nodes: 1, minutes: 60, canBeCut: false, isThrifty: false })),
      pausesMs: [
        [0, 300],
        [50, 0],
      ],
    };

    const arrange = async ({ supply, balances, jobs }: Crowd) => {
      const lanes: { readonly lane: TestLane; readonly nodes: number; readonly poolNodes: number }[] = [];
      for (const { poolNodes, windowNodes } of supply) {
        const [first = 1, ...others] = windowNodes.map((nodes) => Math.min(nodes, poolNodes));
        const lane = await scheduling.insertLane({ nodes: poolNodes, windowNodes: first, to: 3 });
        lanes.push({ lane, nodes: first, poolNodes });
        for (const nodes of others)
          lanes.push({ lane: await scheduling.insertWindow(lane, { windowNodes: nodes, to: 3 }), nodes, poolNodes });
      }
      const tenants = [];
      for (const balance of balances)
        tenants.push(await scheduling.books.insertTenant(balance ? `${balance}.00` : '0'));
      const jobIds: JobId[] = [];
      for (const { tenant, nodes, minutes, canBeCut, isThrifty } of jobs) {
        const payer = tenants[tenant];
        if (!payer) throw new Error('no tenant');
        jobIds.push(
          await scheduling.submit(payer, {
            nodes,
            walltimeSeconds: minutes * 60,
            checkpoint: canBeCut ? CUT : null,
            objective: isThrifty ? 'cost' : 'time',
          }),
        );
      }
      return { lanes, jobIds };
    };
    type World = Awaited<ReturnType<typeof arrange>>;

    const expectNoOversubscription = async ({ lanes }: World) => {
      const held = await scheduling.books.rows<Held>('SELECT * FROM reservation WHERE released_at IS NULL');
      for (const { lane, nodes, poolNodes } of lanes) {
        expect(peak(held.filter((one) => one.window_id === lane.windowId))).toBeLessThanOrEqual(nodes);
        expect(peak(held.filter((one) => one.pool_id === lane.poolId))).toBeLessThanOrEqual(poolNodes);
      }
    };

    /** Every promise whole, and one a job at most. */
    const expectWholePromises = async ({ jobIds }: World) => {
      const promises = await scheduling.books.rows<{ job_id: JobId; state: string; whole: boolean }>(
        `SELECT s.job_id, j.state, r.id IS NOT NULL AND h.id IS NOT NULL AND p.id IS NOT NULL
             AND (r.nodes, r.starts_at, r.ends_at, r.window_id) = (s.nodes, s.starts_at, s.ends_at, s.window_id) AS whole
         FROM segment s JOIN job j ON j.id = s.job_id LEFT JOIN reservation r ON r.segment_id = s.id
           LEFT JOIN hold h ON h.id = s.hold_id AND h.segment_id = s.id AND h.closed_at IS NULL
           LEFT JOIN price_schedule p ON p.id = s.price_schedule_id`,
      );
      expect(new Set(promises.map((one) => one.job_id)).size).toBe(promises.length);
      for (const { whole, state } of promises) expect({ whole, state }).toEqual({ whole: true, state: 'SCHEDULED' });
      const left = await scheduling.books.row<{ reservations: number; holds: number; prices: number }>(
        `SELECT (SELECT count(*)::int FROM reservation) AS reservations, (SELECT count(*)::int FROM hold) AS holds,
           (SELECT count(*)::int FROM price_schedule) AS prices`,
      );
      const { length } = promises;
      expect(left).toEqual({ reservations: length, holds: length, prices: length });
      const reserved = new Set(promises.map((one) => one.job_id));
      for (const jobId of jobIds.filter((id) => !reserved.has(id)))
        expect(await scheduling.jobState(jobId)).toBe('PENDING');
      return reserved;
    };

    const expectMoneyWithinBounds = async () => {
      const accounts = await scheduling.books.rows<{ available: string; held: string; holds: string }>(
        `SELECT available, held, (SELECT coalesce(sum(amount - captured - released), 0) FROM hold WHERE account_id = a.id) AS holds
         FROM tenant_account a`,
      );
      for (const { available, held, holds } of accounts) {
        expect(dec(available).isNegative()).toBe(false);
        expect(dec(held).equals(holds)).toBe(true);
      }
      expect(await scheduling.books.worker.checkBooks.execute(SYSTEM)).toEqual([]);
    };

    it('never oversubscribe, never reserve a job twice and never overdraw, and what loses is planned afresh', async () => {
      let lostRaces = 0;
      let reservedByBoth = 0;
      await fc.assert(
        fc
          .asyncProperty(crowds, async (crowd) => {
            const world = await arrange(crowd);
            expect(await both(crowd.pausesMs)).toEqual([true, true]);
            await expectNoOversubscription(world);
            const reserved = await expectWholePromises(world);
            await expectMoneyWithinBounds();

            const seen = await cycles();
            lostRaces += seen.reduce((sum, cycle) => sum + cycle.lost_races, 0);
            if (seen.every((cycle) => cycle.reserved > 0)) reservedByBoth++;
            expect(seen.reduce((sum, cycle) => sum + cycle.reserved, 0)).toBe(reserved.size);
            // What lost was planned again in the same round: nothing that could start now is left for another.
            await scheduling.round();
            expect((await scheduling.lastCycle()).reserved).toBe(0);
            for (const jobId of world.jobIds.filter((id) => !reserved.has(id))) {
              const forecast = await scheduling.forecast(jobId);
              expect(forecast && (forecast.starts_at !== null || forecast.reasons.length > 0)).toBe(true);
            }
          })
          .afterEach(() => scheduling.clear()),
        { numRuns: 15, examples: [[BOTH_WIN]] },
      );
      // Else they never met, and nothing was shown.
      expect(lostRaces).toBeGreaterThan(5);
      expect(reservedByBoth).toBeGreaterThan(0);
    });

    it('give what no longer fits another place in the same round', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      const cheap = await scheduling.insertLane({ nodes: 1, price: '1.0000' });
      const dear = await scheduling.insertLane({ nodes: 1, price: '2.0000' });
      const jobId = await scheduling.submit(tenant, { objective: 'cost', maxWaitSeconds: 600 });
      // Another planner gives the cheap node away between this one's plan and its commit.
      await scheduling.interruptedRound(async () => {
        const rival = await scheduling.submit(tenant, { centersAllowed: [cheap.centerCode], maxWaitSeconds: 600 });
        await scheduling.db.admin.query(`UPDATE job SET centers_denied = $2 WHERE id = $1`, [
          jobId,
          [cheap.centerCode],
        ]);
        await scheduling.unlockedRound(second);
        expect((await scheduling.segment(rival)).pool_id).toBe(cheap.poolId);
        await scheduling.db.admin.query(`UPDATE job SET centers_denied = '{}' WHERE id = $1`, [jobId]);
      });
      const [segment, ...more] = await scheduling.segments(jobId);
      expect(more).toEqual([]);
      expect(segment?.pool_id).toBe(dear.poolId);
    });

    it('find a window withdrawn at the commit, and place its job elsewhere', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      const cheap = await scheduling.insertLane({ price: '1.0000' });
      const dear = await scheduling.insertLane({ price: '2.0000' });
      const jobId = await scheduling.submit(tenant, { objective: 'cost' });
      await scheduling.interruptedRound(() =>
        scheduling.worker.get(WithdrawOfferService, { strict: false }).execute(SYSTEM, cheap.offerId),
      );
      expect((await scheduling.segment(jobId)).pool_id).toBe(dear.poolId);
      expect(await scheduling.lastCycle()).toMatchObject({ reserved: 1, lost_races: 1 });
    });

    it('take no node for a job that was cancelled under the plan', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      await scheduling.interruptedRound(() => scheduling.jobs.cancelJob.execute(scheduling.contextOf(tenant), jobId));
      expect(await scheduling.segments(jobId)).toEqual([]);
      expect(await scheduling.books.rows('SELECT * FROM reservation')).toEqual([]);
      expect(await scheduling.forecast(jobId)).toBeNull();
      expect(await scheduling.lastCycle()).toMatchObject({ jobs: 0, reserved: 0, lost_races: 1 });
    });

    it('wait for nothing beyond what they are given: a window of one node goes to exactly one of two', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      const lane = await scheduling.insertLane({ nodes: 1, to: 1 });
      const span = hoursFrom(NOW, 0, 1);
      const length = { walltimeSeconds: span.endsAt - span.startsAt - 60 };
      const jobs = [await scheduling.submit(tenant, length), await scheduling.submit(tenant, length)];
      await both();
      const held = (await Promise.all(jobs.map((job) => scheduling.segments(job)))).flat();
      expect(held.map((segment) => segment.window_id)).toEqual([lane.windowId]);
    });
  });
});
