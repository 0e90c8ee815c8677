import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as wire from '#libs/contracts';
import { ApiHarness } from './testing/api-harness.js';
import {
  type CenterWorld,
  clusterBody,
  DEVICE,
  inHours,
  jobBody,
  makeCenter,
  makeDeviceKind,
  makeTenant,
  offerBody,
  tariffBody,
  type TenantWorld,
} from './testing/world.js';

let api: ApiHarness;
let center: CenterWorld;
let tenant: TenantWorld;

beforeAll(async () => {
  api = await ApiHarness.start();
  await makeDeviceKind(api);
  center = await makeCenter(api, 'first');
  tenant = await makeTenant(api, 'alpha');
});
afterAll(() => api.stop());

/** Fails where an answer is not what the contract says, fields that it does not name included. */
async function read<S extends z.ZodType>(schema: S, path: string, key: string): Promise<z.infer<S>> {
  const answer = await api.get(path, key);
  expect(answer.status, answer.text).toBe(200);
  const parsed = schema.parse(answer.body);
  expect(parsed).toEqual(answer.body);
  return parsed;
}

describe('the catalog', () => {
  it('is read by any key, as the contract says', async () => {
    const key = tenant.keys.auditor;
    await read(wire.me, '/v1/me', key);
    expect((await read(wire.pageOf(wire.center), '/v1/centers', key)).items).toHaveLength(1);
    const shown = await read(wire.center, '/v1/centers/first', key);
    expect(shown).toMatchObject({ pue: '1.25', provenance: 'operator', version: 1 });
    expect((await read(wire.pageOf(wire.cluster), '/v1/clusters?center=first', key)).items).toHaveLength(1);
    await read(wire.cluster, `/v1/clusters/${center.clusterId}`, key);
    const pools = await read(wire.pageOf(wire.pool), `/v1/pools?center=first&deviceKind=${DEVICE}`, key);
    expect(pools.items).toMatchObject([{ id: center.poolId, runnable: true, nodes: 4 }]);
    await read(wire.pool, `/v1/pools/${center.poolId}`, key);
    await read(wire.pageOf(wire.deviceKind), '/v1/device-kinds', key);
    await read(wire.pageOf(wire.gridFactor), '/v1/grid-factors', key);
  });

  it('takes a tariff from the operator of the center', async () => {
    const put = await api.call('PUT', '/v1/centers/first/tariff', { key: center.operatorKey, body: tariffBody() });
    expect(put.status, put.text).toBe(200);
    const tariffs = await read(wire.pageOf(wire.tariff), '/v1/tariffs?center=first', tenant.keys.auditor);
    expect(tariffs.items).toMatchObject([{ validFrom: '2025-12-31T16:00:00Z', currency: 'CNY' }]);
  });

  it('is changed only where the If-Match still holds', async () => {
    const path = `/v1/pools/${center.poolId}`;
    const { headers } = await api.get(path, api.adminKey);
    const etag = headers.get('etag') ?? '';
    const change = (match: string, name: string) =>
      api.call('PATCH', path, { key: center.operatorKey, body: { name }, headers: { 'if-match': match } });
    const first = await change(etag, 'Renamed');
    expect(first.status, first.text).toBe(200);
    expect(first.body.name).toBe('Renamed');
    expect(first.headers.get('etag')).not.toBe(etag);
    expect(await change(etag, 'Again')).toMatchObject({ status: 412, body: { code: 'version-conflict' } });
    expect(await change('nonsense', 'Again')).toMatchObject({ status: 412, body: { code: 'precondition-failed' } });
    expect((await api.get(path, api.adminKey)).body.name).toBe('Renamed');
  });

  it('says which field names what does not exist', async () => {
    const body = { ...clusterBody('nowhere') };
    const answer = await api.call('POST', '/v1/clusters', { key: api.adminKey, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/center' }] } });
  });

  it('refuses the operator of another center', async () => {
    const other = await makeCenter(api, 'second');
    const body = { ...clusterBody('first'), code: 'more' };
    const answer = await api.call('POST', '/v1/clusters', { key: other.operatorKey, body });
    expect(answer).toMatchObject({ status: 403, body: { code: 'center-not-yours' } });
  });
});

describe('supply', () => {
  it('is offered, seen with its free nodes, and withdrawn', async () => {
    const made = await api.call('POST', '/v1/offers', { key: center.operatorKey, body: offerBody(center.poolId) });
    expect(made.status, made.text).toBe(201);
    expect(wire.offer.parse(made.body)).toEqual(made.body);
    expect(made.headers.get('location')).toBe(`/v1/offers/${made.body.id}`);
    await read(wire.offer, `/v1/offers/${made.body.id}`, center.operatorKey);
    const offers = await read(wire.pageOf(wire.offer), '/v1/offers?center=first', center.operatorKey);
    expect(offers.items).toHaveLength(1);
    const windows = await read(
      wire.pageOf(wire.supplyWindow),
      `/v1/windows?deviceKind=${DEVICE}`,
      tenant.keys.submitter,
    );
    expect(windows.items).toMatchObject([{ center: 'first', nodes: 2, free: [{ nodes: 2 }] }]);
    const withdrawn = await api.call('POST', `/v1/offers/${made.body.id}/withdraw`, { key: center.operatorKey });
    expect(withdrawn).toMatchObject({ status: 200, body: { state: 'withdrawn' } });
    expect((await read(wire.pageOf(wire.supplyWindow), '/v1/windows', tenant.keys.submitter)).items).toEqual([]);
  });

  it('may be for named tenants only, and is nobody else’s to see', async () => {
    const other = await makeTenant(api, 'beta');
    const body = { ...offerBody(center.poolId), tenantsAllowed: ['beta'] };
    const made = await api.post('/v1/offers', center.operatorKey, body);
    expect(made.tenantsAllowed).toEqual(['beta']);
    expect((await api.get('/v1/windows', other.keys.submitter)).body.items).toHaveLength(1);
    expect((await api.get('/v1/windows', tenant.keys.submitter)).body.items).toEqual([]);
    const unknown = { ...body, tenantsAllowed: ['beta', 'nobody'] };
    const refused = await api.call('POST', '/v1/offers', { key: center.operatorKey, body: unknown });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/tenantsAllowed/1' }] } });
    await api.post(`/v1/offers/${made.id}/withdraw`, center.operatorKey, {});
  });

  it('is offered by many at once, more than there are connections', async () => {
    const body = { ...offerBody(center.poolId), tenantsAllowed: ['alpha'] };
    const key = center.operatorKey;
    const send = (_: unknown, index: number) =>
      api.call('POST', '/v1/offers', { key, body, headers: { 'idempotency-key': `many-${index}` } });
    const answers = await Promise.all(Array.from({ length: 40 }, send));
    expect(answers.map((answer) => answer.status)).toEqual(Array(40).fill(201));
    for (const { body: made } of answers) await api.post(`/v1/offers/${made.id}/withdraw`, key, {});
  });

  it('is refused where the pool has fewer nodes', async () => {
    const body = { ...offerBody(center.poolId), nodes: 5 };
    const answer = await api.call('POST', '/v1/offers', { key: center.operatorKey, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/nodes' }] } });
  });
});

describe('a job', () => {
  it('is quoted, submitted under its quote, read in every way, and cancelled', async () => {
    const offered = await api.post('/v1/offers', center.operatorKey, offerBody(center.poolId));
    const { run: _run, name: _name, project: _project, qos: _qos, ...rest } = jobBody();
    const {
      requeue: _requeue,
      array: _array,
      dependsOn: _dependsOn,
      quoteId: _quoteId,
      labels: _labels,
      ...demand
    } = rest;
    const key = tenant.keys.submitter;
    const quote = wire.quote.parse(await api.post('/v1/quotes', key, demand));
    expect(quote.options).toMatchObject([{ center: 'first', poolId: center.poolId, runnable: true }]);

    const submitted = await api.call('POST', '/v1/jobs', { key, body: { ...jobBody(), quoteId: quote.id } });
    expect(submitted.status, submitted.text).toBe(201);
    const job = wire.job.parse(submitted.body);
    expect(job).toEqual(submitted.body);
    expect(job).toMatchObject({ state: 'PENDING', reason: 'Priority', quoteId: quote.id, project: 'default' });
    expect(job).toMatchObject({ resources: jobBody().resources, checkpoint: jobBody().checkpoint, run: jobBody().run });
    expect(submitted.headers.get('location')).toBe(`/v1/jobs/${job.id}`);

    const auditor = tenant.keys.auditor;
    expect(await read(wire.job, `/v1/jobs/${job.id}`, auditor)).toEqual(job);
    const list = '/v1/jobs?state=PENDING&project=default&label=team%3Dnlp&q=moe';
    const page = await read(wire.pageOf(wire.jobListItem), list, auditor);
    expect(page.items.map((item) => item.id)).toEqual([job.id]);
    expect((await read(wire.pageOf(wire.jobListItem), '/v1/jobs?project=none', auditor)).items).toEqual([]);
    expect((await read(wire.listOf(wire.segment), `/v1/jobs/${job.id}/segments`, auditor)).items).toEqual([]);
    const events = await read(wire.pageOf(wire.event), `/v1/jobs/${job.id}/events`, auditor);
    expect(events.items).toMatchObject([{ type: 'job.submitted', to: 'PENDING', actor: { kind: 'apiKey' } }]);
    await read(wire.pageOf(wire.progressPoint), `/v1/jobs/${job.id}/progress`, auditor);
    await read(wire.explanation, `/v1/jobs/${job.id}/explain`, auditor);

    const cancelled = await api.call('POST', `/v1/jobs/${job.id}/cancel`, { key });
    expect(cancelled).toMatchObject({ status: 200, body: { state: 'CANCELLED', reason: null } });
    const again = await api.call('POST', `/v1/jobs/${job.id}/cancel`, { key });
    expect(again).toMatchObject({ status: 409, body: { code: 'job-already-ended' } });
    await api.post(`/v1/offers/${offered.id}/withdraw`, center.operatorKey, {});
  });

  it('ties its events to the request that caused them', async () => {
    const headers = { 'x-request-id': 'my-request-7' };
    const { id } = await api.post('/v1/jobs', tenant.keys.submitter, jobBody(), headers);
    const { items } = (await api.get(`/v1/jobs/${id}/events`, tenant.keys.submitter)).body;
    expect(items).toMatchObject([{ requestId: 'my-request-7' }]);
  });

  it.each([
    ['/project', { project: 'none' }],
    ['/resources/deviceKinds/0', { resources: { ...jobBody().resources, deviceKinds: ['no-such-device'] } }],
    ['/resources/nodes', { resources: { ...jobBody().resources, nodes: 5 } }],
    ['/resources/devicesPerNode', { resources: { ...jobBody().resources, devicesPerNode: 9 } }],
    ['/resources/minDeviceMemoryGiB', { resources: { ...jobBody().resources, minDeviceMemoryGiB: 96 } }],
    ['/constraints/centersAllowed/0', { constraints: { centersAllowed: ['nowhere'] } }],
    ['/constraints/centersDenied/0', { constraints: { centersDenied: ['nowhere'] } }],
    ['/constraints/deadline', { constraints: { deadline: inHours(-1) } }],
    ['/constraints/maxCost/currency', { constraints: { maxCost: { amount: '1', currency: 'USD' } } }],
    ['/quoteId', { quoteId: '00000000-0000-7000-8000-000000000000' }],
  ])('is refused at %s where tenant, catalog or clock say no', async (path, change) => {
    const answer = await api.call('POST', '/v1/jobs', {
      key: tenant.keys.submitter,
      body: { ...jobBody(), ...change },
    });
    expect(answer.status, answer.text).toBe(422);
    expect(answer.body.errors.map((fault: { path: string }) => fault.path)).toContain(path);
  });

  it('is not taken by another tenant’s quote', async () => {
    const other = await makeTenant(api, 'gamma');
    const { resources, workload } = jobBody();
    const quote = await api.post('/v1/quotes', other.keys.submitter, { resources, workload });
    const body = { ...jobBody(), quoteId: quote.id };
    const answer = await api.call('POST', '/v1/jobs', { key: tenant.keys.submitter, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/quoteId' }] } });
  });
});

describe('money', () => {
  it('is paid in by the platform and read by the tenant', async () => {
    const key = tenant.keys.finance;
    const accounts = await read(wire.listOf(wire.account), '/v1/accounts', key);
    expect(accounts.items).toMatchObject([{ tenant: 'alpha', available: { amount: '1000.00', currency: 'CNY' } }]);
    await read(wire.account, `/v1/accounts/${tenant.accountId}`, key);
    const entries = await read(wire.pageOf(wire.entry), `/v1/accounts/${tenant.accountId}/entries`, key);
    expect(entries.items).toMatchObject([
      { kind: 'topUp', reference: 'payment of alpha', amount: { amount: '1000.00' } },
    ]);
    const ofTenant = await read(wire.listOf(wire.account), '/v1/accounts?tenant=alpha', api.adminKey);
    expect(ofTenant.items).toEqual(accounts.items);
    await read(wire.account, `/v1/accounts/${tenant.accountId}`, api.adminKey);
  });

  it('is refused in another currency, at its field', async () => {
    const body = { money: { amount: '5.00', currency: 'USD' }, reference: 'x' };
    const path = `/v1/accounts/${tenant.accountId}/top-ups`;
    const answer = await api.call('POST', path, { key: api.adminKey, body, headers: { 'idempotency-key': 'usd' } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/money/currency' }] } });
  });

  it('is reported, by tenant and by center', async () => {
    const span = `from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z`;
    const groups = 'groupBy=project,center,pool,deviceKind,day';
    const usage = await read(wire.usageReport, `/v1/reports/usage?${span}&${groups}`, tenant.keys.finance);
    expect(usage).toEqual({ from: '2026-01-01', to: '2026-02-02', zone: 'Asia/Shanghai', rows: [] });
    await read(wire.centerReport, `/v1/reports/centers/first?${span}`, center.operatorKey);
    const segments = await read(wire.pageOf(wire.centerSegment), '/v1/segments?center=first', center.operatorKey);
    expect(segments.items).toEqual([]);
  });
});

describe('identity', () => {
  it('lists tenants to the administrator; projects, members and keys to the owner', async () => {
    const tenants = await read(wire.pageOf(wire.tenant), '/v1/tenants', api.adminKey);
    expect(tenants.items.map((each) => each.code)).toContain('alpha');
    const key = tenant.keys.owner;
    expect((await read(wire.pageOf(wire.project), '/v1/projects', key)).items).toMatchObject([{ code: 'default' }]);
    const member = { name: 'Lin', email: 'lin@example.com', roles: ['submitter'] };
    wire.member.parse(await api.post('/v1/members', key, member));
    expect((await read(wire.pageOf(wire.member), '/v1/members', key)).items).toMatchObject([{ name: 'Lin' }]);
    const keys = await read(wire.pageOf(wire.apiKey), '/v1/api-keys', key);
    expect(keys.items).toHaveLength(4);
    const ofTenant = await read(wire.pageOf(wire.apiKey), `/v1/api-keys?tenantId=${tenant.id}`, api.adminKey);
    expect(ofTenant.items).toEqual(keys.items);
  });

  it('revokes a key at once', async () => {
    const made = wire.createdApiKey.parse(
      await api.post('/v1/api-keys', tenant.keys.owner, { name: 'short', roles: ['auditor'] }),
    );
    expect((await api.get('/v1/me', made.key)).status).toBe(200);
    const revoked = await api.call('DELETE', `/v1/api-keys/${made.id}`, { key: tenant.keys.owner });
    expect(wire.apiKey.parse(revoked.body).revokedAt).not.toBeNull();
    expect((await api.get('/v1/me', made.key)).status).toBe(401);
  });

  it('gives no key more than its giver may', async () => {
    const body = { name: 'up', roles: ['platformAdmin'] };
    const answer = await api.call('POST', '/v1/api-keys', { key: tenant.keys.owner, body });
    expect(answer).toMatchObject({ status: 403, body: { code: 'role-not-grantable' } });
  });

  it('says which field names a tenant that is not there', async () => {
    const body = { name: 'x', roles: ['owner'], tenantId: '00000000-0000-7000-8000-000000000000' };
    const answer = await api.call('POST', '/v1/api-keys', { key: api.adminKey, body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/tenantId' }] } });
  });
});

describe('lists', () => {
  it('come in pages by an opaque cursor, newest first, without a gap', async () => {
    const key = tenant.keys.submitter;
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push((await api.post('/v1/jobs', key, jobBody())).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await api.get(`/v1/jobs?limit=2${query}`, key);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(seen.slice(0, 5)).toEqual(ids.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('refuse a cursor that no page gave', async () => {
    const answer = await api.get('/v1/jobs?cursor=nonsense', tenant.keys.submitter);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/cursor' }] } });
  });
});
