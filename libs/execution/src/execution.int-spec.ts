import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobId, SegmentId } from '#libs/kernel';
import type { TestOffer, TestTenant } from '#libs/accounting/testing';
import { JobQueries, type SubmitJobInput } from '#libs/jobs';
import { asTenant } from '#libs/platform';
import { testDatabase, type TestDatabase } from '#libs/testing';
import { ClusterConnectors } from './application/cluster-connectors.js';
import { LogQueries } from './application/log.queries.js';
import { DispatchSegmentService } from './index.js';
import { PostgresAttemptStore } from './persistence/postgres-attempt.store.js';
import { type Broker, ExecutionBed, secondsNow } from './testing/index.js';

const CHECKPOINT = { intervalSeconds: null, sizeGib: 0, signal: 'USR1', minSegmentSeconds: 1 };
/** Saves a number; every file of a checkpoint is whole before COMPLETE stands. */
const SAVE = `
save() {
  while [ -e "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE" ]; do sleep 0.05; done
  mkdir -p "$YUSUAN_CHECKPOINT_DIR/new"
  echo "$1" > "$YUSUAN_CHECKPOINT_DIR/new/state"
  : > "$YUSUAN_CHECKPOINT_DIR/new/COMPLETE"
}
`;

describe('execution', { concurrent: true }, () => {
  let db: TestDatabase;
  let bed: ExecutionBed;
  let broker: Broker;
  let tenant: TestTenant;
  let offer: TestOffer;
  let other: TestOffer;
  /** Takes attempts long before their start. */
  let early: TestOffer;

  beforeAll(async () => {
    db = await testDatabase();
    bed = new ExecutionBed(db);
    broker = await bed.makeBroker();
    tenant = await bed.books.insertTenant('100000000.00');
    offer = await bed.makeCluster({ slots: 40 });
    other = await bed.makeCluster({ slots: 40 });
    early = await bed.makeCluster({ leadSeconds: 60 });
  });
  afterAll(async () => {
    await bed.close();
    await db.close();
  });

  const span = (seconds: number, inSeconds = 0) => {
    const startsAt = secondsNow() + inSeconds;
    return { startsAt, endsAt: startsAt + seconds };
  };
  const reserve = (jobId: JobId, place: { offer?: TestOffer; interval?: ReturnType<typeof span>; all?: number } = {}) =>
    bed.reserve(
      broker,
      { tenant, jobId },
      { offer, interval: span(600), expectedUsefulSeconds: place.all ?? 0, ...place },
    );
  const start = async (
    script: string,
    change: Partial<SubmitJobInput> = {},
    place: Parameters<typeof reserve>[1] = {},
  ) => {
    const jobId = await bed.submit(tenant, script, change);
    return { jobId, segmentId: await reserve(jobId, place) };
  };
  const stateOf = async (jobId: JobId) => (await bed.job(broker, jobId)).state;
  const outcomeOf = async (segmentId: SegmentId) => (await bed.segment(broker, segmentId)).outcome;
  const attemptOf = async (segmentId: SegmentId) => {
    const { rows } = await db.admin.query<{ token: string; state: string; external_id: string | null }>(
      `SELECT * FROM attempt WHERE segment_id = $1`,
      [segmentId],
    );
    return rows;
  };
  const chargesOf = async (jobId: JobId) => {
    const { rows } = await db.admin.query<{ ends_at: Date; starts_at: Date }>(
      `SELECT u.starts_at, u.ends_at FROM charge c JOIN usage_record u ON u.id = c.usage_record_id WHERE u.job_id = $1`,
      [jobId],
    );
    return rows;
  };
  const isHeld = async (jobId: JobId) => {
    const sql = `SELECT id FROM hold WHERE job_id = $1 AND closed_at IS NULL`;
    return (await db.admin.query(sql, [jobId])).rows.length > 0;
  };

  it('runs a reserved segment and charges what it used', async () => {
    const diary = bed.makeDiary();
    const { jobId, segmentId } = await start(`echo ran >> ${diary.file}; sleep 2`);
    expect((await bed.untilJobIs(broker, jobId, 'COMPLETED')).exitCode).toBe(0);
    await bed.until(broker, 'charged', async () => !(await isHeld(jobId)));
    expect(diary.lines()).toEqual(['ran']);
    expect(await outcomeOf(segmentId)).toBe('completed');
    expect(await chargesOf(jobId)).toHaveLength(1);
    const { runStartedAt, runEndedAt } = await bed.segment(broker, segmentId);
    expect(Number(runEndedAt) - Number(runStartedAt)).toBeGreaterThanOrEqual(2);
  });

  it('tells how a job ended by its own code', async () => {
    const { jobId, segmentId } = await start('exit 7');
    expect((await bed.untilJobIs(broker, jobId, 'FAILED')).exitCode).toBe(7);
    expect(await outcomeOf(segmentId)).toBe('failed');
  });

  it('submits ahead, and nothing starts before its segment', async () => {
    const diary = bed.makeDiary();
    const interval = span(600, 6);
    const { jobId } = await start(`date +%s >> ${diary.file}`, {}, { interval, offer: early });
    await bed.untilJobIs(broker, jobId, 'CONFIGURING');
    expect(secondsNow()).toBeLessThan(interval.startsAt);
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(Number(diary.lines()[0])).toBeGreaterThanOrEqual(interval.startsAt);
  });

  it('does not send what is not due yet', async () => {
    const { jobId, segmentId } = await start('true', {}, { interval: span(600, 60) });
    await broker.sweep();
    expect(await stateOf(jobId)).toBe('SCHEDULED');
    expect(await broker.app.get(DispatchSegmentService).findDue(bed.context)).not.toContain(segmentId);
    await broker.app.get(DispatchSegmentService).execute(bed.context, segmentId);
    expect(await stateOf(jobId)).toBe('SCHEDULED');
  });

  it('runs a segment once where two brokers dispatch it at the same time', async () => {
    const diary = bed.makeDiary();
    const second = await bed.makeBroker();
    const { jobId, segmentId } = await start(`echo ran >> ${diary.file}; sleep 1`);
    await Promise.all(
      [broker, second, broker, second].map((one) =>
        one.app.get(DispatchSegmentService).execute(bed.context, segmentId),
      ),
    );
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(diary.lines()).toEqual(['ran']);
    expect(await attemptOf(segmentId)).toHaveLength(1);
  });

  it('gives up a reservation that is of no use any more, with its nodes and money', async () => {
    const jobId = await bed.submit(tenant, 'true');
    const interval = { startsAt: secondsNow() - 500, endsAt: secondsNow() + 100 };
    const segmentId = await reserve(jobId, { interval });
    await bed.untilJobIs(broker, jobId, 'PENDING');
    expect(await outcomeOf(segmentId)).toBe('cancelled');
    expect(await attemptOf(segmentId)).toEqual([]);
    expect(await isHeld(jobId)).toBe(false);
  });

  it('cancels a job whose segment is reserved', async () => {
    const { jobId } = await start('true', {}, { interval: span(600, 300) });
    await bed.askToCancel(tenant, jobId);
    await bed.untilJobIs(broker, jobId, 'CANCELLED');
    expect(await isHeld(jobId)).toBe(false);
  });

  it('cancels a job that waits at its cluster, which costs nothing', async () => {
    const diary = bed.makeDiary();
    const { jobId, segmentId } = await start(
      `echo ran >> ${diary.file}`,
      {},
      { interval: span(600, 20), offer: early },
    );
    await bed.untilJobIs(broker, jobId, 'CONFIGURING');
    await bed.askToCancel(tenant, jobId);
    await bed.untilJobIs(broker, jobId, 'CANCELLED');
    expect(await outcomeOf(segmentId)).toBe('cancelled');
    expect(diary.lines()).toEqual([]);
    expect(await isHeld(jobId)).toBe(false);
    expect(await chargesOf(jobId)).toEqual([]);
  });

  it('cancels a job that runs, also one that does not listen, and charges what it used', async () => {
    const { jobId, segmentId } = await start(`trap '' TERM; sleep 60`);
    await bed.untilJobIs(broker, jobId, 'RUNNING');
    await new Promise((done) => setTimeout(done, 1000));
    await bed.askToCancel(tenant, jobId);
    await bed.untilJobIs(broker, jobId, 'CANCELLED');
    expect(await outcomeOf(segmentId)).toBe('cancelled');
    await bed.until(broker, 'charged', async () => !(await isHeld(jobId)));
    expect((await chargesOf(jobId)).length).toBeGreaterThan(0);
  });

  it('ends a run with its window; a job that cannot be cut is timed out', async () => {
    const interval = span(6);
    const { jobId, segmentId } = await start('sleep 60', {}, { interval });
    await bed.untilJobIs(broker, jobId, 'TIMEOUT');
    expect(await outcomeOf(segmentId)).toBe('window_end');
    expect((await bed.segment(broker, segmentId)).runEndedAt).toBeLessThanOrEqual(interval.endsAt);
  });

  it('ends a run at its wall time, whatever room its window has', async () => {
    const { jobId, segmentId } = await start(
      'sleep 60',
      { walltimeSeconds: 4, checkpoint: CHECKPOINT },
      { interval: span(9), all: 4 },
    );
    await bed.untilJobIs(broker, jobId, 'TIMEOUT');
    expect(await outcomeOf(segmentId)).toBe('timeout');
  });

  it('asks for a checkpoint before the window closes, and goes on at another center from there', async () => {
    const diary = bed.makeDiary();
    const script = `${SAVE}
      if [ "$YUSUAN_RESUME" = 1 ]; then echo "resumed at $(cat "$YUSUAN_CHECKPOINT_DIR/latest/state")" >> ${diary.file}; exit 0; fi
      trap 'save 42; exit 85' USR1
      echo begun >> ${diary.file}
      echo '{"step": 1, "of": 9, "loss": 5.5}' >> "$YUSUAN_PROGRESS_FILE"
      while true; do sleep 0.1; done`;
    const { jobId, segmentId } = await start(script, { checkpoint: CHECKPOINT }, { interval: span(12) });
    await bed.untilJobIs(broker, jobId, 'PENDING');
    const waiting = await bed.job(broker, jobId);
    expect(waiting.stateReason).toBe('WindowEnd');
    expect(waiting.usefulSeconds).toBeGreaterThanOrEqual(3);
    expect(await outcomeOf(segmentId)).toBe('window_end');
    const { items } = await broker.app.get(JobQueries).eventsOfJob(bed.context, jobId, { limit: 100, cursor: null });
    expect(items.map((event) => event.type)).toContain('segment.checkpointRequested');
    const progress = await broker.app.get(JobQueries).progressOfJob(bed.context, jobId, { limit: 9, cursor: null });
    expect(progress.items).toMatchObject([{ segmentId, step: 1, of: 9, loss: 5.5 }]);
    await reserve(jobId, { offer: other });
    const done = await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(done.usefulSeconds).toBe(waiting.usefulSeconds);
    expect(diary.lines()).toEqual(['begun', 'resumed at 42']);
  });

  it('asks for checkpoints at the interval that the job names, and the run goes on', async () => {
    const diary = bed.makeDiary();
    const script = `${SAVE}
      n=0
      trap 'n=$((n + 1)); echo "asked $n" >> ${diary.file}; save $n' USR1
      while [ $n -lt 2 ]; do sleep 0.1; done; sleep 1`;
    const { jobId } = await start(script, { checkpoint: { ...CHECKPOINT, intervalSeconds: 2 } });
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(diary.lines()).toEqual(['asked 1', 'asked 2']);
    const sql = `SELECT name, useful_seconds FROM checkpoint WHERE job_id = $1 ORDER BY name`;
    const { rows } = await db.admin.query<{ name: string; useful_seconds: number }>(sql, [jobId]);
    expect(rows.map((row) => row.name)).toEqual(['ckpt-000001', 'ckpt-000002']);
    expect((await bed.job(broker, jobId)).usefulSeconds).toBe(rows[1]?.useful_seconds);
  });

  it('resumes from the checkpoint before where the newest one is damaged', async () => {
    const diary = bed.makeDiary();
    const script = `${SAVE}
      if [ "$YUSUAN_RESUME" = 1 ]; then echo "resumed at $(cat "$YUSUAN_CHECKPOINT_DIR/latest/state")" >> ${diary.file}; exit 0; fi
      sleep 1; save one; sleep 2; save two; exit 85`;
    const { jobId } = await start(script, { checkpoint: CHECKPOINT });
    await bed.untilJobIs(broker, jobId, 'PENDING');
    const before = (await bed.job(broker, jobId)).usefulSeconds;
    const folder = join(bed.dataDir, 'local', offer.clusterId, 'jobs', jobId, 'checkpoints');
    expect(readdirSync(folder)).toContain('ckpt-000002');
    writeFileSync(join(folder, 'ckpt-000002', 'state'), 'twO\n');
    await reserve(jobId, { offer: other });
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(diary.lines()).toEqual(['resumed at one']);
    expect((await bed.job(broker, jobId)).usefulSeconds).toBeLessThan(before);
  });

  it('begins anew where no checkpoint verifies', async () => {
    const diary = bed.makeDiary();
    const script = `${SAVE}
      echo "resume $YUSUAN_RESUME" >> ${diary.file}
      if [ $(wc -l < ${diary.file}) = 2 ]; then exit 0; fi
      sleep 1; save one; exit 85`;
    const { jobId } = await start(script, { checkpoint: CHECKPOINT });
    await bed.untilJobIs(broker, jobId, 'PENDING');
    const folder = join(bed.dataDir, 'local', offer.clusterId, 'jobs', jobId, 'checkpoints');
    writeFileSync(join(folder, 'ckpt-000001', 'state'), 'oNe\n');
    await reserve(jobId);
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(diary.lines()).toEqual(['resume 0', 'resume 0']);
    expect((await bed.job(broker, jobId)).usefulSeconds).toBe(0);
  });

  it('a program that stops with 85 and left no checkpoint has failed', async () => {
    const { jobId } = await start('exit 85', { checkpoint: CHECKPOINT });
    expect((await bed.untilJobIs(broker, jobId, 'FAILED')).exitCode).toBe(85);
  });

  it('goes on with the segment that is reserved already', async () => {
    const script = `${SAVE}
      if [ "$YUSUAN_RESUME" = 1 ]; then exit 0; fi
      sleep 2; save one; exit 85`;
    const interval = span(14);
    const { jobId } = await start(script, { checkpoint: CHECKPOINT }, { interval });
    await bed.untilJobIs(broker, jobId, 'RUNNING');
    const after = { startsAt: interval.endsAt, endsAt: interval.endsAt + 600 };
    const nextId = await reserve(jobId, { offer: early, interval: after });
    await bed.untilJobIs(broker, jobId, 'CONFIGURING');
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(await outcomeOf(nextId)).toBe('completed');
  });

  it('gives back what is reserved for a job that has ended', async () => {
    const { jobId } = await start('sleep 2', { checkpoint: CHECKPOINT }, { interval: span(100) });
    await bed.untilJobIs(broker, jobId, 'RUNNING');
    const nextId = await reserve(jobId, { offer: other, interval: span(600, 200) });
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    expect(await outcomeOf(nextId)).toBe('cancelled');
    await bed.until(broker, 'nothing held', async () => !(await isHeld(jobId)));
  });

  it('a job whose processes are gone without a word lost its node', async () => {
    const { jobId, segmentId } = await start('kill -KILL $PPID; sleep 60');
    await bed.untilJobIs(broker, jobId, 'NODE_FAIL');
    expect(await outcomeOf(segmentId)).toBe('node_fail');
    await bed.until(broker, 'nothing held', async () => !(await isHeld(jobId)));
  });

  it('starts a segment when the nodes before it are free at last', async () => {
    const narrow = await bed.makeCluster({ slots: 1 });
    const first = await start('sleep 2', {}, { offer: narrow });
    await bed.untilJobIs(broker, first.jobId, 'RUNNING');
    const second = await start('true', {}, { offer: narrow });
    await bed.untilJobIs(broker, second.jobId, 'COMPLETED');
    expect(await stateOf(first.jobId)).toBe('COMPLETED');
    expect(await attemptOf(second.segmentId)).toHaveLength(1);
  });

  it('takes back what its cluster refuses for too long, and the job waits again', async () => {
    const narrow = await bed.makeCluster({ slots: 1, startTimeoutSeconds: 1 });
    const first = await start('sleep 6', {}, { offer: narrow });
    await bed.untilJobIs(broker, first.jobId, 'RUNNING');
    const { jobId, segmentId } = await start('true', {}, { offer: narrow });
    await bed.untilJobIs(broker, jobId, 'PENDING');
    expect(await stateOf(first.jobId)).toBe('RUNNING');
    expect(await outcomeOf(segmentId)).toBe('window_end');
    expect(await isHeld(jobId)).toBe(false);
  });

  it('changes nothing while a cluster cannot be seen', async () => {
    const hidden = await bed.makeCluster();
    const { jobId, segmentId } = await start('sleep 3', {}, { offer: hidden });
    await bed.untilJobIs(broker, jobId, 'RUNNING');
    const [attempt] = await attemptOf(segmentId);
    const record = join(bed.dataDir, 'local', hidden.clusterId, 'attempts', attempt?.token ?? '', 'attempt.json');
    const text = readFileSync(record, 'utf8');
    writeFileSync(record, 'out of reach');
    const until = Date.now() + 4000;
    while (Date.now() < until) {
      await broker.sweep();
      expect(await stateOf(jobId)).toBe('RUNNING');
    }
    writeFileSync(record, text);
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
  });

  it('voids what an attempt with a stale fence reports', async () => {
    const { jobId, segmentId } = await start('sleep 1; exit 3');
    await bed.untilJobIs(broker, jobId, 'RUNNING');
    await db.admin.query(`UPDATE job SET fence = fence + 1 WHERE id = $1`, [jobId]);
    await bed.until(broker, 'the attempt settled', async () => (await attemptOf(segmentId))[0]?.state === 'ENDED');
    await broker.sweep();
    expect(await stateOf(jobId)).toBe('RUNNING');
    expect((await bed.segment(broker, segmentId)).state).toBe('RUNNING');
    // Put right again, for what always holds is checked over all of this file's jobs.
    await db.admin.query(`UPDATE job SET fence = fence - 1 WHERE id = $1`, [jobId]);
    await db.admin.query(`UPDATE attempt SET settled_at = NULL WHERE segment_id = $1`, [segmentId]);
    expect((await bed.untilJobIs(broker, jobId, 'FAILED')).exitCode).toBe(3);
  });

  it("shows a job's log to its tenant and to nobody else", async () => {
    const { jobId, segmentId } = await start('echo 你好');
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    const logs = new LogQueries(db.app, new PostgresAttemptStore(), broker.app.get(ClusterConnectors));
    const input = { jobId, segmentId: null, offset: 0, limit: 1000 };
    const own = asTenant(bed.context, tenant.tenantId);
    expect(await logs.read(own, input)).toEqual({ segmentId, text: '你好\n', offset: 0, nextOffset: 7, eof: true });
    expect(await logs.read(own, { ...input, offset: 7 })).toMatchObject({ text: '', nextOffset: 7, eof: true });
    const stranger = await bed.books.insertTenant();
    expect(await logs.read(asTenant(bed.context, stranger.tenantId), input)).toBeNull();
    expect(await logs.read(own, { ...input, segmentId: await reserve(await bed.submit(tenant, 'true')) })).toBeNull();
  });

  it('keeps a line of progress a second, and the last one', async () => {
    const script = `for i in $(seq 1 200); do echo "{\\"step\\": $i, \\"of\\": 200}" >> "$YUSUAN_PROGRESS_FILE"; sleep 0.01; done`;
    const { jobId } = await start(script);
    await bed.untilJobIs(broker, jobId, 'COMPLETED');
    const { items } = await broker.app.get(JobQueries).progressOfJob(bed.context, jobId, { limit: 200, cursor: null });
    expect(items[0]?.step).toBe(200);
    expect(items.length).toBeLessThan(12);
  });

  it('lets only the worker write attempts', async () => {
    await expect(
      db.app.run(asTenant(bed.context, tenant.tenantId), (ctx) =>
        new PostgresAttemptStore().settle(ctx, bed.books.ids.next(), secondsNow()),
      ),
    ).rejects.toThrow(/permission denied/);
  });

  it.sequential('leaves nothing that always holds broken', async () => {
    await bed.until(broker, 'all is charged', async () => {
      const sql = `SELECT h.id FROM hold h JOIN segment s ON s.hold_id = h.id WHERE h.closed_at IS NULL AND s.state = 'ENDED'`;
      return (await db.admin.query(sql)).rows.length === 0;
    });
    expect(await bed.violations()).toEqual([]);
  });
});
