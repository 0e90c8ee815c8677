import type { INestApplicationContext } from '@nestjs/common';
import { BooksFixture, type TestTenant } from '#libs/accounting/testing';
import { hoursFrom, insertPool, insertWindow, type TestPool, type TestWindow } from '#libs/capacity/testing';
import { type RequestQuote, requestQuote } from '#libs/contracts';
import type { SubmitJobInput } from '#libs/jobs';
import { jobInput, jobsOn, keyContext } from '#libs/jobs/testing';
import type { HoldId, JobId, PriceScheduleId, SegmentId } from '#libs/kernel';
import type { OperationContext } from '#libs/platform';
import type { TestDatabase } from '#libs/testing';
import { CommitReservationService } from '../application/commit-reservation.service.js';
import type { PlanCycleStore } from '../application/plan-cycle.store.js';
import { PostgresPlanCycleStore } from '../persistence/postgres-plan-cycle.store.js';
import { PlanRoundService } from '../index.js';
import { schedulingProcess } from './scheduling-process.js';

/** On the hour, in January 2027. */
export const NOW = 1_800_000_000;

export type TestLane = TestPool & TestWindow;

interface LaneShape {
  readonly nodes?: number;
  readonly windowNodes?: number;
  /** Hours from `NOW`. */
  readonly from?: number;
  readonly to?: number;
  readonly price?: string;
  readonly connector?: 'local' | null;
}

interface SegmentRow {
  readonly id: SegmentId;
  readonly job_id: JobId;
  readonly pool_id: string;
  readonly window_id: string;
  readonly price_schedule_id: PriceScheduleId;
  readonly hold_id: HoldId;
  readonly nodes: number;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly state: string;
  readonly expected_useful_seconds: number;
}

interface ForecastRow {
  readonly job_id: JobId;
  readonly starts_at: Date | null;
  readonly finishes_at: Date | null;
  readonly cost: string | null;
  readonly segments: readonly { readonly poolId: string; readonly startsAt: number; readonly endsAt: number }[];
  readonly reasons: readonly {
    readonly code: string;
    readonly message: string;
    readonly figures: Readonly<Record<string, number | string>>;
  }[];
  readonly planned_at: Date;
}

export interface CycleRow {
  readonly jobs: number;
  readonly placed: number;
  readonly refused: number;
  readonly reserved: number;
  readonly lost_races: number;
}

const DELETE_ALL = `
  DO $$
  DECLARE name text;
  BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'fee_plan', 'tax_code') LOOP
      EXECUTE format('DELETE FROM %I', name);
    END LOOP;
  END $$`;

