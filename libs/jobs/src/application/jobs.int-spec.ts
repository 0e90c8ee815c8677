import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asId, dec, fromEpochSeconds, InvalidInputError, type JobId, Money, type SegmentId } from '#libs/kernel';
import { hoursFrom, insertPool, insertWindow, type TestPool, type TestWindow } from '#libs/capacity/testing';
import { type OperationContext, query, systemContext } from '#libs/platform';
import { countingIds, FixedClock, RecordingDoorbells, testDatabase, type TestDatabase } from '#libs/testing';
import {
  insertTenant,
  jobInput,
  jobsOn,
  keyContext,
  segmentInput,
  type TestTenant,
  withoutMoney,
} from '../testing/index.js';

const NOW = 1_800_000_000;
const clock = new FixedClock(fromEpochSeconds(NOW));
const ids = countingIds(clock);
const SYSTEM = systemContext('test', 'test');
const FIRST = { limit: 200, cursor: null };

describe('jobs', () => {
  let db: TestDatabase;
  let app: ReturnType<typeof jobsOn>;
  let worker: ReturnType<typeof jobsOn>;
  let tenant: TestTenant;
  let place: TestPool & TestWindow;
  const doorbells = new RecordingDoorbells();

  beforeAll(async () => {
    db = await testDatabase();
    await withoutMoney(db.admin);
    app = jobsOn({ transactions: db.app, clock, ids, doorbells });
    worker = jobsOn({ transactions: db.worker, clock, ids, doorbells });
    const pool = await insertPool(db.admin, ids, { nodes: 100 });
    place = {
      ...pool,
      ...(await insertWindow(db.admin, ids, { ...pool, nodes: 100, interval: hoursFrom(NOW, 0, 100) })),
    };
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    tenant = await insertTenant(db.admin, ids);
    doorbells.rung.length = 0;
  });

  const submit = (change: Parameters<typeof jobInput>[1] = {}) =>
    app.submitJob.execute(tenant.context, jobInput(tenant.projectId, change));

  const reserve = async (jobId: JobId, from = 0, to = 1) => {
    const input = segmentInput(ids, place, { jobId, interval: hoursFrom(NOW, from, to) });
    const answer = await db.worker.run(SYSTEM, (ctx) => worker.reservations.createSegment(ctx, input));
    expect(answer).toBe('created');
    return input.segmentId;
  };

  const run = async (segmentId: SegmentId) => {
    const step = { segmentId, reason: null, at: NOW + 5 };
    await db.worker.run(SYSTEM, async (ctx) => {
      expect(await worker.runs.moveSegment(ctx, { ...step, from: 'RESERVED', to: 'SUBMITTING' })).toBe(true);
      expect(await worker.runs.moveSegment(ctx, { ...step, from: 'SUBMITTING', to: 'RUNNING' })).toBe(true);
    });
  };

  it('are kept whole, with their first event by the key that submitted', async () => {
    const job = await submit({
      labels: { team: 'nlp', run: '7' },
      minDeviceMemoryGib: dec('79.5'),
      maxCost: Money.of('12000.000000000001', 'CNY'),
      deviceKinds: ['a100'],
      deadlineAt: NOW + 9000,
      maxWaitSeconds: 60,
      quoteId: asId(ids.next()),
    });
    expect(await app.queries.findJob(tenant.context, job.id)).toEqual(job);
    expect(job).toMatchObject({
      state: 'PENDING',
      stateReason: 'Priority',
      submittedBy: tenant.context.actor.id,
      submittedAt: NOW,
    });
    const { items } = await app.queries.eventsOfJob(tenant.context, job.id, FIRST);
    expect(items).toMatchObject([
      {
        subjectId: job.id,
        seq: 1,
        type: 'job.submitted',
        fromState: null,
        toState: 'PENDING',
        reason: 'Priority',
        actor: tenant.context.actor,
        requestId: tenant.context.requestId,
        at: NOW,
      },
    ]);
    expect(doorbells.rung).toEqual([{ bell: 'plan-round', id: 'all' }]);
  });

  it('that may start only later wait for that', async () => {
    expect((await submit({ earliestStartAt: NOW + 60 })).stateReason).toBe('BeginTime');
  });

  it('are not kept where they have faults, or their transaction fails', async () => {
    await expect(submit({ deadlineAt: NOW - 1 })).rejects.toBeInstanceOf(InvalidInputError);
    const undone = db.app.run(tenant.context, async (ctx) => {
      await app.submitJob.execute(ctx, jobInput(tenant.projectId));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect((await app.queries.listJobs(tenant.context, FIRST)).items).toEqual([]);
    expect((await app.queries.eventsOfTenant(tenant.context, FIRST)).items).toEqual([]);
    expect(doorbells.rung).toEqual([]);
  });

  it('are listed newest first, page by page, by state, project, label and beginning of the name', async () => {
    const made = [
      await submit({ name: 'alpha-1', labels: { team: 'nlp' } }),
      await submit({ name: 'alpha_2', labels: { team: 'vision' } }),
      await submit({ name: '%alpha', labels: { team: 'nlp' } }),
    ].map((job) => job.id);
    const [one, two, three] = made;
    await app.cancelJob.execute(tenant.context, two ?? asId(ids.next()));
    const listed = async (filter: object) =>
      (await app.queries.listJobs(tenant.context, { ...FIRST, ...filter })).items.map((job) => job.id);
    expect(await listed({})).toEqual([three, two, one]);
    expect(await listed({ state: 'PENDING' })).toEqual([three, one]);
    expect(await listed({ label: { key: 'team', value: 'nlp' } })).toEqual([three, one]);
    expect(await listed({ q: 'alpha' })).toEqual([two, one]);
    expect(await listed({ q: '%' })).toEqual([three]);
    expect(await listed({ projectId: ids.next() })).toEqual([]);
    const first = await app.queries.listJobs(tenant.context, { limit: 2, cursor: null });
    const rest = await app.queries.listJobs(tenant.context, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items].map((job) => job.id)).toEqual([three, two, one]);
    expect(rest.nextCursor).toBeNull();
  });

  it('that wait are cancelled at once, and only once', async () => {
    const { id } = await submit();
    const cancelled = await app.cancelJob.execute(tenant.context, id);
    expect(cancelled).toMatchObject({ state: 'CANCELLED', endedAt: NOW });
    await expect(app.cancelJob.execute(tenant.context, id)).rejects.toMatchObject({ code: 'job-already-ended' });
  });

  it('that are further on keep the wish once, and ring for it each time', async () => {
    const { id } = await submit();
    await reserve(id);
    doorbells.rung.length = 0;
    for (let time = 0; time < 2; time++) {
      const job = await app.cancelJob.execute(tenant.context, id);
      expect(job).toMatchObject({ state: 'SCHEDULED', cancelRequestedAt: NOW });
    }
    const { items } = await app.queries.eventsOfJob(tenant.context, id, FIRST);
    expect(items.filter((event) => event.type === 'job.cancelRequested')).toHaveLength(1);
    expect(doorbells.rung).toEqual([1, 2].map(() => ({ bell: 'cancel-job', id })));
    expect(await worker.queries.findJobsToCancel(SYSTEM)).toContain(id);
    expect((await worker.queries.findWaitingJobs(SYSTEM)).map((job) => job.id)).not.toContain(id);
  });

  it('and anything of theirs are invisible and untouchable to another tenant, in every read', async () => {
    const { id } = await submit({ labels: { team: 'nlp' } });
    const segmentId = await reserve(id);
    await run(segmentId);
    const points = [{ step: 1, of: 2, loss: 0.5, at: NOW }];
    await db.worker.run(SYSTEM, (ctx) => worker.runs.recordProgress(ctx, { segmentId, points }));
    const seenBy = async (context: OperationContext) => ({
      job: (await app.queries.findJob(context, id)) !== null,
      jobs: (await app.queries.listJobs(context, FIRST)).items.length,
      labelled: (await app.queries.listJobs(context, { ...FIRST, label: { key: 'team', value: 'nlp' } })).items.length,
      segments: (await app.queries.segmentsOfJob(context, id)).length,
      segment: (await app.queries.findSegment(context, segmentId)) !== null,
      events: (await app.queries.eventsOfJob(context, id, FIRST)).items.length,
      tenantEvents: (await app.queries.eventsOfTenant(context, FIRST)).items.length,
      progress: (await app.queries.progressOfJob(context, id, FIRST)).items.length,
      latest: (await app.queries.latestProgress(context, [id])).size,
      waiting: (await app.queries.findWaitingJobs(context)).length,
      unfinished: (await app.queries.findUnfinishedSegments(context, place.clusterId)).length,
      atCenter: (await app.queries.segmentsOfCenter(context, FIRST)).items.length,
      labels: (await db.app.run(context, (ctx) => query(ctx, 'SELECT FROM job_label'))).length,
    });
    const stranger = await insertTenant(db.admin, ids);
    const nothing = Object.fromEntries(
      Object.entries(await seenBy(stranger.context)).filter(([, seen]) => Boolean(seen)),
    );
    expect(nothing).toEqual({});
    expect(await seenBy(tenant.context)).toEqual({
      ...{ job: true, jobs: 1, labelled: 1, segments: 1, segment: true, events: 7, tenantEvents: 7, progress: 1 },
      ...{ latest: 1, waiting: 1, unfinished: 1, atCenter: 0, labels: 1 },
    });
    await expect(app.cancelJob.execute(stranger.context, id)).rejects.toMatchObject({ code: 'job-not-found' });
  });

  it("cannot be submitted into another tenant by any key, nor by a key's own statement", async () => {
    const stranger = await insertTenant(db.admin, ids);
    const { scope } = stranger.context;
    const forged = { ...stranger.context, scope: { ...scope, tenantId: tenant.tenantId } };
    await expect(app.submitJob.execute(forged, jobInput(tenant.projectId))).rejects.toThrow(/row-level security/);
  });

  it('show an operator the segments at its own centers, without anything of what runs in them', async () => {
    const { id } = await submit({
      name: 'secret-name',
      script: '#!/bin/sh\nsecret-script',
      env: { KEY: 'secret-value' },
    });
    const segmentId = await reserve(id, 10, 11);
    const operator = keyContext(ids, { centerIds: [place.centerId] });
    const { items } = await app.queries.segmentsOfCenter(operator, { ...FIRST, centerId: place.centerId });
    const shown = items.find((segment) => segment.id === segmentId);
    expect(shown).toMatchObject({
      jobId: id,
      tenantCode: tenant.code,
      state: 'RESERVED',
      nodes: 1,
      ...hoursFrom(NOW, 10, 11),
    });
    const everything = await db.app.run(operator, (ctx) => query(ctx, 'SELECT * FROM center_segment'));
    expect(JSON.stringify([everything, items])).not.toMatch(/secret/);
    expect(await app.queries.findJob(operator, id)).toBeNull();
    expect((await app.queries.listJobs(operator, FIRST)).items).toEqual([]);
    expect((await app.queries.eventsOfJob(operator, id, FIRST)).items).toEqual([]);
    expect((await app.queries.progressOfJob(operator, id, FIRST)).items).toEqual([]);
    expect(await app.queries.findSegment(operator, segmentId)).toBeNull();
    const elsewhere = keyContext(ids, { centerIds: [ids.next()] });
    expect((await app.queries.segmentsOfCenter(elsewhere, FIRST)).items).toEqual([]);
    expect((await app.queries.segmentsOfCenter(elsewhere, { ...FIRST, centerId: place.centerId })).items).toEqual([]);
  });

  it('that wait or run are handed to the planner with their standing segments', async () => {
    const waiting = await submit({ checkpoint: null });
    const running = await submit({ walltimeSeconds: 7200 });
    const live = await reserve(running.id, 20, 21);
    await run(live);
    const next = await reserve(running.id, 21, 22);
    await db.worker.run(SYSTEM, (ctx) => worker.runs.addUseful(ctx, running.id, 1200));
    const jobs = new Map((await worker.queries.findWaitingJobs(SYSTEM)).map((job) => [job.id, job]));
    expect(jobs.get(waiting.id)).toMatchObject({
      state: 'PENDING',
      checkpoint: null,
      liveSegment: null,
      reservedSegment: null,
      lastCenterId: null,
    });
    expect(jobs.get(running.id)).toMatchObject({
      state: 'RUNNING',
      remainingSeconds: 6000,
      usefulSeconds: 1200,
      liveSegment: { id: live, state: 'RUNNING', runStartedAt: NOW + 5, ...hoursFrom(NOW, 20, 21) },
      reservedSegment: { id: next, state: 'RESERVED', ...hoursFrom(NOW, 21, 22) },
      lastCenterId: place.centerId,
    });
    const due = await worker.queries.findSegmentsToDispatch(SYSTEM, NOW + 21 * 3600 + 1);
    expect(due.map((segment) => segment.id)).toContain(next);
    expect(due.map((segment) => segment.id)).not.toContain(live);
  });

  it('show their progress newest first, page by page, each step as it was first told', async () => {
    const { id } = await submit();
    const segmentId = await reserve(id, 30, 31);
    const record = (points: { step: number; of: number | null; loss: number | null; at: number }[]) =>
      db.worker.run(SYSTEM, (ctx) => worker.runs.recordProgress(ctx, { segmentId, points }));
    await record([1, 2, 3].map((step) => ({ step, of: 5, loss: 1 / step, at: NOW + step })));
    await record([
      { step: 3, of: 5, loss: 99, at: NOW + 9 },
      { step: 4, of: null, loss: null, at: NOW + 9 },
    ]);
    const first = await app.queries.progressOfJob(tenant.context, id, { limit: 3, cursor: null });
    expect(first.items.map((point) => [point.step, point.loss])).toEqual([
      [4, null],
      [3, 1 / 3],
      [2, 1 / 2],
    ]);
    const rest = await app.queries.progressOfJob(tenant.context, id, { limit: 3, cursor: first.nextCursor });
    expect(rest).toEqual({ items: [{ segmentId, step: 1, of: 5, loss: 1, at: NOW + 1 }], nextCursor: null });
    expect((await app.queries.latestProgress(tenant.context, [id])).get(id)?.step).toBe(4);
    const wrong = app.queries.progressOfJob(tenant.context, id, { limit: 3, cursor: 'WzFd' });
    await expect(wrong).rejects.toBeInstanceOf(InvalidInputError);
  });
});
