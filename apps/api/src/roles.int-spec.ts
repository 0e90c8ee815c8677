import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiHarness } from './testing/api-harness.js';
import { makeCenter, makeDeviceKind, makeTenant, type RoleName, ROLES } from './testing/world.js';

let api: ApiHarness;
let keys: Readonly<Record<RoleName, string>>;

beforeAll(async () => {
  api = await ApiHarness.start();
  await makeDeviceKind(api);
  const center = await makeCenter(api, 'first');
  const tenant = await makeTenant(api, 'alpha');
  keys = { platformAdmin: api.adminKey, centerOperator: center.operatorKey, ...tenant.keys };
});
afterAll(() => api.stop());

const ALL = ROLES;
const ADMIN = ['platformAdmin'] as const;
const ADMIN_OR_OPERATOR = ['platformAdmin', 'centerOperator'] as const;
const ADMIN_OR_OWNER = ['platformAdmin', 'owner'] as const;
const OPERATOR = ['centerOperator'] as const;
const SUBMITTER = ['owner', 'submitter'] as const;
const READER = ['owner', 'submitter', 'finance', 'auditor'] as const;
const FINANCE = ['owner', 'finance'] as const;

/** Section 8 of the design, written out once more: what a route asks is not taken from the route's word. */
const WHO: Readonly<Record<string, readonly RoleName[] | 'anyone'>> = {
  'GET /v1/me': ALL,
  'GET /v1/centers': ALL,
  'GET /v1/centers/:code': ALL,
  'POST /v1/centers': ADMIN,
  'PATCH /v1/centers/:code': ADMIN,
  'PUT /v1/centers/:code/tariff': ADMIN_OR_OPERATOR,
  'GET /v1/clusters': ALL,
  'GET /v1/clusters/:id': ALL,
  'POST /v1/clusters': ADMIN_OR_OPERATOR,
  'PATCH /v1/clusters/:id': ADMIN_OR_OPERATOR,
  'GET /v1/pools': ALL,
  'GET /v1/pools/:id': ALL,
  'POST /v1/pools': ADMIN_OR_OPERATOR,
  'PATCH /v1/pools/:id': ADMIN_OR_OPERATOR,
  'GET /v1/device-kinds': ALL,
  'GET /v1/tariffs': ALL,
  'GET /v1/grid-factors': ALL,
  'GET /v1/offers': ADMIN_OR_OPERATOR,
  'GET /v1/offers/:id': ADMIN_OR_OPERATOR,
  'POST /v1/offers': OPERATOR,
  'POST /v1/offers/:id/withdraw': OPERATOR,
  'GET /v1/windows': ALL,
  'POST /v1/quotes': SUBMITTER,
  'GET /v1/jobs': READER,
  'POST /v1/jobs': SUBMITTER,
  'GET /v1/jobs/:id': READER,
  'POST /v1/jobs/:id/cancel': SUBMITTER,
  'GET /v1/jobs/:id/segments': READER,
  'GET /v1/jobs/:id/events': READER,
  'GET /v1/jobs/:id/progress': READER,
  'GET /v1/jobs/:id/explain': READER,
  'GET /v1/jobs/:id/logs': READER,
  'GET /v1/segments': OPERATOR,
  'GET /v1/reports/usage': FINANCE,
  'GET /v1/reports/centers/:code': OPERATOR,
  'GET /v1/accounts': ['platformAdmin', ...FINANCE],
  'GET /v1/accounts/:id': ['platformAdmin', ...FINANCE],
  'GET /v1/accounts/:id/entries': ['platformAdmin', ...FINANCE],
  'POST /v1/accounts/:id/top-ups': ADMIN,
  'GET /v1/tenants': ADMIN,
  'POST /v1/tenants': ADMIN,
  'GET /v1/projects': ['platformAdmin', ...READER],
  'POST /v1/projects': ADMIN_OR_OWNER,
  'GET /v1/members': ADMIN_OR_OWNER,
  'POST /v1/members': ADMIN_OR_OWNER,
  'GET /v1/api-keys': ADMIN_OR_OWNER,
  'POST /v1/api-keys': ADMIN_OR_OWNER,
  'DELETE /v1/api-keys/:id': ADMIN_OR_OWNER,
  'GET /problems/:code': 'anyone',
};

const NOTHING = '00000000-0000-7000-8000-000000000000';
const concrete = (path: string) => path.replace(':id', NOTHING).replace(':code', 'none');

/** A body that is wrong everywhere: what is allowed gets past the guard and no further. */
const bodyOf = (method: string) => (method === 'GET' || method === 'DELETE' ? undefined : { no: 'such field' });

describe('who may use a route', () => {
  it('is written down for every route, and for none that is not', () => {
    const routes = api.routes().map((route) => `${route.method} ${route.path}`);
    expect(routes.toSorted()).toEqual(Object.keys(WHO).toSorted());
  });

  it.each(Object.entries(WHO))('of %s is as the design says', async (route, allowed) => {
    const [method = '', path = ''] = route.split(' ');
    const call = (key: string | null) => api.call(method, concrete(path), { key, body: bodyOf(method) });
    const codes: Record<string, string | null> = { nobody: (await call(null)).body.code ?? null };
    for (const role of ROLES) codes[role] = (await call(keys[role])).body.code ?? null;
    if (allowed === 'anyone') {
      expect(Object.values(codes)).toEqual(Object.keys(codes).map(() => 'not-found'));
      return;
    }
    expect(codes['nobody']).toBe('unauthenticated');
    const passed = ROLES.filter((role) => codes[role] !== 'forbidden' && codes[role] !== 'unauthenticated');
    expect(passed).toEqual(ROLES.filter((role) => allowed.includes(role)));
  });

  it('ends with the key', async () => {
    const made = await api.post('/v1/api-keys', api.adminKey, { name: 'gone', roles: ['platformAdmin'] });
    await api.call('DELETE', `/v1/api-keys/${made.id}`, { key: api.adminKey });
    for (const { method, path, action } of api.routes()) {
      if (action === 'public') continue;
      const answer = await api.call(method, concrete(path), { key: made.key, body: bodyOf(method) });
      expect(answer.status, `${method} ${path}`).toBe(401);
    }
  });
});
