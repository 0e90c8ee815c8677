import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type EpochSeconds,
  type HoldId,
  type Interval,
  type JobId,
  type ReservationId,
  type SegmentId,
  toEpochSeconds,
} from '#libs/kernel';
import { Holds, MeterAttemptService, Pricing, RateUsageService } from '#libs/accounting';
import { BooksFixture, type TestOffer, type TestTenant } from '#libs/accounting/testing';
import { ReserveCapacity } from '#libs/capacity';
import { type Job, JobQueries, type Segment, SegmentReservations, type SubmitJobInput } from '#libs/jobs';
import { jobInput, jobsOn } from '#libs/jobs/testing';
import {
  Clock,
  type OperationContext,
  PlatformConfig,
  systemContext,
  TransactionRunner,
  Uuid7Source,
} from '#libs/platform';
import { PlatformDouble, RecordingDoorbells, type TestDatabase } from '#libs/testing';
import { DispatchSegmentService, ExecutionModule, ObserveClusterService, StopJobService } from '../index.js';

/** The machine's clock, which the wrappers of real processes go by. */
class RealClock extends Clock {
  now(): Date {
    return new Date();
  }
}

const CLOCK = new RealClock();
const POLL_MS = 100;

export function secondsNow(): EpochSeconds {
  return toEpochSeconds(CLOCK.now());
}

/** One broker's worker half, wired as in production but without a queue: its sweep is the test's. */
export interface Broker {
  readonly app: INestApplicationContext;
  /** What the sweep does once. */
  sweep(): Promise<void>;
}

/** Brokers, local clusters with real processes, and the books, on one database. */
export class ExecutionBed {
  readonly books: BooksFixture;
  readonly context: OperationContext = systemContext('test', 'test-request');
  readonly dataDir: string;
  readonly doorbells = new RecordingDoorbells();
  private readonly ids = new Uuid7Source(CLOCK);
  private readonly brokers: Broker[] = [];

