import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttemptId, toEpochSeconds } from '#libs/kernel';
import { isConstraintViolation } from '#libs/platform';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { BooksFixture, KNOWN_SITE, type TestOffer, type TestTenant } from '../testing/index.js';
import { startOf } from '../testing/books-fixture.js';

const at = (text: string) => toEpochSeconds(new Date(text));
const START = at('2026-10-31T15:20:00Z');
const DAY = { startsAt: START, endsAt: START + 86_400 };

interface RecordRow {
  readonly id: string;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly device_seconds: string;
  readonly billable_device_seconds: string;
  readonly energy_basis: { readonly unknown: Readonly<Record<string, string>> };
}

interface AttemptRow {
  readonly seen_until: Date;
  readonly closed_at: Date | null;
}

describe('metering', () => {
  let db: TestDatabase;
  let books: BooksFixture;
  let offer: TestOffer;
  let tenant: TestTenant;

  beforeAll(async () => {
    db = await testDatabase({ poolMax: 24 });
    books = new BooksFixture(db);
    books.at(START);
    offer = await books.insertOffer('3.5000', KNOWN_SITE);
    tenant = await books.insertTenant('999999.00');
  });
  afterAll(() => db.close());

  const meter = (attemptId: AttemptId) => books.worker.meterAttempt.execute(books.context, attemptId);
  const started = async (startedAt = START) => books.start(await books.mustReserve(tenant, offer, DAY), startedAt);
  const recordsOf = (attemptId: AttemptId) =>
    books.rows<RecordRow>('SELECT * FROM usage_record WHERE attempt_id = $1 ORDER BY starts_at', [attemptId]);
  const spansOf = async (attemptId: AttemptId) =>
    (await recordsOf(attemptId)).map((row) => `${row.starts_at.toISOString()} ${row.device_seconds}`);
  const attemptRow = (attemptId: AttemptId) =>
    books.row<AttemptRow>('SELECT * FROM metered_attempt WHERE attempt_id = $1', [attemptId]);

  it('cuts at hours and at midnight of the billing zone', async () => {
    const attemptId = await started();
    await books.end(attemptId, at('2026-10-31T17:10:30Z'));
    expect(await meter(attemptId)).toBe(3);
    expect(await spansOf(attemptId)).toEqual([
      '2026-10-31T15:20:00.000Z 19200',
      '2026-10-31T16:00:00.000Z 28800',
      '2026-10-31T17:00:00.000Z 5040',
    ]);
    expect((await attemptRow(attemptId)).closed_at).not.toBeNull();
    expect(books.doorbells.rung).toContainEqual({ bell: 'meter-attempt', id: attemptId });
    expect(books.doorbells.rung).toContainEqual({ bell: 'rate-usage', id: 'all' });
  });

  it('cuts within the hour where the billing zone is at a half', async () => {
    const own = await testDatabase();
    const india = new BooksFixture(own, 'Asia/Kolkata');
    india.at(START);
    const place = await india.insertOffer();
    const payer = await india.insertTenant('9999.00');
    await india.runMetered(payer, place, {
      startsAt: at('2026-11-01T18:00:00Z'),
      endsAt: at('2026-11-01T19:00:00Z'),
    });
    const { rows } = await own.admin.query('SELECT starts_at, device_seconds FROM usage_record ORDER BY starts_at');
    await own.close();
    expect(rows).toEqual([
      { starts_at: new Date('2026-11-01T18:00:00Z'), device_seconds: '14400' },
      { starts_at: new Date('2026-11-01T18:30:00Z'), device_seconds: '14400' },
    ]);
  });

  it('closes whole hours of a running attempt, none past what was seen of it', async () => {
    const attemptId = await started();
    books.at(at('2026-10-31T18:30:00Z'));
    expect(await meter(attemptId)).toBe(0);
    await books.seen(attemptId, at('2026-10-31T17:00:00Z'));
    expect(await books.worker.meterAttempt.findOpen(books.context)).toContain(attemptId);
    expect(await meter(attemptId)).toBe(2);
    expect(await books.worker.meterAttempt.findOpen(books.context)).not.toContain(attemptId);
    // It had ended while the cluster was out of reach: no hour was charged that it did not run.
    await books.end(attemptId, at('2026-10-31T17:15:00Z'));
    expect(await meter(attemptId)).toBe(1);
    expect((await recordsOf(attemptId)).at(-1)?.ends_at.toISOString()).toBe('2026-10-31T17:15:00.000Z');
    books.at(START);
  });

  it('writes a sighting at most once a minute', async () => {
    const attemptId = await started();
    await books.seen(attemptId, START + 59);
    expect(toEpochSeconds((await attemptRow(attemptId)).seen_until)).toBe(START);
    await books.seen(attemptId, START + 61);
    await books.seen(attemptId, START + 30);
    expect(toEpochSeconds((await attemptRow(attemptId)).seen_until)).toBe(START + 61);
  });

  it('takes the first word for start and end', async () => {
    const segment = await books.mustReserve(tenant, offer, DAY);
    const attemptId = await books.start(segment);
    const again = await db.worker.run(books.context, (ctx) =>
      books.worker.meter.start(ctx, startOf(segment, attemptId, START + 60)),
    );
    expect(again).toBe(false);
    expect(await books.end(attemptId, START + 100)).toBe(true);
    expect(await books.end(attemptId, START + 200)).toBe(false);
    await meter(attemptId);
    expect(await spansOf(attemptId)).toEqual(['2026-10-31T15:20:00.000Z 800']);
  });

  it('closes an attempt of no length without a record', async () => {
    const attemptId = await started();
    await books.end(attemptId, START);
    expect(await meter(attemptId)).toBe(0);
    expect((await attemptRow(attemptId)).closed_at).not.toBeNull();
  });

  it('does not end before what is metered, where the cluster clock is behind', async () => {
    const attemptId = await started();
    books.at(at('2026-10-31T16:00:05Z'));
    await books.seen(attemptId, at('2026-10-31T16:00:03Z'));
    await meter(attemptId);
    await books.end(attemptId, at('2026-10-31T15:59:59Z'));
    expect(await meter(attemptId)).toBe(0);
    expect(await attemptRow(attemptId)).toMatchObject({ ended_at: new Date('2026-10-31T16:00:00Z') });
    books.at(START);
  });

  it('leaves neither gap nor overlap when eight meters run at once while time goes on', async () => {
    const attemptId = await started();
    for (let hour = 1; hour <= 6; hour++) {
      books.at(START + hour * 3600);
      await books.seen(attemptId, START + hour * 3600);
      await Promise.all(Array.from({ length: 8 }, () => meter(attemptId)));
    }
    await Promise.all([...Array.from({ length: 7 }, () => meter(attemptId)), books.end(attemptId, START + 22_000)]);
    await Promise.all(Array.from({ length: 8 }, () => meter(attemptId)));
    const records = await recordsOf(attemptId);
    expect(records[0]?.starts_at).toEqual(new Date(START * 1000));
    expect(records.at(-1)?.ends_at).toEqual(new Date((START + 22_000) * 1000));
    for (const [index, record] of records.slice(1).entries()) expect(record.starts_at).toEqual(records[index]?.ends_at);
    expect(records.reduce((sum, row) => sum + Number(row.device_seconds), 0)).toBe(22_000 * 8);
    const queued = await db.admin.query(
      'SELECT count(*)::int AS n FROM rating_queue q JOIN usage_record u ON u.id = q.usage_record_id WHERE u.attempt_id = $1',
      [attemptId],
    );
    expect(queued.rows[0].n).toBe(records.length);
    books.at(START);
  });

  it('closes a span of many weeks in bounded statements', async () => {
    const attemptId = await started();
    await books.end(attemptId, START + 21 * 86_400);
    expect(await meter(attemptId)).toBe(21 * 24 + 1 + 1);
    expect((await attemptRow(attemptId)).closed_at).not.toBeNull();
    books.at(START);
  });

  it('is held by the database: a second record of the same seconds is refused', async () => {
    const attemptId = await started();
    await books.end(attemptId, START + 600);
    await meter(attemptId);
    const [record] = await recordsOf(attemptId);
    const columns = Object.keys(record ?? {}).filter((name) => name !== 'id');
    const copy = db.dataSources.worker.query(
      `INSERT INTO usage_record (id, ${columns.join(', ')}) SELECT $1, ${columns.join(', ')} FROM usage_record WHERE id = $2`,
      [books.ids.next(), record?.id],
    );
    await expect(copy.catch((error: unknown) => isConstraintViolation(error, 'usage_record_no_overlap'))).resolves.toBe(
      true,
    );
  });

  it('meters past the time limit and bills none of it', async () => {
    const segment = await books.mustReserve(tenant, offer, { startsAt: START, endsAt: START + 600 });
    const attemptId = await books.start(segment);
    await books.end(attemptId, START + 660);
    await meter(attemptId);
    const billed = (await recordsOf(attemptId)).map((row) => [row.device_seconds, row.billable_device_seconds]);
    expect(billed).toEqual([
      ['4800', '4800'],
      ['480', '0'],
    ]);
  });

  it('keeps energy total and marginal with where they come from', async () => {
    const attemptId = await started(at('2026-10-31T16:00:00Z'));
    await books.end(attemptId, at('2026-10-31T17:00:00Z'));
    await meter(attemptId);
    const [record] = await recordsOf(attemptId);
    expect(record).toMatchObject({
      it_kwh: '6.000000000',
      marginal_it_kwh: '3.000000000',
      facility_kwh: '7.500000000',
      marginal_facility_kwh: '3.750000000',
      electricity_cost: '4.500000000000',
      marginal_electricity_cost: '2.250000000000',
      electricity_currency: 'CNY',
      carbon_kg: '3.750000000',
      marginal_carbon_kg: '1.875000000',
      energy_provenance: 'modelled',
    });
    expect(record?.energy_basis).toMatchObject({
      baseline: 'idle',
      pue: '1.25',
      pueYear: 2024,
      factorYear: 2023,
      unknown: {},
    });
  });

  it('keeps an unknown figure null, with the reason', async () => {
    const dark = await books.insertOffer();
    const run = await books.runMetered(tenant, dark, { startsAt: START, endsAt: START + 60 });
    const [record] = await recordsOf(run.attemptId);
    expect(record).toMatchObject({ it_kwh: null, facility_kwh: null, carbon_kg: null, electricity_cost: null });
    expect(record?.energy_basis.unknown.itKwh).toMatch(/watts are not known/);
  });
});
