import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as wire from '#libs/contracts';
import { ApiHarness } from './testing/api-harness.js';
import { mutationsOf } from './testing/mutations.js';
import {
  type CenterWorld,
  centerBody,
  clusterBody,
  demandBody,
  inHours,
  jobBody,
  makeCenter,
  makeDeviceKind,
  makeTenant,
  offerBody,
  poolBody,
  tariffBody,
  type TenantWorld,
} from './testing/world.js';

let api: ApiHarness;
let center: CenterWorld;
let tenant: TenantWorld;
let quoteId: string;
let memberId: string;

beforeAll(async () => {
  api = await ApiHarness.start();
  await makeDeviceKind(api);
  center = await makeCenter(api, 'first');
  await makeCenter(api, 'second');
  tenant = await makeTenant(api, 'alpha');
  const { resources, workload } = demandBody();
  quoteId = (await api.post('/v1/quotes', tenant.keys.submitter, { resources, workload })).id;
  const member = { name: 'Wu', roles: ['auditor'] };
  memberId = (await api.post('/v1/members', tenant.keys.owner, member)).id;
  await api.database.admin.query(
    `INSERT INTO grid_factor (region, year, kg_per_kwh, source, created_at) VALUES ('CN-GD', 2024, 0.4403, 'test', now())`,
  );
});
afterAll(() => api.stop());

interface Case {
  readonly schema: z.ZodType;
  /** Every field that the body can have, with a value. */
  readonly body: () => unknown;
  readonly key: () => string;
  readonly path?: () => string;
}

const admin = () => api.adminKey;
const constraints = () => ({
  ...demandBody().constraints,
  centersAllowed: ['first'],
  centersDenied: ['second'],
  earliestStart: inHours(1),
});
const apiKeyBody = () => ({
  name: 'ci',
  roles: ['auditor'],
  centers: [],
  tenantId: tenant.id,
  memberId,
  expiresAt: inHours(100),
});

const CASES: Readonly<Record<string, Case>> = {
  'POST /v1/centers': {
    schema: wire.createCenter,
    body: () => ({ ...centerBody('new'), gridRegion: 'CN-GD' }),
    key: admin,
  },
  'PATCH /v1/centers/:code': {
    schema: wire.updateCenter,
    body: () => {
      const { code: _, ...fields } = centerBody('first');
      return { ...fields, gridRegion: 'CN-GD' };
    },
    key: admin,
    path: () => '/v1/centers/first',
  },
  'PUT /v1/centers/:code/tariff': {
    schema: wire.setTariff,
    body: tariffBody,
    key: admin,
    path: () => '/v1/centers/first/tariff',
  },
  'POST /v1/clusters': {
    schema: wire.createCluster,
    body: () => ({ ...clusterBody('first'), code: 'new' }),
    key: admin,
  },
  'PATCH /v1/clusters/:id': {
    schema: wire.updateCluster,
    body: () => {
      const { code: _code, center: _center, ...fields } = clusterBody('first');
      return fields;
    },
    key: admin,
    path: () => `/v1/clusters/${center.clusterId}`,
  },
  'POST /v1/pools': {
    schema: wire.createPool,
    body: () => ({ ...poolBody(center.clusterId), code: 'new' }),
    key: admin,
  },
  'PATCH /v1/pools/:id': {
    schema: wire.updatePool,
    body: () => {
      const { code: _code, clusterId: _clusterId, ...fields } = poolBody(center.clusterId);
      return fields;
    },
    key: admin,
    path: () => `/v1/pools/${center.poolId}`,
  },
  'POST /v1/offers': {
    schema: wire.createOffer,
    body: () => ({ ...offerBody(center.poolId), tenantsAllowed: ['alpha'] }),
    key: () => center.operatorKey,
  },
  'POST /v1/offers/:id/withdraw': {
    schema: wire.noBody,
    body: () => ({}),
    key: () => center.operatorKey,
    path: () => '/v1/offers/00000000-0000-7000-8000-000000000000/withdraw',
  },
  'POST /v1/quotes': {
    schema: wire.requestQuote,
    body: () => ({ ...demandBody(), constraints: constraints() }),
    key: () => tenant.keys.submitter,
  },
  'POST /v1/jobs': {
    schema: wire.submitJob,
    body: () => ({ ...jobBody(), constraints: constraints(), quoteId }),
    key: () => tenant.keys.submitter,
  },
  'POST /v1/jobs/:id/cancel': {
    schema: wire.noBody,
    body: () => ({}),
    key: () => tenant.keys.submitter,
    path: () => '/v1/jobs/00000000-0000-7000-8000-000000000000/cancel',
  },
  'POST /v1/accounts/:id/top-ups': {
    schema: wire.topUp,
    body: () => ({ money: { amount: '10.00', currency: 'CNY' }, reference: 'bank 1' }),
    key: admin,
    path: () => `/v1/accounts/${tenant.accountId}/top-ups`,
  },
  'POST /v1/tenants': { schema: wire.createTenant, body: () => ({ code: 'new', name: 'New' }), key: admin },
  'POST /v1/projects': {
    schema: wire.createProject,
    body: () => ({ code: 'new', name: 'New' }),
    key: () => tenant.keys.owner,
  },
  'POST /v1/members': {
    schema: wire.createMember,
    body: () => ({ name: 'Lin', email: 'lin@example.com', roles: ['submitter'] }),
    key: () => tenant.keys.owner,
  },
  'POST /v1/api-keys': { schema: wire.createApiKey, body: apiKeyBody, key: admin },
};