/** A planner that believes itself alone: the advisory lock is bypassed, so that only commits stand between two of them. */
class UnlockedCycles extends PostgresPlanCycleStore {
  override tryLock(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

/** Does a test's deed before each commit. */
class InterruptedCommit extends CommitReservationService {
  deed: () => Promise<unknown> = () => Promise.resolve();

  override async execute(...input: Parameters<CommitReservationService['execute']>) {
    await this.deed();
    return super.execute(...input);
  }
}

/** Tenants with money, jobs, pools with windows, and planners over them, on one database. */
export class SchedulingFixture {
  readonly app: INestApplicationContext;
  readonly worker: INestApplicationContext;
  readonly books: BooksFixture;
  readonly jobs: ReturnType<typeof jobsOn>;
  private readonly others: INestApplicationContext[] = [];

  private constructor(
    readonly db: TestDatabase,
    parts: {
      readonly books: BooksFixture;
      readonly app: INestApplicationContext;
      readonly worker: INestApplicationContext;
    },
  ) {
    this.books = parts.books;
    this.app = parts.app;
    this.worker = parts.worker;
    const { clock, ids, doorbells } = parts.books;
    this.jobs = jobsOn({ transactions: db.app, clock, ids, doorbells });
  }

  static async open(db: TestDatabase): Promise<SchedulingFixture> {
    const books = new BooksFixture(db);
    books.at(NOW);
    const { clock, ids, doorbells } = books;
    const app = await schedulingProcess({ url: db.urls.app, clock, ids, doorbells });
    const worker = await schedulingProcess({ url: db.urls.worker, clock, ids, doorbells });
    return new SchedulingFixture(db, { books, app, worker });
  }

  async close(): Promise<void> {
    await Promise.all([this.app, this.worker, ...this.others].map((process) => process.close()));
    await this.db.close();
  }

  /** A second worker with connections of its own. */
  async openWorker(): Promise<INestApplicationContext> {
    const { clock, ids, doorbells } = this.books;
    const worker = await schedulingProcess({ url: this.db.urls.worker, clock, ids, doorbells });
    this.others.push(worker);
    return worker;
  }

  round(): Promise<boolean> {
    return this.worker.get(PlanRoundService).execute();
  }

  /** A round of a planner that believes itself alone. */
  unlockedRound(process: INestApplicationContext, beforeCommit?: () => Promise<unknown>): Promise<boolean> {
    const commit = beforeCommit && { commit: interruptedCommit(process, beforeCommit) };
    return roundOf(process, { cycles: new UnlockedCycles(), ...commit }).execute();
  }

  /** A round in which `deed` falls between the plan and its first commit. */
  interruptedRound(deed: () => Promise<unknown>): Promise<boolean> {
    let done: Promise<unknown> | null = null;
    return roundOf(this.worker, { commit: interruptedCommit(this.worker, () => (done ??= deed())) }).execute();
  }

  /** A pool of eight-device nodes at a center of its own, open in one window. */
  async insertLane(shape: LaneShape = {}): Promise<TestLane> {
    const { nodes = 4, connector = 'local' } = shape;
    const pool = await insertPool(this.db.admin, this.books.ids, { nodes });
    await this.db.admin.query('UPDATE cluster SET connector = $2 WHERE id = $1', [pool.clusterId, connector]);
    return this.insertWindow(pool, { windowNodes: nodes, ...shape });
  }

  /** Another window of the pool, with an offer of its own. */
  async insertWindow(pool: TestPool, { windowNodes = 4, from = 0, to = 12, price }: LaneShape = {}): Promise<TestLane> {
    const interval = hoursFrom(NOW, from, to);
    const window = await insertWindow(this.db.admin, this.books.ids, { ...pool, nodes: windowNodes, interval });
    if (price)
      await this.db.admin.query('UPDATE offer SET price_per_device_hour = $2 WHERE id = $1', [window.offerId, price]);
    return { ...pool, ...window };
  }

  /** As KNOWN_SITE of libs/accounting: 9 kW at full load, 6 kW at work; PUE 1.25; 0.60 CNY and 0.5 kgCO2e a kWh. */
  async meterSite({ poolId, centerId }: TestPool): Promise<void> {
    const { admin } = this.db;
    const allYear = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const bands = [{ name: 'flat', months: allYear, from: '00:00', to: '24:00', pricePerKwh: '0.60' }];
    await admin.query(
      `INSERT INTO grid_factor VALUES ('test', 2024, 'average', 0.5, 'stated for tests', now()) ON CONFLICT DO NOTHING`,
    );
    await admin.query(
      `UPDATE center SET pue = 1.25, pue_source = 'stated for tests', grid_region = 'test' WHERE id = $1`,
      [centerId],
    );
    await admin.query(
      `UPDATE pool SET idle_watts = 3000, full_watts = 9000, utilisation = 0.5, power_source = 'stated for tests' WHERE id = $1`,
      [poolId],
    );
    await admin.query(
      `INSERT INTO tariff (id, center_id, valid_from, currency, bands, representative, source, created_at)
       VALUES ($1, $2, '2020-01-01Z', 'CNY', $3, false, 'stated for tests', now())`,
      [this.books.ids.next(), centerId, JSON.stringify(bands)],
    );
  }

  contextOf({ tenantId }: TestTenant): OperationContext {
    return keyContext(this.books.ids, { tenantId });
  }

  async submit(tenant: TestTenant, change: Partial<SubmitJobInput> = {}): Promise<JobId> {
    const input = jobInput(tenant.projectId, { checkpoint: null, objective: 'time', ...change });
    return (await this.jobs.submitJob.execute(this.contextOf(tenant), input)).id;
  }

  async segments(jobId: JobId): Promise<SegmentRow[]> {
    return this.books.rows<SegmentRow>('SELECT * FROM segment WHERE job_id = $1 ORDER BY seq', [jobId]);
  }

  async segment(jobId: JobId): Promise<SegmentRow> {
    const [segment] = await this.segments(jobId);
    if (!segment) throw new Error(`job ${jobId} has no segment`);
    return segment;
  }

  async forecast(jobId: JobId): Promise<ForecastRow | null> {
    return (await this.books.rows<ForecastRow>('SELECT * FROM forecast WHERE job_id = $1', [jobId]))[0] ?? null;
  }

  async jobState(jobId: JobId): Promise<string> {
    return (await this.books.row<{ state: string }>('SELECT state FROM job WHERE id = $1', [jobId])).state;
  }

  /** Of the newest round. */
  lastCycle(): Promise<CycleRow> {
    return this.books.row<CycleRow>('SELECT * FROM plan_cycle ORDER BY id DESC LIMIT 1');
  }

  /** Everything but what the migrations seed, gone: the next run of a property begins anew. */
  async clear(): Promise<void> {
    const client = await this.db.admin.connect();
    try {
      // Append-only tables refuse it otherwise.
      // Append-only tables refuse it otherwise. Quicker than TRUNCATE, which makes every table and index a new file.
      await client.query('SET session_replication_role = replica');
      await client.query(DELETE_ALL);
      await client.query('RESET session_replication_role');
    } finally {
      client.release();
    }
    this.books.doorbells.rung.length = 0;
    this.books.at(NOW);
  }
}

function interruptedCommit(process: INestApplicationContext, deed: () => Promise<unknown>): CommitReservationService {
  const parts = process.get(CommitReservationService, { strict: false });
  return Object.assign(Object.create(InterruptedCommit.prototype) as InterruptedCommit, parts, { deed });
}

/** A round from a process's own parts, but for those that a test replaces. */
function roundOf(
  process: INestApplicationContext,
  parts: { readonly cycles?: PlanCycleStore; readonly commit?: CommitReservationService },
): PlanRoundService {
  const round = process.get(PlanRoundService);
  return Object.assign(Object.create(PlanRoundService.prototype) as PlanRoundService, round, parts);
}

/** A quote's request as the wire's schema fills it in: one node for an hour, in one piece. */
export function quoteRequest(change: Partial<Record<keyof RequestQuote, unknown>> = {}): RequestQuote {
  return requestQuote.parse({
    resources: { nodes: 1, devicesPerNode: 8 },
    workload: { kind: 'walltime', walltimeMinutes: 60 },
    objective: 'time',
    ...change,
  });
}
