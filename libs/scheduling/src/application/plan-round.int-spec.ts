import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dec, Money, type SegmentId, toEpochSeconds } from '#libs/kernel';
import { systemContext } from '#libs/platform';
import { testDatabase } from '#libs/testing';
import { ForecastQueries, PlanRoundService } from '../index.js';
import { NOW, SchedulingFixture } from '../testing/scheduling-fixture.js';
import { TIMING } from '../testing/scheduling-process.js';

const HOUR = 3600;
const CUT = { intervalSeconds: null, sizeGib: 1, signal: 'USR1', minSegmentSeconds: 60 } as const;
const SYSTEM = systemContext('test', 'test');

describe('a planning round', () => {
  let scheduling: SchedulingFixture;

  beforeAll(async () => {
    scheduling = await SchedulingFixture.open(await testDatabase());
  });
  afterEach(() => scheduling.clear());
  afterAll(() => scheduling.close());

  const count = async (table: string) =>
    (await scheduling.books.row<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)).count;

  const begin = async (segmentId: SegmentId, at: number) => {
    const move = (from: 'RESERVED' | 'SUBMITTING', to: 'SUBMITTING' | 'RUNNING') =>
      scheduling.db.worker.run(SYSTEM, (ctx) =>
        scheduling.jobs.runs.moveSegment(ctx, { segmentId, from, to, reason: null, at }),
      );
    expect(await move('RESERVED', 'SUBMITTING')).toBe(true);
    expect(await move('SUBMITTING', 'RUNNING')).toBe(true);
  };

  it('ends a job that still waits when its deadline comes, and forgets its forecast', async () => {
    const tenant = await scheduling.books.insertTenant('100.00');
    const overdue = await scheduling.submit(tenant, { deadlineAt: NOW + 60 });
    const patient = await scheduling.submit(tenant, { deadlineAt: NOW + HOUR });
    await scheduling.round();
    expect(await scheduling.jobState(overdue)).toBe('PENDING');
    scheduling.books.clock.set(new Date((NOW + 60) * 1000));
    await scheduling.round();
    scheduling.books.clock.set(new Date(NOW * 1000));
    expect(await scheduling.jobState(overdue)).toBe('DEADLINE');
    expect(await scheduling.forecast(overdue)).toBeNull();
    expect(await scheduling.jobState(patient)).toBe('PENDING');
  });

  describe('where a job can start soon', () => {
    it('reserves nodes, segment, price and money in one transaction, with their events, and rings for dispatch', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      const lane = await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      expect(await scheduling.round()).toBe(true);

      const segment = await scheduling.segment(jobId);
      expect(segment).toMatchObject({
        state: 'RESERVED',
        pool_id: lane.poolId,
        window_id: lane.windowId,
        nodes: 1,
        expected_useful_seconds: HOUR,
      });
      expect(toEpochSeconds(segment.starts_at)).toBe(NOW);
      expect(toEpochSeconds(segment.ends_at)).toBe(NOW + HOUR);
      expect(await scheduling.jobState(jobId)).toBe('SCHEDULED');

      const reservation = await scheduling.books.row('SELECT * FROM reservation WHERE segment_id = $1', [segment.id]);
      expect(reservation).toMatchObject({
        window_id: lane.windowId,
        pool_id: lane.poolId,
        nodes: 1,
        released_at: null,
      });
      const hold = await scheduling.books.row<{ amount: string }>('SELECT * FROM hold WHERE id = $1', [
        segment.hold_id,
      ]);
      expect(dec(hold.amount).toFixed(3)).toBe('32.054');
      const price = await scheduling.books.row('SELECT * FROM price_schedule WHERE id = $1', [
        segment.price_schedule_id,
      ]);
      expect(price).toMatchObject({ offer_id: lane.offerId, center_per_device_hour: '3.5000' });
      const events = await scheduling.books.rows<{ type: string; actor_id: string; request_id: string }>(
        `SELECT type, actor_id, request_id FROM event WHERE job_id = $1 AND type <> 'job.submitted' ORDER BY id`,
        [jobId],
      );
      expect(events.map((event) => event.type)).toEqual(['segment.reserved', 'job.scheduled']);
      for (const event of events) {
        expect(event.actor_id).toBe('planner');
        expect(event.request_id).toMatch(/^plan-/);
      }
      expect(scheduling.books.doorbells.rung).toContainEqual({ bell: 'dispatch-segment', id: segment.id });

      const writers = await scheduling.books.rows<{ writer: string }>(
        `SELECT DISTINCT writer::text FROM (
           SELECT xmin AS writer FROM segment UNION ALL SELECT xmin FROM reservation UNION ALL SELECT xmin FROM hold
           UNION ALL SELECT xmin FROM price_schedule UNION ALL SELECT xmin FROM job
           UNION ALL SELECT xmin FROM ledger_transaction WHERE segment_id IS NOT NULL
           UNION ALL SELECT xmin FROM event WHERE type IN ('segment.reserved', 'job.scheduled')) AS written`,
      );
      expect(writers).toHaveLength(1);
      expect(await scheduling.books.worker.checkBooks.execute(SYSTEM)).toEqual([]);
    });

    it('counts what it did', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane();
      await scheduling.submit(tenant);
      await scheduling.submit(tenant, { nodes: 5 });
      await scheduling.round();
      expect(await scheduling.lastCycle()).toMatchObject({
        jobs: 2,
        placed: 1,
        refused: 1,
        reserved: 1,
        lost_races: 0,
      });
    });

    it('does not reserve again for a job that stands reserved', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      for (let round = 0; round < 3; round++) await scheduling.round();
      expect(await scheduling.segments(jobId)).toHaveLength(1);
      expect(await count('reservation')).toBe(1);
      expect(await count('hold')).toBe(1);
    });

    it('passes over a job whose cancellation was asked for', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      await scheduling.jobs.cancelJob.execute(scheduling.contextOf(tenant), jobId);
      await scheduling.round();
      expect(await scheduling.segments(jobId)).toEqual([]);
      expect(await scheduling.forecast(jobId)).toBeNull();
    });

    it('runs nothing where no connector reaches, however cheap', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane({ connector: null, price: '0.0100' });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      expect(await scheduling.segments(jobId)).toEqual([]);
      expect((await scheduling.forecast(jobId))?.reasons[0]).toMatchObject({
        code: 'CenterDown',
        figures: { pools: 1 },
      });
    });

    it('leaves offers alone that are not open to the tenant', async () => {
      const [tenant, other] = [
        await scheduling.books.insertTenant('100.00'),
        await scheduling.books.insertTenant('100.00'),
      ];
      const lane = await scheduling.insertLane();
      await scheduling.db.admin.query('UPDATE offer SET tenants_allowed = $2 WHERE id = $1', [
        lane.offerId,
        [other.tenantId],
      ]);
      const [mine, theirs] = [await scheduling.submit(tenant), await scheduling.submit(other)];
      await scheduling.round();
      expect(await scheduling.segments(mine)).toEqual([]);
      expect(await scheduling.segments(theirs)).toHaveLength(1);
    });
  });

  describe('for what starts later', () => {
    it('writes a forecast and reserves nothing', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      const lane = await scheduling.insertLane({ from: 2, to: 6 });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      expect(await count('reservation')).toBe(0);
      expect(await count('hold')).toBe(0);
      expect(await count('price_schedule')).toBe(0);
      expect(await scheduling.jobState(jobId)).toBe('PENDING');
      const forecast = await scheduling.forecast(jobId);
      expect(forecast).toMatchObject({
        starts_at: new Date((NOW + 2 * HOUR) * 1000),
        finishes_at: new Date((NOW + 3 * HOUR) * 1000),
        cost: '32.054400000000',
        segments: [{ poolId: lane.poolId, startsAt: NOW + 2 * HOUR, endsAt: NOW + 3 * HOUR }],
      });
      expect(forecast?.reasons[0]).toMatchObject({ code: 'Resources', figures: { waitSeconds: 2 * HOUR } });
    });

    it('reserves it once its window is about to open', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane({ from: 2, to: 6 });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      scheduling.books.at(NOW + 2 * HOUR - 1800);
      await scheduling.round();
      expect(toEpochSeconds((await scheduling.segment(jobId)).starts_at)).toBe(NOW + 2 * HOUR);
    });

    it('gives each waiting job a forecast or a reason with figures', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      await scheduling.insertLane({ nodes: 2 });
      const waiting = {
        reserved: await scheduling.submit(tenant, { nodes: 2 }),
        behind: await scheduling.submit(tenant, { nodes: 2 }),
        tooWide: await scheduling.submit(tenant, { nodes: 3 }),
        tooLong: await scheduling.submit(tenant, { walltimeSeconds: 13 * HOUR }),
        wrongDevice: await scheduling.submit(tenant, { deviceKinds: ['no-such-gpu'] }),
        tooDear: await scheduling.submit(tenant, { maxCost: Money.of('1.00', 'CNY') }),
        laterByWish: await scheduling.submit(tenant, { earliestStartAt: NOW + 4 * HOUR }),
      };
      await scheduling.round();
      const shown = await Promise.all(
        Object.entries(waiting).map(async ([name, jobId]) => [name, await scheduling.forecast(jobId)] as const),
      );
      const codes = Object.fromEntries(shown.map(([name, forecast]) => [name, forecast?.reasons[0]?.code ?? null]));
      expect(codes).toEqual({
        reserved: null,
        behind: 'Priority',
        tooWide: 'Resources',
        tooLong: 'WindowTooShort',
        wrongDevice: 'NoSuchDevice',
        tooDear: 'MaxCost',
        laterByWish: 'BeginTime',
      });
      for (const [name, forecast] of shown) {
        expect(forecast, name).not.toBeNull();
        for (const { message, figures } of forecast?.reasons ?? []) {
          expect(message, name).toMatch(/\d/);
          expect(Object.keys(figures).length, name).toBeGreaterThan(0);
        }
      }
      expect(shown.find(([name]) => name === 'behind')?.[1]?.starts_at).toEqual(new Date((NOW + HOUR) * 1000));
    });

    it('shows a forecast to its tenant and to no other', async () => {
      const [tenant, other] = [await scheduling.books.insertTenant('100.00'), await scheduling.books.insertTenant()];
      await scheduling.insertLane({ from: 2 });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      const read = (context: ReturnType<typeof scheduling.contextOf>) =>
        scheduling.app.get(ForecastQueries).forecastsOfJobs(context, [jobId]);
      expect((await read(scheduling.contextOf(tenant))).get(jobId)?.startsAt).toBe(NOW + 2 * HOUR);
      expect((await read(scheduling.contextOf(other))).size).toBe(0);
    });
  });

  describe('with too little money', () => {
    it('gives BudgetLimit with the figures, and leaves nothing half done', async () => {
      const tenant = await scheduling.books.insertTenant('32.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      const [reason] = (await scheduling.forecast(jobId))?.reasons ?? [];
      expect(reason).toMatchObject({ code: 'BudgetLimit', figures: { available: '32' } });
      expect(dec(reason?.figures['neededHold'] ?? 0).toFixed(3)).toBe('32.054');
      await expectNothingTaken();
    });

    it('finds at the commit that the money has gone, takes nothing and plans afresh', async () => {
      const tenant = await scheduling.books.insertTenant('40.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      const drain = () =>
        scheduling.db.admin.query('UPDATE tenant_account SET available = 5 WHERE id = $1', [tenant.accountId]);
      // After the account was read, before the money is taken.
      await scheduling.interruptedRound(drain);
      expect((await scheduling.forecast(jobId))?.reasons[0]).toMatchObject({
        code: 'BudgetLimit',
        figures: { available: '5' },
      });
      expect(await scheduling.lastCycle()).toMatchObject({ reserved: 0, lost_races: 1, refused: 1 });
      await expectNothingTaken();
    });

    it('says so where accounting will not hold although the price is nothing', async () => {
      const tenant = await scheduling.books.insertTenant('1.00');
      await scheduling.db.admin.query('UPDATE tenant_account SET overdue = 1 WHERE id = $1', [tenant.accountId]);
      await scheduling.insertLane({ price: '0.0000' });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      expect(await scheduling.forecast(jobId)).toMatchObject({
        starts_at: null,
        reasons: [{ code: 'BudgetLimit', figures: { neededHold: '0', currency: 'CNY' } }],
      });
      await expectNothingTaken();
    });

    it('asks for no money where the price is nothing', async () => {
      const tenant = await scheduling.books.insertTenant();
      await scheduling.insertLane({ price: '0.0000' });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      expect(await scheduling.segments(jobId)).toHaveLength(1);
    });

    it('counts what jobs ranked before take, so that the last one waits', async () => {
      const tenant = await scheduling.books.insertTenant('70.00');
      await scheduling.insertLane();
      const jobs = [await scheduling.submit(tenant), await scheduling.submit(tenant), await scheduling.submit(tenant)];
      await scheduling.round();
      expect(await Promise.all(jobs.map((job) => scheduling.jobState(job)))).toEqual([
        'SCHEDULED',
        'SCHEDULED',
        'PENDING',
      ]);
      expect(await scheduling.lastCycle()).toMatchObject({ reserved: 2, lost_races: 0 });
    });

    const expectNothingTaken = async () => {
      for (const table of ['segment', 'reservation', 'hold', 'price_schedule'])
        expect(await count(table), table).toBe(0);
      const { states } = await scheduling.books.row<{ states: string[] }>('SELECT array_agg(state) AS states FROM job');
      expect(states).toEqual(['PENDING']);
      expect(await count(`event WHERE subject_type = 'segment'`)).toBe(0);
      expect(scheduling.books.doorbells.rung.filter(({ bell }) => bell === 'dispatch-segment')).toEqual([]);
    };
  });

  describe('with prices of several kinds', () => {
    it('places a job on offers in its own currency alone', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      const dollars = await scheduling.insertLane({ price: '0.0100' });
      await scheduling.db.admin.query(`UPDATE offer SET currency = 'USD' WHERE id = $1`, [dollars.offerId]);
      const yuan = await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant, { objective: 'cost' });
      await scheduling.round();
      expect((await scheduling.segment(jobId)).pool_id).toBe(yuan.poolId);
    });

    it('holds electricity that is passed through, and sells none that nobody can cost', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      const unknown = await scheduling.insertLane({ price: '0.0100' });
      const known = await scheduling.insertLane();
      await scheduling.db.admin.query(`UPDATE offer SET electricity = 'passThrough'`);
      await scheduling.meterSite(known);
      const jobId = await scheduling.submit(tenant, { objective: 'cost' });
      await scheduling.round();
      const segment = await scheduling.segment(jobId);
      expect(segment.pool_id).toBe(known.poolId);
      const { amount } = await scheduling.books.row<{ amount: string }>('SELECT amount FROM hold');
      // 32.0544 + 9 kW × 1.25 × 0.60.
      expect(dec(amount).toFixed(2)).toBe('38.80');
      expect(unknown.poolId).not.toBe(known.poolId);
    });
  });

  describe('over a chain', () => {
    const arrange = async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      const first = await scheduling.insertLane({ to: 1 });
      const second = await scheduling.insertLane({ from: 1, to: 6 });
      const jobId = await scheduling.submit(tenant, { walltimeSeconds: 2 * HOUR, checkpoint: CUT });
      await scheduling.round();
      return { tenant, first, second, jobId };
    };

    it('reserves the first segment and forecasts them all, the cut in time for its checkpoint', async () => {
      const { first, second, jobId } = await arrange();
      const segment = await scheduling.segment(jobId);
      expect(segment).toMatchObject({
        pool_id: first.poolId,
        expected_useful_seconds: HOUR - TIMING.marginSeconds - TIMING.leadSeconds,
      });
      expect(toEpochSeconds(segment.ends_at)).toBe(NOW + HOUR - TIMING.marginSeconds);
      expect((await scheduling.forecast(jobId))?.segments.map((one) => one.poolId)).toEqual([
        first.poolId,
        second.poolId,
      ]);
    });

    it('plans only the rest beside a live segment, reserves it when due, and then no more', async () => {
      const { second, jobId } = await arrange();
      const segment = await scheduling.segment(jobId);
      await begin(segment.id, NOW);

      scheduling.books.at(NOW + 600);
      await scheduling.round();
      expect(await scheduling.segments(jobId)).toHaveLength(1);
      const [rest, ...more] = (await scheduling.forecast(jobId))?.segments ?? [];
      expect(more).toEqual([]);
      expect(rest).toMatchObject({ poolId: second.poolId, startsAt: NOW + HOUR });
      // What is left, and the time to start again from the checkpoint.
      expect(rest && rest.endsAt - rest.startsAt).toBe(2 * HOUR - segment.expected_useful_seconds + 1);

      scheduling.books.at(NOW + HOUR - 1800);
      for (let round = 0; round < 3; round++) await scheduling.round();
      const standing = await scheduling.segments(jobId);
      expect(standing).toHaveLength(2);
      expect(standing[1]).toMatchObject({
        state: 'RESERVED',
        pool_id: second.poolId,
        expected_useful_seconds: 2 * HOUR,
      });
      expect(await scheduling.forecast(jobId)).toBeNull();
      expect(await scheduling.worker.get(PlanRoundService).isDue()).toBe(false);
      expect(await scheduling.books.worker.checkBooks.execute(SYSTEM)).toEqual([]);
    });

    it('plans nothing beside the live segment of a job that cannot be cut', async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      await begin((await scheduling.segment(jobId)).id, NOW);
      await scheduling.round();
      expect(await scheduling.segments(jobId)).toHaveLength(1);
      expect(await scheduling.worker.get(PlanRoundService).isDue()).toBe(false);
    });
  });

  describe('and its forecasts', () => {
    const waitingBehindWindow = async () => {
      const tenant = await scheduling.books.insertTenant('100.00');
      const lane = await scheduling.insertLane({ from: 2, to: 6 });
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      return { tenant, lane, jobId };
    };
    const plannedAt = async (jobId: Parameters<typeof scheduling.forecast>[0]) =>
      toEpochSeconds((await scheduling.forecast(jobId))?.planned_at ?? new Date(0));
    const openWindowAt = (windowId: string, startsAt: number) =>
      scheduling.db.admin.query('UPDATE offer_window SET starts_at = $2 WHERE id = $1', [
        windowId,
        new Date(startsAt * 1000),
      ]);

    it('writes none anew while nothing has changed', async () => {
      const { jobId } = await waitingBehindWindow();
      scheduling.books.at(NOW + 600);
      await scheduling.round();
      expect(await plannedAt(jobId)).toBe(NOW);
    });

    it('writes one anew where a time moved by more than a minute, and not where it moved by one', async () => {
      const { lane, jobId } = await waitingBehindWindow();
      scheduling.books.at(NOW + 300);
      await openWindowAt(lane.windowId, NOW + 2 * HOUR - 60);
      await scheduling.round();
      expect(await plannedAt(jobId)).toBe(NOW);
      await openWindowAt(lane.windowId, NOW + 2 * HOUR - 61);
      await scheduling.round();
      expect(await plannedAt(jobId)).toBe(NOW + 300);
      expect((await scheduling.forecast(jobId))?.starts_at).toEqual(new Date((NOW + 2 * HOUR - 61) * 1000));
    });

    it('writes one anew where an amount in its reason changed', async () => {
      const tenant = await scheduling.books.insertTenant('1.00');
      await scheduling.insertLane();
      const jobId = await scheduling.submit(tenant);
      await scheduling.round();
      await scheduling.db.admin.query('UPDATE tenant_account SET available = 2 WHERE id = $1', [tenant.accountId]);
      await scheduling.round();
      expect((await scheduling.forecast(jobId))?.reasons[0]?.figures).toMatchObject({ available: '2' });
    });

    it('deletes it once the job has ended, and is due until then', async () => {
      const { tenant, jobId } = await waitingBehindWindow();
      await scheduling.jobs.cancelJob.execute(scheduling.contextOf(tenant), jobId);
      expect(await scheduling.worker.get(PlanRoundService).isDue()).toBe(true);
      await scheduling.round();
      expect(await scheduling.forecast(jobId)).toBeNull();
      expect(await scheduling.worker.get(PlanRoundService).isDue()).toBe(false);
    });
  });
});
