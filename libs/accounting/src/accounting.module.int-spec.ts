import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toEpochSeconds } from '#libs/kernel';
import { PlatformConfig, PlatformModule, TransactionRunner } from '#libs/platform';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { AccountingModule, MeterAttemptService, PoolSites, energyOf } from './index.js';
import { BooksFixture } from './testing/index.js';

const START = toEpochSeconds(new Date('2026-10-24T22:00:00Z'));
const END = toEpochSeconds(new Date('2026-10-25T06:00:00Z'));
const ALL_YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const BANDS = [
  { name: 'night', months: ALL_YEAR, from: '00:00', to: '06:00', pricePerKwh: '0.10' },
  { name: 'day', months: ALL_YEAR, from: '06:00', to: '24:00', pricePerKwh: '0.30' },
];

describe('the accounting module', () => {
  let db: TestDatabase;
  let app: Awaited<ReturnType<typeof NestFactory.createApplicationContext>>;

  beforeAll(async () => {
    db = await testDatabase();
    const config = PlatformConfig.fromEnvironment({}).with({ databaseWorkerUrl: db.urls.worker });
    @Module({ imports: [PlatformModule.forRoot({ role: 'worker', config }), AccountingModule] })
    class TestModule {}
    app = await NestFactory.createApplicationContext(TestModule, { logger: false });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });

  it('meters with what the catalog knows of the site: the night of 25 hours costs 10.00 EUR', async () => {
    const books = new BooksFixture(db);
    books.at(START);
    const offer = await books.insertOffer();
    const { centerId, poolId } = offer;
    await db.admin.query(
      `UPDATE center SET zone = 'Europe/Berlin', grid_region = 'DE', pue = 1.25, pue_source = 'report' WHERE id = $1`,
      [centerId],
    );
    await db.admin.query(
      `UPDATE pool SET idle_watts = 2000, full_watts = 8000, utilisation = 1, baseline = 'idle' WHERE id = $1`,
      [poolId],
    );
    await db.admin.query(
      `INSERT INTO tariff (id, center_id, valid_from, currency, bands, representative, source, created_at)
       VALUES ($1, $2, '2020-01-01Z', 'EUR', $3, false, 'contract', now())`,
      [books.ids.next(), centerId, JSON.stringify(BANDS)],
    );
    await db.admin.query(`INSERT INTO grid_factor VALUES ('DE', 2024, 'average', 0.35, 'UBA', now())`);
    const tenant = await books.insertTenant('9999.00');
    const segment = await books.mustReserve(tenant, offer, { startsAt: START, endsAt: END });
    const attemptId = await books.start(segment);
    await books.end(attemptId, END);
    expect(await app.get(MeterAttemptService).execute(books.context, attemptId)).toBe(8);
    const { rows } = await db.admin.query(
      `SELECT sum(facility_kwh) AS kwh, sum(marginal_facility_kwh) AS marginal, sum(electricity_cost) AS cost, sum(carbon_kg) AS kg,
         min(electricity_currency) AS currency, min(energy_basis->>'factorYear') AS year FROM usage_record`,
    );
    expect(rows[0]).toEqual({
      kwh: '80.000000000',
      marginal: '60.000000000',
      cost: '10.000000000000',
      kg: '28.000000000',
      currency: 'EUR',
      year: '2024',
    });
    const site = await app.get(TransactionRunner).run(books.context, (ctx) => app.get(PoolSites).siteOf(ctx, poolId));
    const estimate = energyOf(site, { startsAt: START, endsAt: END, nodes: 1 });
    expect(estimate.electricityCost?.toFixed(2)).toBe('10.00');
  });

  it('says so where the catalog does not have the pool', async () => {
    const books = new BooksFixture(db);
    const read = app
      .get(TransactionRunner)
      .run(books.context, (ctx) => app.get(PoolSites).siteOf(ctx, '00000000-0000-7000-8000-000000000000' as never));
    await expect(read).rejects.toMatchObject({ code: 'pool-not-found' });
  });
});
