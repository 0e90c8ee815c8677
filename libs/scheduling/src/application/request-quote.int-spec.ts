import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Meter, MeterAttemptService, RateUsageService } from '#libs/accounting';
import { startOf, type TestTenant } from '#libs/accounting/testing';
import { type Quote, quote as quoteSchema } from '#libs/contracts';
import {
  type AttemptId,
  dec,
  Money,
  type QuoteId,
  type ReservationId,
  sumDecimals,
  toEpochSeconds,
} from '#libs/kernel';
import { systemContext } from '#libs/platform';
import { testDatabase } from '#libs/testing';
import { RequestQuoteService } from '../index.js';
import { NOW, quoteRequest, SchedulingFixture, type TestLane } from '../testing/scheduling-fixture.js';

const HOUR = 3600;
const SYSTEM = systemContext('test', 'test');
const instant = (at: number) => new Date(at * 1000).toISOString().replace('.000Z', 'Z');

/** As `yusuan_app`: under row-level security, with the API's grants and no others. */
describe('a quote', () => {
  let scheduling: SchedulingFixture;

  beforeAll(async () => {
    scheduling = await SchedulingFixture.open(await testDatabase());
  });
  afterEach(() => scheduling.clear());
  afterAll(() => scheduling.close());

  const service = () => scheduling.app.get(RequestQuoteService);
  const ask = (tenant: TestTenant, change: Parameters<typeof quoteRequest>[0] = {}): Promise<Quote> =>
    service().execute(scheduling.contextOf(tenant), tenant.tenantId, quoteRequest(change));
  const only = (quote: Quote) => {
    expect(quote.options).toHaveLength(1);
    const [option] = quote.options;
    if (!option) throw new Error('no option');
    return option;
  };
  const poolsOf = (quote: Quote) => quote.options.map((option) => option.poolId);

  it('prices each feasible pool, the cheapest or the soonest first, as the wire has it', async () => {
    const tenant = await scheduling.books.insertTenant();
    const now = await scheduling.insertLane({ price: '5.0000' });
    const later = await scheduling.insertLane({ price: '1.0000', from: 2 });
    await scheduling.insertLane({ nodes: 1 });
    const resources = { nodes: 2, devicesPerNode: 8 };
    const soonest = await ask(tenant, { resources });
    expect(quoteSchema.parse(soonest)).toEqual(soonest);
    expect(poolsOf(soonest)).toEqual([now.poolId, later.poolId]);
    expect(soonest.refusals).toEqual([]);
    expect(soonest.options[0]).toMatchObject({
      center: now.centerCode,
      deviceKind: 'test-gpu',
      runnable: true,
      start: instant(NOW),
      finish: instant(NOW + HOUR),
      segments: [{ windowId: now.windowId, nodes: 2, start: instant(NOW), end: instant(NOW + HOUR) }],
      // 16 device-hours: 80.00, 8 % of it, 6 % of both.
      price: {
        center: { amount: '80.00', currency: 'CNY' },
        fee: { amount: '6.40', currency: 'CNY' },
        tax: { amount: '5.184', currency: 'CNY' },
        gross: { amount: '91.584', currency: 'CNY' },
      },
    });
    expect(poolsOf(await ask(tenant, { resources, objective: 'cost' }))).toEqual([later.poolId, now.poolId]);
  });

  it('shows pools that no connector reaches, as a price only', async () => {
    const tenant = await scheduling.books.insertTenant();
    const reached = await scheduling.insertLane();
    const unreached = await scheduling.insertLane({ connector: null });
    const runnable = new Map((await ask(tenant)).options.map((option) => [option.poolId, option.runnable]));
    expect(runnable).toEqual(
      new Map([
        [reached.poolId, true],
        [unreached.poolId, false],
      ]),
    );
  });

  it('leaves out what is reserved already', async () => {
    const tenant = await scheduling.books.insertTenant('1000.00');
    await scheduling.insertLane({ nodes: 1 });
    await scheduling.submit(tenant, { walltimeSeconds: 2 * HOUR });
    await scheduling.round();
    expect(only(await ask(tenant)).start).toBe(instant(NOW + 2 * HOUR));
  });

  it('cuts a job that can be cut, and adds up its segments', async () => {
    const tenant = await scheduling.books.insertTenant();
    const lane = await scheduling.insertLane({ to: 1 });
    await scheduling.insertWindow(lane, { from: 2, to: 6, price: '4.0000' });
    const checkpoint = { sizeGiB: 1, minSegmentMinutes: 10 };
    const option = only(await ask(tenant, { checkpoint, workload: { kind: 'walltime', walltimeMinutes: 120 } }));
    expect(option.segments).toHaveLength(2);
    const sum = sumDecimals(option.segments.map((segment) => dec(segment.cost.amount)));
    expect(sum.toFixed()).toBe(dec(option.price.gross.amount).toFixed());
  });

  describe('to the last digit', () => {
    /** Reserves, runs and charges the job just as it was quoted, by the code that charges. */
    const chargeAsQuoted = async (tenant: TestTenant, lane: TestLane, minutes: number) => {
      const jobId = await scheduling.submit(tenant, { walltimeSeconds: minutes * 60 });
      await scheduling.round();
      const row = await scheduling.segment(jobId);
      const interval = { startsAt: toEpochSeconds(row.starts_at), endsAt: toEpochSeconds(row.ends_at) };
      const { perDeviceHour, electricity } = { perDeviceHour: Money.of('0', 'CNY'), electricity: 'included' } as const;
      const segment = {
        ...{ tenant, jobId, interval, segmentId: row.id, nodes: row.nodes, priceScheduleId: row.price_schedule_id },
        offer: { ...lane, perDeviceHour, electricity },
        holdId: row.hold_id,
      };
      const attemptId = scheduling.books.ids.next<AttemptId>();
      const worker = <T>(token: new (...input: never[]) => T) => scheduling.worker.get(token, { strict: false });
      await scheduling.db.worker.run(SYSTEM, async (ctx) => {
        await worker(Meter).start(ctx, startOf(segment, attemptId, interval.startsAt));
        await worker(Meter).end(ctx, attemptId, interval.endsAt);
      });
      scheduling.books.at(interval.endsAt + 60);
      await worker(MeterAttemptService).execute(SYSTEM, attemptId);
      await worker(RateUsageService).execute(SYSTEM);
      return scheduling.books.row<Record<'records' | 'center' | 'fee' | 'tax' | 'gross', string>>(
        `SELECT count(*) AS records, sum(center_amount + electricity_amount) AS center, sum(fee_amount) AS fee, sum(tax_amount) AS tax,
           sum(gross_amount) AS gross FROM charge`,
      );
    };

    const expectEqual = (price: Quote['options'][number]['price'], charged: Record<keyof typeof price, string>) => {
      const plain = (amounts: Record<keyof typeof price, string>) =>
        Object.fromEntries(
          (['center', 'fee', 'tax', 'gross'] as const).map((part) => [part, dec(amounts[part]).toFixed()]),
        );
      const { center, fee, tax, gross } = price;
      expect(plain({ center: center.amount, fee: fee.amount, tax: tax.amount, gross: gross.amount })).toEqual(
        plain(charged),
      );
    };

    it('is what the job will be charged, over hours that no price divides', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      const lane = await scheduling.insertLane({ price: '3.3333' });
      scheduling.books.at(NOW + 1234);
      const { price } = only(await ask(tenant, { workload: { kind: 'walltime', walltimeMinutes: 77 } }));
      const charged = await chargeAsQuoted(tenant, lane, 77);
      expect(Number(charged.records)).toBe(2);
      expectEqual(price, charged);
    });

    it('counts electricity that is passed through, and energy and carbon beside it', async () => {
      const tenant = await scheduling.books.insertTenant('1000.00');
      const lane = await scheduling.insertLane();
      await scheduling.meterSite(lane);
      await scheduling.db.admin.query(`UPDATE offer SET electricity = 'passThrough'`);
      const { price, energy } = only(await ask(tenant));
      // 28.00 of the price and 6 kW × 1.25 × 0.60.
      expect(price.center.amount).toBe('32.50');
      expect(energy).toEqual({
        facilityKwh: '7.5',
        marginalFacilityKwh: '3.75',
        carbonKg: '3.75',
        marginalCarbonKg: '1.875',
        provenance: 'modelled',
        unknown: {},
      });
      expectEqual(price, await chargeAsQuoted(tenant, lane, 60));
    });
  });

  it('says why a figure of energy is not known', async () => {
    const tenant = await scheduling.books.insertTenant();
    await scheduling.insertLane();
    const { energy } = only(await ask(tenant));
    expect(energy.facilityKwh).toBeNull();
    expect(energy.unknown['facilityKwh']).toMatch(/watts/);
  });

  it('does not offer electricity passed through where nobody can cost it', async () => {
    const tenant = await scheduling.books.insertTenant();
    await scheduling.insertLane();
    await scheduling.db.admin.query(`UPDATE offer SET electricity = 'passThrough'`);
    const { options, refusals } = await ask(tenant);
    expect(options).toEqual([]);
    expect(refusals[0]).toMatchObject({ code: 'Resources', figures: { windows: 0 } });
  });

  it('compares only prices in the currency that the job is to be paid in', async () => {
    const tenant = await scheduling.books.insertTenant();
    const yuan = await scheduling.insertLane();
    const dollars = await scheduling.insertLane();
    await scheduling.db.admin.query(`UPDATE offer SET currency = 'USD' WHERE id = $1`, [dollars.offerId]);
    expect(only(await ask(tenant)).poolId).toBe(yuan.poolId);
    const inDollars = await ask(tenant, { constraints: { maxCost: { amount: '99.00', currency: 'USD' } } });
    expect(only(inDollars)).toMatchObject({ poolId: dollars.poolId, price: { gross: { currency: 'USD' } } });
  });

  it('refuses with each reason and its figures where no pool is feasible', async () => {
    const tenant = await scheduling.books.insertTenant();
    const lane = await scheduling.insertLane({ nodes: 2 });
    const refusal = async (change: Parameters<typeof quoteRequest>[0]) => {
      const quote = await ask(tenant, change);
      expect(quoteSchema.parse(quote)).toEqual(quote);
      expect(quote.options).toEqual([]);
      return quote.refusals[0];
    };
    expect(await refusal({ resources: { nodes: 3 } })).toMatchObject({
      code: 'Resources',
      figures: { nodes: 3, widestNodes: 2 },
    });
    expect(await refusal({ resources: { nodes: 1, deviceKinds: ['no-such-gpu'] } })).toMatchObject({
      code: 'NoSuchDevice',
    });
    expect(await refusal({ constraints: { centersDenied: [lane.centerCode] } })).toMatchObject({
      code: 'CenterNotAllowed',
    });
    expect(await refusal({ workload: { kind: 'walltime', walltimeMinutes: 13 * 60 } })).toMatchObject({
      code: 'WindowTooShort',
      figures: { neededSeconds: 13 * HOUR, longestSeconds: 12 * HOUR - 60 },
    });
    expect(await refusal({ constraints: { maxCost: { amount: '1.00', currency: 'CNY' } } })).toMatchObject({
      code: 'MaxCost',
      figures: { maxCost: '1', cheapestCost: '32.0544' },
    });
    expect(await refusal({ constraints: { deadline: instant(NOW + 1800) } })).toMatchObject({
      code: 'DeadlineImpossible',
      figures: { deadline: NOW + 1800, soonestFinishAt: NOW + HOUR },
    });
  });

  it('keeps offers for the tenants that they are open to', async () => {
    const [invited, other] = [await scheduling.books.insertTenant(), await scheduling.books.insertTenant()];
    const lane = await scheduling.insertLane();
    await scheduling.db.admin.query('UPDATE offer SET tenants_allowed = $2 WHERE id = $1', [
      lane.offerId,
      [invited.tenantId],
    ]);
    expect(poolsOf(await ask(invited))).toEqual([lane.poolId]);
    const { options, refusals } = await ask(other);
    expect(options).toEqual([]);
    expect(refusals[0]).toMatchObject({ code: 'Resources', figures: { windowsOfOthers: 1 } });
  });

  it('can be cited by its tenant until it expires, and by no other', async () => {
    const [tenant, other] = [await scheduling.books.insertTenant(), await scheduling.books.insertTenant()];
    await scheduling.insertLane();
    const { id, quotedAt, validUntil } = await ask(tenant);
    const stateOf = (asker: TestTenant, quoteId: string) =>
      service().stateOf(scheduling.contextOf(asker), quoteId as QuoteId);
    expect([quotedAt, validUntil]).toEqual([instant(NOW), instant(NOW + 900)]);
    expect(await stateOf(tenant, id)).toBe('valid');
    expect(await stateOf(other, id)).toBe('unknown');
    expect(await stateOf(tenant, scheduling.books.ids.next<ReservationId>())).toBe('unknown');
    scheduling.books.at(NOW + 899);
    expect(await stateOf(tenant, id)).toBe('valid');
    scheduling.books.at(NOW + 900);
    expect(await stateOf(tenant, id)).toBe('expired');
  });

  it('is kept as it was answered', async () => {
    const tenant = await scheduling.books.insertTenant();
    await scheduling.insertLane();
    const answered = await ask(tenant);
    const kept = await scheduling.books.row<{ options: unknown; request: unknown; tenant_id: string }>(
      'SELECT * FROM quote WHERE id = $1',
      [answered.id],
    );
    expect(kept).toMatchObject({ options: answered.options, request: quoteRequest(), tenant_id: tenant.tenantId });
  });

  it('cannot be made in the name of another tenant', async () => {
    const [tenant, other] = [await scheduling.books.insertTenant(), await scheduling.books.insertTenant()];
    await scheduling.insertLane();
    const forged = service().execute(scheduling.contextOf(tenant), other.tenantId, quoteRequest());
    await expect(forged).rejects.toThrow(/row-level security/);
  });
});