/** Fields whose schema lets everything through that JSON can say, or that a body has no use for here. */
const FIELDS_LEAST = 2;

describe('bad input', () => {
  it('is tried on the body of every route that takes one', () => {
    const taking = api.routes().filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method));
    expect(taking.map((route) => `${route.method} ${route.path}`).toSorted()).toEqual(Object.keys(CASES).toSorted());
  });

  it.each(Object.keys(CASES))('in any field of %s is named by its path, and nothing is kept', async (route) => {
    const { schema, body, key, path } = CASES[route] as Case;
    const [method = '', pattern = ''] = route.split(' ');
    const valid = body();
    expect(schema.safeParse(valid).error?.issues).toBeUndefined();
    const mutations = mutationsOf(schema, valid);
    expect(mutations.length).toBeGreaterThanOrEqual(FIELDS_LEAST);
    const before = await api.rowCounts();
    const missed: string[] = [];
    const send = (what: unknown) => {
      const headers = { 'idempotency-key': 'bad-input', 'content-type': 'application/json' };
      return api.call(method, path?.() ?? pattern, { key: key(), body: JSON.stringify(what), headers });
    };
    for (const mutation of mutations) {
      const answer = await send(mutation.body);
      const faults: { path: string; message: string }[] = answer.body?.errors ?? [];
      const isNamed = faults.some((fault) => fault.path === mutation.path && fault.message.length > 5);
      if (answer.status !== 422 || !isNamed) missed.push(`${mutation.what}: ${answer.status} ${answer.text}`);
    }
    expect(missed).toEqual([]);
    expect(await api.rowCounts()).toEqual(before);
    // It was the fault alone that was refused: the key and the body are still good.
    expect([200, 201, 404]).toContain((await send(valid)).status);
  });

  it('is named in all fields at once', async () => {
    const body = { ...jobBody(), name: '', objective: 'luck', unknown: 1, resources: { nodes: 0 } };
    const answer = await api.call('POST', '/v1/jobs', { key: tenant.keys.submitter, body });
    const paths = answer.body.errors.map((fault: { path: string }) => fault.path);
    expect(paths.toSorted()).toEqual(['/name', '/objective', '/resources/nodes', '/unknown']);
  });

  it('is told apart from what would be right', async () => {
    const body = { ...jobBody(), workload: { kind: 'model' } };
    const answer = await api.call('POST', '/v1/jobs', { key: tenant.keys.submitter, body });
    expect(answer.body.errors).toEqual([
      { path: '/workload/kind', message: expect.stringContaining('"kind": "walltime"') },
    ]);
  });
});
