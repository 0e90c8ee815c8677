import type { CenterId, HoldId, Interval, JobId, PriceScheduleId, ProjectId, SegmentId, TenantId } from '#libs/kernel';
import {
  type Clock,
  type Doorbells,
  EventStore,
  type IdSource,
  type OperationContext,
  type TransactionRunner,
} from '#libs/platform';
import type { TestDatabase } from '#libs/testing';
import { CancelJobService } from '../application/cancel-job.service.js';
import { JobQueries } from '../application/job-queries.service.js';
import { type CreateSegmentInput, SegmentReservations } from '../application/segment-reservations.service.js';
import { SegmentRuns } from '../application/segment-runs.service.js';
import { StateChanges } from '../application/state-changes.service.js';
import { SubmitJobService } from '../application/submit-job.service.js';
import type { SubmitJobInput } from '../domain/job.js';
import type { Segment } from '../domain/segment.js';
import { PostgresJobReader } from '../persistence/postgres-job-reader.store.js';
import { PostgresJobStore } from '../persistence/postgres-job.store.js';
import { PostgresSegmentStore } from '../persistence/postgres-segment.store.js';

export interface JobsParts {
  readonly transactions: TransactionRunner;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly doorbells: Doorbells;
}

/** The library's use cases on real stores, without Nest. */
export function jobsOn({ transactions, clock, ids, doorbells }: JobsParts) {
  const events = new EventStore(clock, ids);
  const [jobs, segments, reader] = [new PostgresJobStore(), new PostgresSegmentStore(), new PostgresJobReader()];
  const changes = new StateChanges(jobs, segments, events);
  return {
    submitJob: new SubmitJobService(transactions, clock, ids, events, doorbells, jobs),
    cancelJob: new CancelJobService(transactions, clock, events, doorbells, jobs, reader, changes),
    queries: new JobQueries(transactions, reader, segments),
    reservations: new SegmentReservations(clock, jobs, segments, changes),
    runs: new SegmentRuns(jobs, segments, changes),
  };
}

export interface TestTenant {
  readonly tenantId: TenantId;
  readonly projectId: ProjectId;
  readonly code: string;
  /** A key of the tenant calls. */
  readonly context: OperationContext;
}

/** A customer with one project. */
export async function insertTenant(admin: TestDatabase['admin'], ids: IdSource): Promise<TestTenant> {
  const [tenantId, projectId] = [ids.next<TenantId>(), ids.next<ProjectId>()];
  const code = `tenant-${tenantId}`;
  await admin.query(`INSERT INTO tenant (id, code, name, kind, created_at) VALUES ($1, $2, $2, 'customer', now())`, [
    tenantId,
    code,
  ]);
  await admin.query(
    `INSERT INTO project (id, tenant_id, code, name, created_at) VALUES ($1, $2, 'default', 'default', now())`,
    [projectId, tenantId],
  );
  return { tenantId, projectId, code, context: keyContext(ids, { tenantId }) };
}

/** A call by a key of a tenant, or by an operator of centers. */
export function keyContext(
  ids: IdSource,
  scope: { readonly tenantId?: TenantId; readonly centerIds?: readonly CenterId[] },
): OperationContext {
  const { tenantId = null, centerIds = [] } = scope;
  return {
    actor: { kind: 'apiKey', id: ids.next() },
    requestId: `request-${ids.next()}`,
    scope: { tenantId, writeTenantIds: tenantId ? [tenantId] : [], centerIds, platformAdmin: false },
  };
}

/** A job that can be submitted: one node for an hour, cut where needed. */
export function jobInput(projectId: ProjectId, change: Partial<SubmitJobInput> = {}): SubmitJobInput {
  return {
    projectId,
    name: 'train',
    script: '#!/bin/bash\necho training\n',
    env: { SEED: '1' },
    image: null,
    nodes: 1,
    devicesPerNode: 8,
    deviceKinds: [],
    minDeviceMemoryGib: null,
    workload: { kind: 'walltime', walltimeMinutes: 60 },
    walltimeSeconds: 3600,
    checkpoint: { intervalSeconds: null, sizeGib: 1, signal: 'USR1', minSegmentSeconds: 60 },
    centersAllowed: [],
    centersDenied: [],
    earliestStartAt: null,
    deadlineAt: null,
    maxWaitSeconds: null,
    maxCost: null,
    currency: 'CNY',
    objective: 'cost',
    qos: 'normal',
    requeue: false,
    labels: {},
    quoteId: null,
    ...change,
  };
}

type Place = Pick<Segment, 'centerId' | 'clusterId' | 'poolId' | 'offerId' | 'windowId'>;

/** A segment for a job, with a price and a hold that only have ids. */
export function segmentInput(
  ids: IdSource,
  place: Place,
  segment: { readonly jobId: JobId; readonly interval: Interval },
): CreateSegmentInput {
  const { centerId, clusterId, poolId, offerId, windowId } = place;
  return {
    ...{ centerId, clusterId, poolId, offerId, windowId },
    ...segment,
    segmentId: ids.next<SegmentId>(),
    windowGeneration: 1,
    nodes: 1,
    devicesPerNode: 8,
    expectedUsefulSeconds: segment.interval.endsAt - segment.interval.startsAt,
    priceScheduleId: ids.next<PriceScheduleId>(),
    holdId: ids.next<HoldId>(),
  };
}

/** Prices and holds are the affair of libs/accounting; segments are tested here without them. */
export async function withoutMoney(admin: TestDatabase['admin']): Promise<void> {
  await admin.query('ALTER TABLE segment DROP CONSTRAINT segment_price, DROP CONSTRAINT segment_hold');
}