  constructor(readonly db: TestDatabase) {
    this.books = new BooksFixture(db);
    this.books.at(secondsNow());
    this.dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'yusuan-execution-')));
    chmodSync(this.dataDir, 0o755);
  }

  async makeBroker(): Promise<Broker> {
    const app = await NestFactory.createApplicationContext(this.rootModule(), {
      logger: process.env['YUSUAN_TEST_LOG'] ? ['log', 'warn', 'error'] : false,
      abortOnError: false,
    });
    const broker = { app, sweep: oneAtATime(() => sweep(app, this.context)) };
    this.brokers.push(broker);
    return broker;
  }

  async close(): Promise<void> {
    await Promise.all(this.brokers.map((broker) => broker.app.close()));
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** An offer on a pool of a local cluster of its own. */
  async makeCluster(settings: Record<string, unknown> = {}): Promise<TestOffer> {
    const offer = await this.books.insertOffer('3600.0000');
    const all = { slots: 4, graceSeconds: 1, leadSeconds: 6, startTimeoutSeconds: 5, ...settings };
    await this.db.admin.query(`UPDATE cluster SET connector = 'local', connector_settings = $2 WHERE id = $1`, [
      offer.clusterId,
      JSON.stringify(all),
    ]);
    return offer;
  }

  async submit(tenant: TestTenant, script: string, change: Partial<SubmitJobInput> = {}): Promise<JobId> {
    const { db, ids, doorbells } = this;
    const { submitJob } = jobsOn({ transactions: db.app, clock: CLOCK, ids, doorbells });
    const job = { script: `#!/bin/bash\n${script}`, walltimeSeconds: 600, checkpoint: null, ...change };
    return (await submitJob.execute(this.keyOf(tenant), jobInput(tenant.projectId, job))).id;
  }

  async askToCancel(tenant: TestTenant, jobId: JobId): Promise<void> {
    const { db, ids, doorbells } = this;
    await jobsOn({ transactions: db.app, clock: CLOCK, ids, doorbells }).cancelJob.execute(this.keyOf(tenant), jobId);
  }

  /** As scheduling commits a segment: nodes, price, money and the segment in one transaction. */
  async reserve(
    broker: Broker,
    job: { readonly tenant: TestTenant; readonly jobId: JobId },
    place: { readonly offer: TestOffer; readonly interval: Interval; readonly expectedUsefulSeconds?: number },
  ): Promise<SegmentId> {
    const { app } = broker;
    const { offer, interval } = place;
    const { jobId, tenant } = job;
    const [segmentId, holdId] = [this.ids.next<SegmentId>(), this.ids.next<HoldId>()];
    const nodes = { poolId: offer.poolId, windowId: offer.windowId, nodes: 1, interval };
    const { tenantId } = tenant;
    return app.get(TransactionRunner).run(this.context, async (ctx) => {
      const reservation = { reservationId: this.ids.next<ReservationId>(), segmentId, windowGeneration: 1, ...nodes };
      expectAnswer('reserved', await app.get(ReserveCapacity).reserve(ctx, reservation));
      const priceScheduleId = await app.get(Pricing).lockSchedule(ctx, { ...offer, tenantId });
      const segment = { ...offer, ...nodes, jobId, segmentId, holdId, priceScheduleId, devicesPerNode: 8 };
      const expectedUsefulSeconds = place.expectedUsefulSeconds ?? 0;
      const made = { ...segment, windowGeneration: 1, expectedUsefulSeconds };
      expectAnswer('created', await app.get(SegmentReservations).createSegment(ctx, made));
      expectAnswer('held', await app.get(Holds).place(ctx, { ...segment, ...interval, tenantId }));
      return segmentId;
    });
  }

  async job(broker: Broker, jobId: JobId): Promise<Job> {
    return found(await broker.app.get(JobQueries).findJob(this.context, jobId));
  }

  async segment(broker: Broker, segmentId: SegmentId): Promise<Segment> {
    return found(await broker.app.get(JobQueries).findSegment(this.context, segmentId));
  }

  /** Sweeps until what is asked for holds. */
  async until(
    broker: Pick<Broker, 'sweep'>,
    what: string,
    holds: () => Promise<boolean>,
    patienceMs = 30_000,
  ): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    for (;;) {
      await broker.sweep();
      if (await holds()) return;
      if (Date.now() > giveUpAt) throw new Error(`not seen within ${patienceMs} ms: ${what}`);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  async untilJobIs(broker: Broker, jobId: JobId, state: Job['state']): Promise<Job> {
    await this.until(broker, `job in ${state}`, async () => (await this.job(broker, jobId)).state === state);
    return this.job(broker, jobId);
  }

  async untilCharged(broker: Broker): Promise<void> {
    await this.until(broker, 'nothing held', async () => {
      const { rows } = await this.db.admin.query(`SELECT id FROM hold WHERE closed_at IS NULL`);
      return rows.length === 0;
    });
  }

  /** A file that jobs of this test write lines to, and what they wrote. */
  makeDiary(): { readonly file: string; lines(): string[] } {
    const file = join(this.dataDir, `diary-${this.ids.next()}`);
    writeFileSync(file, '');
    chmodSync(file, 0o666);
    return { file, lines: () => readFileSync(file, 'utf8').split('\n').filter(Boolean) };
  }

  /** What migrations/invariants.sql finds wrong. */
  async violations(): Promise<unknown[]> {
    const sql = readFileSync(new URL('../../../../migrations/invariants.sql', import.meta.url), 'utf8');
    return (await this.db.admin.query(sql)).rows;
  }

  private keyOf({ tenantId }: TestTenant): OperationContext {
    const scope = { tenantId, writeTenantIds: [tenantId], centerIds: [], platformAdmin: false };
    return { actor: { kind: 'apiKey', id: this.ids.next() }, requestId: 'test-request', scope };
  }

  private rootModule(): object {
    const { db, dataDir, doorbells, ids } = this;
    const config = PlatformConfig.fromEnvironment({}).with({ dataDir });
    const platform = PlatformDouble.forRoot({ url: db.urls.worker, clock: CLOCK, ids, doorbells, config });
    @Module({ imports: [platform, ExecutionModule] })
    class Root {}
    return Root;
  }
}

/** Whoever asks while it runs gets that run. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => {
    running ??= work().finally(() => (running = null));
    return running;
  };
}

async function sweep(app: INestApplicationContext, context: OperationContext): Promise<void> {
  const [dispatch, observe, stop] = [
    app.get(DispatchSegmentService),
    app.get(ObserveClusterService),
    app.get(StopJobService),
  ];
  for (const jobId of await stop.findAsked(context)) await stop.execute(context, jobId);
  for (const segmentId of await dispatch.findDue(context)) await dispatch.execute(context, segmentId);
  for (const clusterId of await observe.findClusters(context)) await observe.execute(context, clusterId);
  const metering = app.get(MeterAttemptService);
  for (const attemptId of await metering.findOpen(context)) await metering.execute(context, attemptId);
  await app.get(RateUsageService).execute(context);
}

function expectAnswer(wanted: string, answer: string): void {
  if (answer !== wanted) throw new Error(`the test could not reserve: ${answer}`);
}

function found<T>(value: T | null): T {
  if (value === null) throw new Error('not there');
  return value;
}
