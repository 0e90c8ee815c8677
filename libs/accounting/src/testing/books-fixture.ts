import {
  type AccountId,
  type AttemptId,
  type CenterId,
  type ClusterId,
  type EpochSeconds,
  type HoldId,
  type Interval,
  type JobId,
  Money,
  type OfferId,
  type PoolId,
  type PriceScheduleId,
  type ProjectId,
  type SegmentId,
  type TenantId,
  type WindowId,
  dec,
  fromEpochSeconds,
} from '#libs/kernel';
import { type OperationContext, type TxContext, asTenant, query, systemContext } from '#libs/platform';
import { FixedClock, RecordingDoorbells, type TestDatabase, countingIds } from '#libs/testing';
import type { ElectricityMode } from '#libs/pricing';
import type { StartedAttempt } from '../domain/metered-attempt.js';
import type { MeteringSite } from '../domain/metering-site.js';
import { StatedSites, accountingOn } from './accounting-on.js';

export interface TestOffer {
  readonly centerId: CenterId;
  readonly clusterId: ClusterId;
  readonly poolId: PoolId;
  readonly offerId: OfferId;
  readonly windowId: WindowId;
  readonly perDeviceHour: Money;
  readonly electricity: ElectricityMode;
}

export interface TestTenant {
  readonly tenantId: TenantId;
  readonly projectId: ProjectId;
  readonly accountId: AccountId;
}

export interface TestSegment {
  readonly tenant: TestTenant;
  readonly offer: TestOffer;
  readonly jobId: JobId;
  readonly segmentId: SegmentId;
  readonly holdId: HoldId;
  readonly priceScheduleId: PriceScheduleId;
  readonly nodes: number;
  readonly interval: Interval;
}

export interface AccountMoney {
  readonly available: string;
  readonly held: string;
  readonly overdue: string;
}

export interface HoldMoney {
  readonly amount: string;
  readonly captured: string;
  readonly released: string;
  readonly closed_at: Date | null;
}

const DEVICES_PER_NODE = 8;
const EPOCH = 1_700_000_000;
const FAR = 2_000_000_000;

/** Centers, tenants, jobs and segments to keep books of, on one database. Every node has eight devices. */
export class BooksFixture {
  readonly clock = new FixedClock(fromEpochSeconds(EPOCH));
  readonly ids = countingIds(this.clock);
  readonly doorbells = new RecordingDoorbells();
  readonly sites = new StatedSites();
  readonly context = systemContext('test', 'test-request');
  readonly worker: ReturnType<typeof accountingOn>;
  readonly app: ReturnType<typeof accountingOn>;

  constructor(
    readonly db: TestDatabase,
    billingZone?: string,
  ) {
    const { clock, ids, doorbells, sites } = this;
    const parts = { clock, ids, doorbells, sites, ...(billingZone ? { billingZone } : {}) };
    this.worker = accountingOn({ ...parts, transactions: db.worker });
    this.app = accountingOn({ ...parts, transactions: db.app });
  }

