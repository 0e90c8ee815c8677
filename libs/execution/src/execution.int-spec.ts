import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestOffer, TestTenant } from '#libs/accounting/testing';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { type Broker, ExecutionBed, secondsNow } from './testing/index.js';

describe('execution', () => {
  let db: TestDatabase;
  let bed: ExecutionBed;
  let broker: Broker;
  let tenant: TestTenant;
  let offer: TestOffer;

  beforeAll(async () => {
    db = await testDatabase();
    bed = new ExecutionBed(db);
    broker = await bed.makeBroker();
    tenant = await bed.books.insertTenant('10000000.00');
    offer = await bed.makeCluster();
  });
  afterAll(async () => {
    await bed.close();
    await db.close();
  });

  const span = (seconds: number) => ({ startsAt: secondsNow(), endsAt: secondsNow() + seconds });

  it('runs a reserved segment and charges what it used', async () => {
    const diary = bed.makeDiary();
    const jobId = await bed.submit(tenant, `echo ran >> ${diary.file}; sleep 2`);
    const segmentId = await bed.reserve(broker, { tenant, jobId }, { offer, interval: span(600) });
    const job = await bed.untilJobIs(broker, jobId, 'COMPLETED');
    await bed.untilCharged(broker);
    expect(diary.lines()).toEqual(['ran']);
    expect(job.exitCode).toBe(0);
    expect(await bed.segment(broker, segmentId)).toMatchObject({ state: 'ENDED', outcome: 'completed' });
    expect(await bed.violations()).toEqual([]);
  });
});
