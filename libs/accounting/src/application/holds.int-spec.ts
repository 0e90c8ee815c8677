import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Money, dec, toEpochSeconds } from '#libs/kernel';
import { execute } from '#libs/platform';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { BooksFixture, KNOWN_SITE, type TestOffer } from '../testing/index.js';

const START = toEpochSeconds(new Date('2026-11-02T00:00:00Z'));
const HOUR = { startsAt: START, endsAt: START + 3600 };

describe('holds', () => {
  let db: TestDatabase;
  let books: BooksFixture;
  let offer: TestOffer;

  beforeAll(async () => {
    db = await testDatabase({ poolMax: 24 });
    books = new BooksFixture(db);
    books.at(START);
    offer = await books.insertOffer();
  });
  afterAll(() => db.close());

  const drift = () => books.worker.checkBooks.execute(books.context);

  it('sets aside what an hour of a node can cost, with fee and tax', async () => {
    const tenant = await books.insertTenant('100.00');
    const segment = await books.mustReserve(tenant, offer, HOUR);
    const hold = await books.hold(segment.holdId);
    expect(dec(hold.amount).toNumber()).toBeGreaterThanOrEqual(32.0544);
    expect(dec(hold.amount).toNumber()).toBeLessThan(32.0546);
    const { available, held } = await books.account(tenant);
    expect(held).toBe(hold.amount);
    expect(dec(available).plus(held).toFixed(2)).toBe('100.00');
    expect(await drift()).toEqual([]);
  });

  it('locks the price: a fee plan of tomorrow does not reach it', async () => {
    const tenant = await books.insertTenant('100.00');
    const segment = await books.mustReserve(tenant, offer, HOUR);
    const schedule = await db.admin.query('SELECT * FROM price_schedule WHERE id = $1', [segment.priceScheduleId]);
    expect(schedule.rows[0]).toMatchObject({
      center_per_device_hour: '3.5000',
      fee_per_device_hour: '0.2800',
      tax_rate: '0.060000',
      tax_code: 'cn-vat-modern-services',
    });
    await db.admin.query(`INSERT INTO fee_plan VALUES ('standard', '2026-11-03Z', 10)`);
    const price = { perDeviceHour: Money.of('3.5000', 'CNY'), electricity: 'included' } as const;
    const preview = (at: number) => {
      books.at(at);
      return db.worker.run(books.context, (ctx) => books.worker.pricing.previewSchedule(ctx, price));
    };
    expect((await preview(START)).feePerDeviceHour.toFixed()).toBe('0.28');
    expect((await preview(START + 86_400)).feePerDeviceHour.toFixed()).toBe('0.35');
    books.at(START);
    await db.admin.query(`DELETE FROM fee_plan WHERE percent = 10`);
  });

  it('refuses what the balance does not cover, and leaves nothing behind', async () => {
    const tenant = await books.insertTenant('32.05');
    expect(await books.reserve(tenant, offer, HOUR)).toBeNull();
    expect(await books.account(tenant)).toMatchObject({ available: '32.050000000000', held: '0.000000000000' });
    expect((await db.admin.query('SELECT * FROM hold WHERE tenant_id = $1', [tenant.tenantId])).rows).toEqual([]);
  });

  it('goes below zero as far as the credit limit', async () => {
    const tenant = await books.insertTenant('0', '65.00');
    expect(await books.reserve(tenant, offer, HOUR)).not.toBeNull();
    expect(await books.reserve(tenant, offer, HOUR)).not.toBeNull();
    expect(await books.reserve(tenant, offer, HOUR)).toBeNull();
    expect(dec((await books.account(tenant)).available).toFixed(2)).toBe('-64.11');
  });

  it('does not hold in a currency in which the tenant has no account', async () => {
    const tenant = await books.insertTenant('100.00');
    const dollars = { ...offer, perDeviceHour: Money.of('1.0000', 'USD') };
    expect(await books.reserve(tenant, dollars, HOUR)).toBeNull();
  });

  it('never overdraws with fifty holds at once', async () => {
    const tenant = await books.insertTenant('500.00');
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => books.reserve(tenant, offer, HOUR)));
    // 500 / 32.0544 is 15.6.
    expect(outcomes.filter((segment) => segment !== null)).toHaveLength(15);
    const { available } = await books.account(tenant);
    expect(dec(available).isNegative()).toBe(false);
    expect(await drift()).toEqual([]);
  });

  it('gives back the rest once, also when asked ten times at once', async () => {
    const tenant = await books.insertTenant('100.00');
    const segment = await books.mustReserve(tenant, offer, HOUR);
    const release = () => db.worker.run(books.context, (ctx) => books.worker.holds.release(ctx, segment.holdId));
    const answers = await Promise.all(Array.from({ length: 10 }, release));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await books.account(tenant)).toMatchObject({ available: '100.000000000000', held: '0.000000000000' });
    const hold = await books.hold(segment.holdId);
    expect(hold.released).toBe(hold.amount);
    expect(hold.closed_at).not.toBeNull();
    expect(await drift()).toEqual([]);
  });

  it('costs nothing where the price is zero', async () => {
    const free = await books.insertOffer('0.0000');
    const tenant = await books.insertTenant('0');
    const segment = await books.mustReserve(tenant, free, HOUR);
    expect((await books.hold(segment.holdId)).amount).toBe('0.000000000000');
    expect(await drift()).toEqual([]);
  });

  it('adds full-power electricity at the dearest band where it is passed through', async () => {
    const tenant = await books.insertTenant('100.00');
    const passing = await books.insertOffer('3.5000', KNOWN_SITE, 'passThrough');
    const segment = await books.mustReserve(tenant, passing, HOUR);
    // 32.0544 + 9 kW × 1.25 × 0.60.
    const { amount } = await books.hold(segment.holdId);
    expect(dec(amount).toDecimalPlaces(2).toFixed(2)).toBe('38.80');
  });

  it('refuses to pass electricity through where its cost is not known', async () => {
    const tenant = await books.insertTenant('100.00');
    const passing = await books.insertOffer('3.5000', {}, 'passThrough');
    await expect(books.reserve(tenant, passing, HOUR)).rejects.toThrow(/cost is not known: .*watts are not known/);
  });

  it('says what tenants may still have held: nothing while money is overdue', async () => {
    const rich = await books.insertTenant('100.00', '50.00');
    const late = await books.insertTenant('100.00');
    await db.admin.query('UPDATE tenant_account SET overdue = 1 WHERE id = $1', [late.accountId]);
    const stranger = books.ids.next<typeof rich.tenantId>();
    const free = await db.worker.run(books.context, (ctx) =>
      books.worker.holds.available(ctx, [rich.tenantId, late.tenantId, stranger]),
    );
    expect(free.get(rich.tenantId)?.get('CNY')?.toFixed()).toBe('150');
    expect(free.get(late.tenantId)?.get('CNY')?.toFixed()).toBe('0');
    expect(free.get(stranger)?.size).toBe(0);
    expect(await books.reserve(late, offer, HOUR)).toBeNull();
    await db.admin.query('UPDATE tenant_account SET overdue = 0 WHERE id = $1', [late.accountId]);
  });

  it('is bounded by the database too: no statement takes a balance below its limit', async () => {
    const tenant = await books.insertTenant('10.00');
    const take = db.worker.run(books.context, (ctx) =>
      execute(ctx, 'UPDATE tenant_account SET available = available - 11 WHERE id = $1', [tenant.accountId]),
    );
    await expect(take).rejects.toThrow(/tenant_account_credit_limit/);
  });
});
