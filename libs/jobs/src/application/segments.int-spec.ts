import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromEpochSeconds, IllegalTransitionError, type JobId, type SegmentId } from '#libs/kernel';
import { hoursFrom, insertPool, insertWindow, type TestPool, type TestWindow } from '#libs/capacity/testing';
import { isConstraintViolation, query, systemContext, type TxContext } from '#libs/platform';
import { countingIds, FixedClock, RecordingDoorbells, testDatabase, type TestDatabase } from '#libs/testing';
import type { SubmitJobInput } from '../domain/job.js';
import { LIVE_SEGMENT_STATES, type Outcome, SEGMENT_TRANSITIONS, type SegmentState } from '../domain/segment-state.js';
import { insertTenant, jobInput, jobsOn, segmentInput, type TestTenant, withoutMoney } from '../testing/index.js';

const NOW = 1_800_000_000;
const clock = new FixedClock(fromEpochSeconds(NOW));
const ids = countingIds(clock);
const SYSTEM = systemContext('test', 'test');
const FIRST = { limit: 200, cursor: null };

describe('segments', () => {
  let db: TestDatabase;
  let app: ReturnType<typeof jobsOn>;
  let worker: ReturnType<typeof jobsOn>;
  let tenant: TestTenant;
  let place: TestPool & TestWindow;

  beforeAll(async () => {
    db = await testDatabase({ poolMax: 16 });
    await withoutMoney(db.admin);
    const doorbells = new RecordingDoorbells();
    app = jobsOn({ transactions: db.app, clock, ids, doorbells });
    worker = jobsOn({ transactions: db.worker, clock, ids, doorbells });
    const pool = await insertPool(db.admin, ids, { nodes: 100 });
    place = {
      ...pool,
      ...(await insertWindow(db.admin, ids, { ...pool, nodes: 100, interval: hoursFrom(NOW, 0, 100) })),
    };
    tenant = await insertTenant(db.admin, ids);
  });
  afterAll(() => db.close());

  const work = <T>(job: (ctx: TxContext) => Promise<T>) => db.worker.run(SYSTEM, job);
  const submit = async (change: Partial<SubmitJobInput> = {}) =>
    (await app.submitJob.execute(tenant.context, jobInput(tenant.projectId, change))).id;

  const tryReserve = async (jobId: JobId, from = 0, to = 1) => {
    const input = segmentInput(ids, place, { jobId, interval: hoursFrom(NOW, from, to) });
    const answer = await work((ctx) => worker.reservations.createSegment(ctx, input));
    return { answer, segmentId: input.segmentId };
  };
  const reserve = async (jobId: JobId, from = 0, to = 1) => (await tryReserve(jobId, from, to)).segmentId;

  const move = (
    segmentId: SegmentId,
    from: SegmentState,
    to: Exclude<SegmentState, 'RESERVED' | 'ENDED'>,
    fence?: number,
  ) =>
    work((ctx) =>
      worker.runs.moveSegment(ctx, {
        segmentId,
        from,
        to,
        reason: null,
        at: NOW + 5,
        ...(fence === undefined ? {} : { fence }),
      }),
    );
  const end = (segmentId: SegmentId, outcome: Outcome, change: { fence?: number; runStartedAt?: number } = {}) =>
    work((ctx) =>
      worker.runs.endSegment(ctx, {
        segmentId,
        outcome,
        exitCode: 0,
        runStartedAt: null,
        runEndedAt: NOW + 9,
        at: NOW + 9,
        ...change,
      }),
    );
  const started = async (change: Partial<SubmitJobInput> = {}) => {
    const jobId = await submit(change);
    const segmentId = await reserve(jobId);
    await move(segmentId, 'RESERVED', 'SUBMITTING');
    await move(segmentId, 'SUBMITTING', 'QUEUED');
    return { jobId, segmentId };
  };
  const running = async (change: Partial<SubmitJobInput> = {}) => {
    const made = await started(change);
    expect(await move(made.segmentId, 'QUEUED', 'RUNNING')).toBe(true);
    return made;
  };

  const jobOf = async (jobId: JobId) => {
    const job = await worker.queries.findJob(SYSTEM, jobId);
    if (!job) throw new Error('no such job');
    return job;
  };
  const story = async (subjectId: string) => {
    const { rows } = await db.admin.query<{ type: string }>(
      'SELECT type FROM event WHERE subject_id = $1 ORDER BY seq',
      [subjectId],
    );
    return rows.map((row) => row.type.split('.')[1]).join(' ');
  };

  it('carry their job through its states, each change with its event', async () => {
    const { jobId, segmentId } = await running();
    await move(segmentId, 'RUNNING', 'LOST_CONTACT');
    expect((await jobOf(jobId)).state).toBe('LOST_CONTACT');
    await move(segmentId, 'LOST_CONTACT', 'RUNNING');
    await move(segmentId, 'RUNNING', 'CHECKPOINTING');
    expect((await jobOf(jobId)).state).toBe('RUNNING');
    expect(await work((ctx) => worker.runs.markCompleting(ctx, { segmentId, at: NOW + 8 }))).toBe(true);
    expect(await end(segmentId, 'completed')).toMatchObject({ jobState: 'COMPLETED', strandedSegmentId: null });
    expect(await jobOf(jobId)).toMatchObject({ state: 'COMPLETED', startedAt: NOW + 5, endedAt: NOW + 9, exitCode: 0 });
    expect(await worker.queries.findSegment(SYSTEM, segmentId)).toMatchObject({
      ...{ state: 'ENDED', outcome: 'completed', runStartedAt: NOW + 5, runEndedAt: NOW + 9, seq: 1 },
    });
    expect(await story(jobId)).toBe('submitted scheduled dispatched started contactLost started runEnded completed');
    expect(await story(segmentId)).toBe(
      'reserved dispatched queued started contactLost started checkpointRequested ended',
    );
  });

  it('that end at their window send a job that can checkpoint back to wait, and one that cannot to its end', async () => {
    const cut = await running();
    expect(await end(cut.segmentId, 'window_end')).toMatchObject({ jobState: 'PENDING' });
    expect(await jobOf(cut.jobId)).toMatchObject({
      state: 'PENDING',
      stateReason: 'WindowEnd',
      endedAt: null,
      exitCode: null,
    });
    const whole = await running({ checkpoint: null });
    expect(await end(whole.segmentId, 'window_end')).toMatchObject({ jobState: 'TIMEOUT' });
    const neverBegan = await started({ checkpoint: null });
    expect(await end(neverBegan.segmentId, 'preempted')).toMatchObject({ jobState: 'PENDING' });
    const seenLate = await started({ checkpoint: null });
    expect(await end(seenLate.segmentId, 'preempted', { runStartedAt: NOW + 6 })).toMatchObject({
      jobState: 'PREEMPTED',
    });
    expect((await jobOf(seenLate.jobId)).startedAt).toBe(NOW + 6);
  });

  it('reserved beside a live one take the job over when it ends, and not before', async () => {
    const { jobId, segmentId } = await running();
    const next = await reserve(jobId, 1, 2);
    expect((await jobOf(jobId)).state).toBe('RUNNING');
    expect(await move(next, 'RESERVED', 'SUBMITTING')).toBe(false);
    expect(await end(segmentId, 'window_end')).toMatchObject({ jobState: 'SCHEDULED', strandedSegmentId: null });
    expect(await move(next, 'RESERVED', 'SUBMITTING')).toBe(true);
    expect(await story(jobId)).toBe('submitted scheduled dispatched started requeued scheduled dispatched');
    expect((await worker.queries.segmentsOfJob(SYSTEM, jobId)).map((segment) => [segment.seq, segment.state])).toEqual([
      [1, 'ENDED'],
      [2, 'SUBMITTING'],
    ]);
  });

  it('left over by a job that has ended are named, and released without touching the job', async () => {
    const { jobId, segmentId } = await running();
    const next = await reserve(jobId, 1, 2);
    expect(await end(segmentId, 'completed')).toMatchObject({ jobState: 'COMPLETED', strandedSegmentId: next });
    expect(await work((ctx) => worker.reservations.releaseSegment(ctx, next, 'JobEnded'))).toBe(true);
    expect((await jobOf(jobId)).state).toBe('COMPLETED');
  });

  it('are released once, and let their job wait again', async () => {
    const jobId = await submit();
    const segmentId = await reserve(jobId);
    const release = () => work((ctx) => worker.reservations.releaseSegment(ctx, segmentId, 'Resources'));
    expect((await Promise.all([release(), release(), release()])).filter(Boolean)).toHaveLength(1);
    expect((await jobOf(jobId)).state).toBe('PENDING');
    expect(await worker.queries.findSegment(SYSTEM, segmentId)).toMatchObject({ state: 'ENDED', outcome: 'cancelled' });
  });

  it('are neither made nor dispatched for a job whose cancellation is asked for; releasing them cancels it', async () => {
    const jobId = await submit();
    const segmentId = await reserve(jobId);
    await app.cancelJob.execute(tenant.context, jobId);
    expect(await move(segmentId, 'RESERVED', 'SUBMITTING')).toBe(false);
    expect(await work((ctx) => worker.reservations.releaseSegment(ctx, segmentId, 'Cancelled'))).toBe(true);
    expect(await jobOf(jobId)).toMatchObject({ state: 'CANCELLED', endedAt: NOW });
    expect((await tryReserve(jobId)).answer).toBe('job-changed');
    const other = await running();
    await app.cancelJob.execute(tenant.context, other.jobId);
    expect((await tryReserve(other.jobId, 1, 2)).answer).toBe('job-changed');
    expect(await end(other.segmentId, 'window_end')).toMatchObject({ jobState: 'CANCELLED' });
  });

  it('are not reserved twice, nor over the span of a live one', async () => {
    const { jobId } = await running();
    expect((await tryReserve(jobId, 0.5, 2)).answer).toBe('job-changed');
    expect((await tryReserve(jobId, 1, 2)).answer).toBe('created');
    expect((await tryReserve(jobId, 2, 3)).answer).toBe('job-changed');
  });

  it('do not listen to an attempt with a stale fence', async () => {
    const { jobId, segmentId } = await started();
    const stale = await work((ctx) => worker.runs.nextFence(ctx, jobId));
    const fence = await work((ctx) => worker.runs.nextFence(ctx, jobId));
    expect(fence).toBe(stale + 1);
    expect(await move(segmentId, 'QUEUED', 'RUNNING', stale)).toBe(false);
    expect(await end(segmentId, 'failed', { fence: stale })).toBeNull();
    expect(await move(segmentId, 'QUEUED', 'RUNNING', fence)).toBe(true);
    expect(await end(segmentId, 'completed', { fence })).not.toBeNull();
  });

  it('refuse what their table does not allow, and nothing is kept of the attempt', async () => {
    const { jobId, segmentId } = await started();
    await expect(move(segmentId, 'QUEUED', 'CHECKPOINTING')).rejects.toBeInstanceOf(IllegalTransitionError);
    const reserved = await reserve(await submit());
    await expect(end(reserved, 'completed')).rejects.toBeInstanceOf(IllegalTransitionError);
    expect(await story(reserved)).toBe('reserved');
    expect((await jobOf(jobId)).state).toBe('CONFIGURING');
  });

  it('moved by many at once are moved by one, with one event', async () => {
    const { jobId, segmentId } = await started();
    const moved = await Promise.all(Array.from({ length: 12 }, () => move(segmentId, 'QUEUED', 'RUNNING')));
    expect(moved.filter(Boolean)).toHaveLength(1);
    const ended = await Promise.all(
      (['completed', 'failed', 'window_end', 'lost'] as const).map((outcome) => end(segmentId, outcome)),
    );
    const [won, ...others] = ended.filter((answer) => answer !== null);
    expect(others).toEqual([]);
    expect((await jobOf(jobId)).state).toBe(won?.jobState);
    expect(await story(segmentId)).toBe('reserved dispatched queued started ended');
  });

  it('and a cancellation at the same moment leave one true story', async () => {
    for (let round = 0; round < 15; round++) {
      const jobId = await submit();
      const [, { answer }] = await Promise.all([app.cancelJob.execute(tenant.context, jobId), tryReserve(jobId)]);
      const job = await jobOf(jobId);
      if (answer === 'created') expect(job).toMatchObject({ state: 'SCHEDULED', cancelRequestedAt: NOW });
      else expect(job).toMatchObject({ state: 'CANCELLED', cancelRequestedAt: null });
    }
  });

  it('pending jobs are ended by one, and only while they wait', async () => {
    const jobId = await submit();
    const endPending = () => work((ctx) => worker.runs.endPending(ctx, jobId, { to: 'DEADLINE', at: NOW }));
    expect((await Promise.all([endPending(), endPending()])).filter(Boolean)).toHaveLength(1);
    const { jobId: other } = await running();
    expect(await work((ctx) => worker.runs.endPending(ctx, other, { to: 'OUT_OF_BUDGET', at: NOW }))).toBe(false);
  });

  describe('in the database, against writers that ask nobody', () => {
    const refusalOf = (statements: string[], values: unknown[]) =>
      work(async (ctx) => {
        for (const statement of statements) await query(ctx, statement, values);
      }).then(
        () => null,
        (error: unknown) => error,
      );

    it('no state changes without its event', async () => {
      const { jobId, segmentId } = await started();
      for (const [table, id] of [
        ['job', jobId],
        ['segment', segmentId],
      ] as const) {
        const bare = await refusalOf([`UPDATE ${table} SET state = 'RUNNING' WHERE id = $1`], [id]);
        expect(String(bare)).toMatch(/without its event/);
        const counted = await refusalOf(
          [`UPDATE ${table} SET state = 'RUNNING', event_seq = event_seq + 1 WHERE id = $1`],
          [id],
        );
        expect(isConstraintViolation(counted, `${table}_state_has_event`)).toBe(true);
      }
    });

    it('history is neither changed nor deleted', async () => {
      const { jobId } = await started();
      for (const statement of [
        'UPDATE event SET type = $2 WHERE job_id = $1',
        'DELETE FROM event WHERE job_id = $1 AND type <> $2',
      ])
        expect(String(await refusalOf([statement], [jobId, 'job.forged']))).toMatch(/append-only|permission denied/);
    });

    it('a job has one live segment and one reserved, which do not overlap', async () => {
      const { jobId, segmentId } = await running();
      const next = await reserve(jobId, 1, 2);
      const copy = (state: string, startsAt: string) => `
        INSERT INTO segment SELECT (jsonb_populate_record(s, jsonb_build_object('id', '${ids.next()}', 'seq', 9, 'state', '${state}',
          'starts_at', ${startsAt}, 'ends_at', ${startsAt} + interval '1 second'))).* FROM segment s WHERE s.id = $1`;
      const later = `s.ends_at + interval '1 day'`;
      expect(isConstraintViolation(await refusalOf([copy('QUEUED', later)], [segmentId]), 'segment_one_live')).toBe(
        true,
      );
      expect(isConstraintViolation(await refusalOf([copy('RESERVED', later)], [next]), 'segment_one_reserved')).toBe(
        true,
      );
      const lone = await running();
      const overlapping = await refusalOf([copy('RESERVED', 's.starts_at')], [lone.segmentId]);
      expect(isConstraintViolation(overlapping, 'segment_no_overlap')).toBe(true);
    });
  });

  type Step = {
    readonly kind: 'reserve' | 'release' | 'cancel' | 'fence' | 'complete' | 'move' | 'end';
    readonly pick: number;
  };
  const step = fc.record<Step>({
    kind: fc.constantFrom(
      'reserve',
      'reserve',
      'release',
      'cancel',
      'fence',
      'complete',
      'move',
      'move',
      'move',
      'move',
      'end',
      'end',
    ),
    pick: fc.nat({ max: 999 }),
  });
  const OUTCOMES: Outcome[] = ['window_end', 'window_end', 'preempted', 'lost', 'node_fail', 'completed'];

  /** Whatever is picked is tried on what stands at that moment; losing a race is fine, an unexpected error is not. */
  const tryStep = async (jobId: JobId, { kind, pick }: Step, slot: number) => {
    const standing = (await worker.queries.segmentsOfJob(SYSTEM, jobId)).filter((segment) => segment.state !== 'ENDED');
    const one = standing[pick % Math.max(1, standing.length)];
    if (kind === 'reserve') return tryReserve(jobId, slot, slot + 1);
    if (kind === 'fence') return work((ctx) => worker.runs.nextFence(ctx, jobId));
    if (kind === 'cancel')
      return pick % 4
        ? null
        : app.cancelJob
            .execute(tenant.context, jobId)
            .catch((error: { code?: string }) => expect(error.code).toBe('job-already-ended'));
    if (!one) return null;
    if (kind === 'release') return work((ctx) => worker.reservations.releaseSegment(ctx, one.id, 'Resources'));
    if (kind === 'complete') return work((ctx) => worker.runs.markCompleting(ctx, { segmentId: one.id, at: NOW }));
    if (kind === 'end')
      return one.state === 'RESERVED' ? null : end(one.id, OUTCOMES[pick % OUTCOMES.length] ?? 'lost');
    const nexts = SEGMENT_TRANSITIONS[one.state].filter((to) => to !== 'ENDED' && to !== 'RESERVED');
    const to = nexts[pick % Math.max(1, nexts.length)];
    return to === undefined ? null : move(one.id, one.state, to);
  };

  const expectChain = async (table: 'job' | 'segment', id: string) => {
    const { rows } = await db.admin.query<{ seq: number; from_state: string | null; to_state: string }>(
      'SELECT seq, from_state, to_state FROM event WHERE subject_id = $1 ORDER BY seq',
      [id],
    );
    let before: string | null = null;
    for (const [index, event] of rows.entries()) {
      expect([event.seq, event.from_state]).toEqual([index + 1, before]);
      before = event.to_state;
    }
    const { rows: now } = await db.admin.query(`SELECT state, event_seq FROM ${table} WHERE id = $1`, [id]);
    expect(now).toEqual([{ state: before, event_seq: rows.length }]);
  };

  it('keep one live segment a job and an unbroken chain of events, whoever races whom', async () => {
    const crowd = fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), { minLength: 2, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(crowd, fc.boolean(), async (rounds, canCheckpoint) => {
        const jobId = await submit(canCheckpoint ? {} : { checkpoint: null });
        for (const [slot, steps] of rounds.entries()) {
          await Promise.all(steps.map((one) => tryStep(jobId, one, slot)));
          const segments = await worker.queries.segmentsOfJob(SYSTEM, jobId);
          const count = (states: readonly string[]) =>
            segments.filter((segment) => states.includes(segment.state)).length;
          expect(count(LIVE_SEGMENT_STATES)).toBeLessThanOrEqual(1);
          expect(count(['RESERVED'])).toBeLessThanOrEqual(1);
        }
        await expectChain('job', jobId);
        for (const segment of await worker.queries.segmentsOfJob(SYSTEM, jobId))
          await expectChain('segment', segment.id);
        const { items } = await app.queries.eventsOfJob(tenant.context, jobId, FIRST);
        expect(items.every((event) => event.requestId !== '' && event.actor.id !== '')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