  /** Past every policy, to see what is kept. */
  async rows<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.db.admin.query<Row>(sql, [...parameters])).rows;
  }

  /** The one row that is expected. */
  async row<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row> {
    const [row] = await this.rows<Row>(sql, parameters);
    if (!row) throw new Error(`no row: ${sql}`);
    return row;
  }

  account({ accountId }: TestTenant): Promise<AccountMoney> {
    return this.row('SELECT available, held, overdue FROM tenant_account WHERE id = $1', [accountId]);
  }

  hold(id: HoldId): Promise<HoldMoney> {
    return this.row('SELECT amount, captured, released, closed_at FROM hold WHERE id = $1', [id]);
  }

  asTenant({ tenantId }: Pick<TestTenant, 'tenantId'>): OperationContext {
    return asTenant(this.context, tenantId);
  }

  at(seconds: EpochSeconds): void {
    this.clock.set(fromEpochSeconds(seconds));
  }

  async insertOffer(
    price = '3.5000',
    site: Partial<Omit<MeteringSite, 'poolId' | 'centerId'>> = {},
    electricity: ElectricityMode = 'included',
  ): Promise<TestOffer> {
    const made = {
      centerId: this.ids.next<CenterId>(),
      clusterId: this.ids.next<ClusterId>(),
      poolId: this.ids.next<PoolId>(),
      offerId: this.ids.next<OfferId>(),
      windowId: this.ids.next<WindowId>(),
    };
    const offer = { ...made, perDeviceHour: Money.of(price, 'CNY'), electricity };
    await this.insertPool(offer);
    await this.insertWindow(offer);
    this.sites.sites.set(made.poolId, { ...UNKNOWN_SITE, ...site, poolId: made.poolId, centerId: made.centerId });
    return offer;
  }

  /** With an account in CNY, topped up. */
  async insertTenant(balance = '0', creditLimit = '0'): Promise<TestTenant> {
    const tenantId = this.ids.next<TenantId>();
    const projectId = this.ids.next<ProjectId>();
    const { admin } = this.db;
    await admin.query(`INSERT INTO tenant (id, code, name, kind, created_at) VALUES ($1, $2, $2, 'customer', now())`, [
      tenantId,
      `tenant-${tenantId}`,
    ]);
    await admin.query(
      `INSERT INTO project (id, tenant_id, code, name, created_at) VALUES ($1, $2, 'main', 'main', now())`,
      [projectId, tenantId],
    );
    const context = this.asTenant({ tenantId });
    const accountId = await this.app.openAccount.execute(context, {
      tenantId,
      currency: 'CNY',
      creditLimit: Money.of(creditLimit, 'CNY'),
    });
    if (balance !== '0')
      await this.app.topUp.execute(context, { accountId, money: Money.of(balance, 'CNY'), reference: 'bank-1' });
    return { tenantId, projectId, accountId };
  }

  async insertJob({ tenantId, projectId }: TestTenant): Promise<JobId> {
    const jobId = this.ids.next<JobId>();
    await this.insertEvent({ tenantId, type: 'job', id: jobId });
    await this.db.admin.query(
      `INSERT INTO job (id, tenant_id, project_id, name, state, script, nodes, devices_per_node, workload, walltime_seconds, currency,
         objective, qos, requeue, submitted_by, submitted_at, event_seq)
       VALUES ($1, $2, $3, 'job', 'PENDING', 'true', 1, 8, '{}', 3600, 'CNY', 'cost', 'normal', false, $1, now(), 1)`,
      [jobId, tenantId, projectId],
    );
    return jobId;
  }

  /** As scheduling reserves: price locked, money held, segment written, in one transaction. Null without funds. */
  async reserve(tenant: TestTenant, offer: TestOffer, interval: Interval, nodes = 1): Promise<TestSegment | null> {
    const jobId = await this.insertJob(tenant);
    const segmentId = this.ids.next<SegmentId>();
    const holdId = this.ids.next<HoldId>();
    await this.insertEvent({ tenantId: tenant.tenantId, type: 'segment', id: segmentId });
    return this.db.worker.run(this.context, async (ctx) => {
      const priceScheduleId = await this.worker.pricing.lockSchedule(ctx, { ...offer, tenantId: tenant.tenantId });
      const segment = { tenant, offer, jobId, segmentId, holdId, priceScheduleId, nodes, interval };
      const held = await this.worker.holds.place(ctx, {
        ...segment,
        ...interval,
        tenantId: tenant.tenantId,
        poolId: offer.poolId,
        devicesPerNode: DEVICES_PER_NODE,
      });
      if (held !== 'held') return null;
      await insertSegment(ctx, segment);
      return segment;
    });
  }

  async mustReserve(tenant: TestTenant, offer: TestOffer, interval: Interval, nodes = 1): Promise<TestSegment> {
    const segment = await this.reserve(tenant, offer, interval, nodes);
    if (!segment) throw new Error('the tenant of this test has not enough money');
    return segment;
  }

  /** As execution says that the cluster started it. The time limit is the segment's length, counted from the start. */
  async start(segment: TestSegment, startedAt = segment.interval.startsAt): Promise<AttemptId> {
    const attemptId = this.ids.next<AttemptId>();
    await this.db.worker.run(this.context, (ctx) =>
      this.worker.meter.start(ctx, startOf(segment, attemptId, startedAt)),
    );
    return attemptId;
  }

  async seen(attemptId: AttemptId, at: EpochSeconds): Promise<void> {
    await this.db.worker.run(this.context, (ctx) => this.worker.meter.seen(ctx, [attemptId], at));
  }

  async end(attemptId: AttemptId, at: EpochSeconds): Promise<boolean> {
    return this.db.worker.run(this.context, (ctx) => this.worker.meter.end(ctx, attemptId, at));
  }

  /** Reserved, run from start to `endedAt` and metered; not charged yet. */
  async runMetered(tenant: TestTenant, offer: TestOffer, interval: Interval, endedAt = interval.endsAt) {
    const segment = await this.mustReserve(tenant, offer, interval);
    const attemptId = await this.start(segment);
    await this.end(attemptId, endedAt);
    await this.worker.meterAttempt.execute(this.context, attemptId);
    return { ...segment, attemptId };
  }

  private async insertPool(offer: TestOffer): Promise<void> {
    const { admin } = this.db;
    await admin.query(
      `INSERT INTO center (id, code, name, zone, provenance, created_at) VALUES ($1, $2, $2, 'Asia/Shanghai', 'operator', now())`,
      [offer.centerId, `center-${offer.centerId}`],
    );
    await admin.query(
      `INSERT INTO cluster (id, center_id, code, name, created_at) VALUES ($1, $2, 'main', 'main', now())`,
      [offer.clusterId, offer.centerId],
    );
    await admin.query(
      `INSERT INTO pool (id, cluster_id, center_id, code, name, devices_per_node, nodes, provenance, created_at)
       VALUES ($1, $2, $3, 'gpu', 'gpu', $4, 100, 'operator', now())`,
      [offer.poolId, offer.clusterId, offer.centerId, DEVICES_PER_NODE],
    );
  }

  private async insertWindow({ offerId, windowId, poolId, centerId, perDeviceHour, electricity }: TestOffer) {
    const span = [fromEpochSeconds(EPOCH), fromEpochSeconds(FAR)];
    await this.insertEvent({ tenantId: null, type: 'offer', id: offerId });
    await this.insertEvent({ tenantId: null, type: 'window', id: windowId });
    await this.db.admin.query(
      `INSERT INTO offer (id, pool_id, center_id, nodes, starts_at, ends_at, price_per_device_hour, currency, electricity, notice_seconds,
         reclaim_credit_percent, failure_credit_max_hours, min_segment_seconds, guarantee, state, event_seq, created_at)
       VALUES ($1, $2, $3, 100, $4, $5, $6, $7, $8, 0, 0, 4, 0, 'bestEffort', 'open', 1, now())`,
      [offerId, poolId, centerId, ...span, perDeviceHour.amount.toFixed(), perDeviceHour.currency, electricity],
    );
    await this.db.admin.query(
      `INSERT INTO offer_window (id, offer_id, pool_id, center_id, starts_at, ends_at, nodes, state, event_seq, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, 100, 'open', 1, now())`,
      [windowId, offerId, poolId, centerId, ...span],
    );
  }

  private async insertEvent(subject: { tenantId: TenantId | null; type: string; id: string }): Promise<void> {
    await this.db.admin.query(
      `INSERT INTO event (id, tenant_id, subject_type, subject_id, seq, type, actor_kind, actor_id, request_id, at)
       VALUES ($1, $2, $3, $4, 1, $5, 'system', 'test', 'test', now())`,
      [this.ids.next(), subject.tenantId, subject.type, subject.id, `${subject.type}.made`],
    );
  }
}

