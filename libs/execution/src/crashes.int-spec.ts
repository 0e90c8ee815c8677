import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobId } from '#libs/kernel';
import type { TestOffer, TestTenant } from '#libs/accounting/testing';
import type { CrashPoint } from '#libs/platform';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { type Broker, ExecutionBed, secondsNow } from './testing/index.js';

/** The point at which the broker dies, and whether it has been there. */
const death = vi.hoisted(() => ({ at: null as string | null, times: 0 }));

class Died extends Error {}

vi.mock('#libs/platform', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  crashPoint: (point: CrashPoint) => {
    if (point !== death.at) return;
    death.at = null;
    death.times += 1;
    throw new Died(point);
  },
}));

const CHECKPOINT = { intervalSeconds: 2, sizeGib: 0, signal: 'USR1', minSegmentSeconds: 1 };

/** What the broker had in hand is lost at the crash point; then another sweep, as after a restart, goes on. */
describe('a broker that dies', () => {
  let db: TestDatabase;
  let bed: ExecutionBed;
  let broker: Broker;
  let tenant: TestTenant;
  let offer: TestOffer;
  let other: TestOffer;

  beforeAll(async () => {
    db = await testDatabase();
    bed = new ExecutionBed(db);
    broker = mortal(await bed.makeBroker());
    tenant = await bed.books.insertTenant('100000000.00');
    offer = await bed.makeCluster({ slots: 40 });
    other = await bed.makeCluster({ slots: 40 });
  });
  afterAll(async () => {
    await bed.close();
    await db.close();
  });
  beforeEach(() => {
    death.at = null;
    death.times = 0;
  });

  const mortal = (one: Broker): Broker => ({
    ...one,
    sweep: () =>
      one.sweep().catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      }),
  });
  const reserve = (jobId: JobId, place = offer) => {
    const interval = { startsAt: secondsNow(), endsAt: secondsNow() + 600 };
    return bed.reserve(broker, { tenant, jobId }, { offer: place, interval });
  };
  const chargesOf = async (jobId: JobId) => {
    const sql = `SELECT u.starts_at, u.ends_at FROM usage_record u JOIN charge c ON c.usage_record_id = u.id WHERE u.job_id = $1`;
    return (await db.admin.query(sql, [jobId])).rows;
  };
  /** One charge a run of this length: none of these tests passes an hour's end within a run but by chance. */
  const expectChargedOnce = async (jobId: JobId, runs: number) => {
    await bed.untilCharged(broker);
    const hours = (await chargesOf(jobId)).filter((row) => row.ends_at.getTime() % 3_600_000 === 0).length;
    expect(await chargesOf(jobId)).toHaveLength(runs + hours);
    expect(await bed.violations()).toEqual([]);
  };

  it.each<CrashPoint>([
    'submit:before',
    'submit:after',
    'end:before-commit',
    'end:after-commit',
    'meter:before-commit',
    'meter:after-commit',
    'charge:before-commit',
    'charge:after-commit',
  ])('at %s runs the job once and charges it once', async (point) => {
    const diary = bed.makeDiary();
    const jobId = await bed.submit(tenant, `echo ran >> ${diary.file}; sleep 1.1`);
    await reserve(jobId);
    death.at = point;
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    await expectChargedOnce(jobId, 1);
    expect(death.times).toBe(1);
    expect(diary.lines()).toEqual(['ran']);
  });

  it.each<CrashPoint>(['cancel:before', 'cancel:after'])('at %s cancels the job', async (point) => {
    const jobId = await bed.submit(tenant, 'sleep 60');
    await reserve(jobId);
    await bed.untilJobIs(broker, jobId, 'RUNNING');
    await new Promise((done) => setTimeout(done, 1100));
    death.at = point;
    await bed.askToCancel(tenant, jobId);
    await bed.untilJobIs(broker, jobId, 'CANCELLED');
    await expectChargedOnce(jobId, 1);
    expect(death.times).toBe(1);
  });

  it.each<CrashPoint>(['submit:before', 'submit:after'])(
    'at %s cancels a job that is not wanted any more, whether or not its cluster has it',
    async (point) => {
      const diary = bed.makeDiary();
      const jobId = await bed.submit(tenant, `echo ran >> ${diary.file}; sleep 60; echo ended >> ${diary.file}`);
      await reserve(jobId);
      death.at = point;
      await broker.sweep();
      expect(death.times).toBe(1);
      await bed.askToCancel(tenant, jobId);
      await bed.untilJobIs(broker, jobId, 'CANCELLED');
      await bed.untilCharged(broker);
      expect(diary.lines()).not.toContain('ended');
      if (point === 'submit:before') expect(diary.lines()).toEqual([]);
      expect(await bed.violations()).toEqual([]);
    },
  );

  it.each<CrashPoint>(['signal:before', 'signal:after', 'checkpoint:before-record', 'checkpoint:after-record'])(
    'at %s loses no checkpoint that was sealed',
    async (point) => {
      const script = `
        n=0
        trap 'n=$((n + 1)); mkdir -p "$YUSUAN_CHECKPOINT_DIR/new"; : > "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE"' USR1
        for i in $(seq 50); do sleep 0.1; done; exit $((n == 0 && ${point === 'signal:before' ? 0 : 1}))`;
      const jobId = await bed.submit(tenant, script, { checkpoint: CHECKPOINT });
      await reserve(jobId);
      death.at = point;
      await bed.untilJobIs(broker, jobId, 'COMPLETED');
      expect(death.times).toBe(1);
      const sql = `SELECT count(*)::int AS sealed FROM checkpoint WHERE job_id = $1`;
      const { rows } = await db.admin.query<{ sealed: number }>(sql, [jobId]);
      if (point !== 'signal:before') expect(rows[0]?.sealed).toBeGreaterThan(0);
      const useful = (await bed.job(broker, jobId)).usefulSeconds;
      expect(useful > 0).toBe(rows[0]?.sealed !== 0);
      await expectChargedOnce(jobId, 1);
    },
  );

  it.each<CrashPoint>(['stage:before-copy', 'stage:after-copy'])('at %s still brings the checkpoint', async (point) => {
    const diary = bed.makeDiary();
    const script = `
      if [ "$YUSUAN_RESUME" = 1 ]; then cat "$YUSUAN_CHECKPOINT_DIR/latest/state" >> ${diary.file}; sleep 1.1; exit 0; fi
      sleep 1.1; echo kept > "$YUSUAN_CHECKPOINT_DIR/new/state"; : > "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE"; exit 85`;
    const jobId = await bed.submit(tenant, script, { checkpoint: { ...CHECKPOINT, intervalSeconds: null } });
    await reserve(jobId);
    await bed.untilJobIs(broker, jobId, 'PENDING');
    await reserve(jobId, other);
    death.at = point;
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(death.times).toBe(1);
    expect(diary.lines()).toEqual(['kept']);
    await expectChargedOnce(jobId, 2);
  });
});
