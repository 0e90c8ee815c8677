import type { ApiHarness } from './api-harness.js';
import { type CenterWorld, jobBody, makeTenant, offerBody, type TenantWorld } from './world.js';

/** In every text that a tenant can write. */
export const MARK = 'ALPHASECRET';

export interface SecretWorld {
  readonly tenant: TenantWorld;
  readonly jobId: string;
  readonly keyId: string;
  readonly offerId: string;
  readonly segmentId: string;
  /** What no other tenant may see: the mark, and the id of everything that is the tenant's. */
  readonly secrets: readonly string[];
}

/** A tenant that has something of everything: also of what only the worker writes, put there by hand. */
export async function makeSecretWorld(api: ApiHarness, center: CenterWorld): Promise<SecretWorld> {
  const tenant = await makeTenant(api, 'alpha');
  const { owner, submitter } = tenant.keys;
  const project = await api.post('/v1/projects', owner, { code: 'secret', name: `${MARK} project` });
  const member = { name: `${MARK} member`, email: 'alphasecret@example.com', roles: ['submitter'] };
  const { id: memberId } = await api.post('/v1/members', owner, member);
  const key = await api.post('/v1/api-keys', owner, { name: `${MARK} key`, roles: ['auditor'] });
  const offer = await api.post('/v1/offers', center.operatorKey, {
    ...offerBody(center.poolId),
    tenantsAllowed: ['alpha'],
  });
  const [window] = (await api.get('/v1/windows', submitter)).body.items;
  const { resources, workload } = jobBody();
  const quote = await api.post('/v1/quotes', submitter, { resources, workload });
  const run = { script: `#!/bin/bash\necho ${MARK}\n`, env: { TOKEN: MARK } };
  const body = { ...jobBody(), name: `${MARK} job`, project: 'secret', run, labels: { team: MARK }, quoteId: quote.id };
  const job = await api.post('/v1/jobs', submitter, body, { 'idempotency-key': 'alpha-job' });
  const segmentId = '01900000-0000-7000-8000-0000000000aa';
  await insertWorkersRows(api, {
    tenant,
    center,
    projectId: project.id,
    jobId: job.id,
    segmentId,
    offerId: offer.id,
    windowId: window.id,
  });
  const { items } = (await api.get(`/v1/accounts/${tenant.accountId}/entries`, owner)).body;
  const ids = [
    tenant.id,
    tenant.accountId,
    project.id,
    memberId,
    key.id,
    quote.id,
    job.id,
    segmentId,
    items[0].transactionId,
  ];
  return {
    tenant,
    jobId: job.id,
    keyId: key.id,
    offerId: offer.id,
    segmentId,
    secrets: [MARK, 'alphasecret', 'payment of alpha', window.id, ...ids],
  };
}

interface Rows {
  readonly tenant: TenantWorld;
  readonly center: CenterWorld;
  readonly projectId: string;
  readonly jobId: string;
  readonly segmentId: string;
  readonly offerId: string;
  readonly windowId: string;
}

/** Past triggers and foreign keys: only what a reader could see is of interest. */
async function insertWorkersRows(api: ApiHarness, rows: Rows): Promise<void> {
  const { tenant, center, projectId, jobId, segmentId, offerId, windowId } = rows;
  const client = await api.database.admin.connect();
  const insert = async (table: string, row: Readonly<Record<string, unknown>>) => {
    const names = Object.keys(row);
    const places = names.map((_, index) => `$${index + 1}`);
    await client.query(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`, Object.values(row));
  };
  const centerId = (await client.query<{ id: string }>('SELECT id FROM center WHERE code = $1', [center.code])).rows[0]
    ?.id;
  const at = new Date();
  const later = new Date(at.getTime() + 3_600_000);
  const ids = { tenant_id: tenant.id, job_id: jobId };
  const places = { center_id: centerId, pool_id: center.poolId };
  await client.query('SET session_replication_role = replica');
  await insert('segment', {
    ...{
      id: segmentId,
      ...ids,
      seq: 1,
      ...places,
      cluster_id: center.clusterId,
      offer_id: offerId,
      window_id: windowId,
    },
    ...{ window_generation: 1, nodes: 1, devices_per_node: 8, starts_at: at, ends_at: later, state: 'RUNNING' },
    ...{ price_schedule_id: segmentId, hold_id: segmentId, run_started_at: at, expected_useful_seconds: 60 },
    ...{ event_seq: 1, created_at: at },
  });
  await insert('progress_point', { ...ids, segment_id: segmentId, step: 77, of_steps: 100, loss: 0.5, at });
  await insert('forecast', { ...ids, starts_at: at, finishes_at: later, currency: 'CNY', planned_at: at });
  await insert('event', {
    ...{ id: '01900000-0000-7000-8000-0000000000bb', ...ids, subject_type: 'segment', subject_id: segmentId, seq: 1 },
    ...{ type: 'segment.reserved', actor_kind: 'system', actor_id: MARK, request_id: MARK, at },
  });
  await insert('usage_day', {
    ...{ day: '2026-01-15', tenant_id: tenant.id, project_id: projectId, ...places, currency: 'CNY' },
    ...{ device_seconds: 3600, device_hours: 1, center_amount: 3.5, fee_amount: 0.28, electricity_amount: 0 },
    ...{ tax_amount: 0.2268, gross_amount: 4.0068, facility_kwh: 1, marginal_facility_kwh: 1, carbon_kg: 1 },
    ...{ marginal_carbon_kg: 1, electricity_cost: 1, marginal_electricity_cost: 1, records: 1 },
    ...{ records_without_energy: 0, records_without_carbon: 0, records_without_electricity_cost: 0 },
  });
  await client.query('SET session_replication_role = origin');
  client.release();
}