export function startOf(segment: TestSegment, attemptId: AttemptId, startedAt: EpochSeconds): StartedAttempt {
  const { tenant, offer, jobId, segmentId, holdId, priceScheduleId, nodes, interval } = segment;
  return {
    attemptId,
    tenantId: tenant.tenantId,
    projectId: tenant.projectId,
    ...{ jobId, segmentId, holdId, priceScheduleId, nodes },
    centerId: offer.centerId,
    poolId: offer.poolId,
    devicesPerNode: DEVICES_PER_NODE,
    startedAt,
    billableUntil: startedAt + interval.endsAt - interval.startsAt,
  };
}

async function insertSegment(ctx: TxContext, segment: TestSegment): Promise<void> {
  const { tenant, offer, interval } = segment;
  await query(
    ctx,
    `INSERT INTO segment (id, tenant_id, job_id, seq, center_id, cluster_id, pool_id, offer_id, window_id, window_generation, nodes,
       devices_per_node, starts_at, ends_at, state, price_schedule_id, hold_id, expected_useful_seconds, event_seq, created_at)
     VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, 'RESERVED', $13, $14, 0, 1, now())`,
    [
      ...[segment.segmentId, tenant.tenantId, segment.jobId, offer.centerId, offer.clusterId, offer.poolId],
      ...[offer.offerId, offer.windowId, segment.nodes, DEVICES_PER_NODE],
      ...[fromEpochSeconds(interval.startsAt), fromEpochSeconds(interval.endsAt)],
      ...[segment.priceScheduleId, segment.holdId],
    ],
  );
}

const UNKNOWN_SITE: Omit<MeteringSite, 'poolId' | 'centerId'> = {
  deviceKind: 'test-gpu',
  power: { idleWatts: null, fullWatts: null, suspendWatts: null, utilisation: null, source: null },
  baseline: 'idle',
  site: { pue: null, pueYear: null, pueSource: null, marginalPue: null, gridFactor: null },
  tariffs: [],
};

/** 3 kW idle, 9 kW at full load, 6 kW at work; PUE 1.25; 0.60 CNY a kWh at all hours; 0.5 kgCO2e a kWh. */
export const KNOWN_SITE: Partial<MeteringSite> = {
  power: {
    idleWatts: dec(3000),
    fullWatts: dec(9000),
    suspendWatts: null,
    utilisation: dec('0.5'),
    source: 'stated for tests',
  },
  site: {
    pue: dec('1.25'),
    pueYear: 2024,
    pueSource: 'stated for tests',
    marginalPue: null,
    gridFactor: { kgPerKwh: dec('0.5'), year: 2023, method: 'average', source: 'stated for tests' },
  },
  tariffs: [
    {
      validFrom: 0,
      tariff: {
        zone: 'Asia/Shanghai',
        currency: 'CNY',
        bands: [
          {
            name: 'flat',
            months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            from: '00:00',
            to: '24:00',
            pricePerKwh: dec('0.60'),
          },
        ],
        representative: false,
        source: 'stated for tests',
      },
    },
  ],
};
