import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiHarness } from './testing/api-harness.js';
import { makeSecretWorld, MARK, type SecretWorld } from './testing/secret-world.js';
import { strikeTenantConditions } from './testing/unscoped.store.js';
import {
  type CenterWorld,
  centerBody,
  clusterBody,
  demandBody,
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
let elsewhere: CenterWorld;
let alpha: SecretWorld;
let beta: TenantWorld;

beforeAll(async () => {
  api = await ApiHarness.start();
  await makeDeviceKind(api);
  center = await makeCenter(api, 'first');
  elsewhere = await makeCenter(api, 'second');
  alpha = await makeSecretWorld(api, center);
  beta = await makeTenant(api, 'beta');
});
afterAll(() => api.stop());

const SPAN = 'from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z';

/** Where each path with a parameter leads to what is alpha's (or to what everybody may read); and its queries. */
function pathsOf(path: string): string[] {
  const { jobId, keyId, offerId, segmentId, tenant } = alpha;
  const known: Readonly<Record<string, readonly string[]>> = {
    '/v1/centers/:code': ['/v1/centers/first'],
    '/v1/centers/:code/tariff': ['/v1/centers/first/tariff'],
    '/v1/clusters/:id': [`/v1/clusters/${center.clusterId}`],
    '/v1/pools/:id': [`/v1/pools/${center.poolId}`],
    '/v1/offers/:id': [`/v1/offers/${offerId}`],
    '/v1/offers/:id/withdraw': [`/v1/offers/${offerId}/withdraw`],
    '/v1/jobs': ['/v1/jobs', '/v1/jobs?project=secret', `/v1/jobs?label=team%3D${MARK}`, `/v1/jobs?q=${MARK}`],
    '/v1/jobs/:id': [`/v1/jobs/${jobId}`],
    '/v1/jobs/:id/cancel': [`/v1/jobs/${jobId}/cancel`],
    '/v1/jobs/:id/segments': [`/v1/jobs/${jobId}/segments`],
    '/v1/jobs/:id/events': [`/v1/jobs/${jobId}/events`],
    '/v1/jobs/:id/progress': [`/v1/jobs/${jobId}/progress`],
    '/v1/jobs/:id/explain': [`/v1/jobs/${jobId}/explain`],
    '/v1/jobs/:id/logs': [`/v1/jobs/${jobId}/logs`, `/v1/jobs/${jobId}/logs?segment=${segmentId}`],
    '/v1/segments': ['/v1/segments?center=first', '/v1/segments?center=second'],
    '/v1/reports/usage': [`/v1/reports/usage?${SPAN}&groupBy=project,center`],
    '/v1/reports/centers/:code': [`/v1/reports/centers/first?${SPAN}`, `/v1/reports/centers/second?${SPAN}`],
    '/v1/accounts': ['/v1/accounts', '/v1/accounts?tenant=alpha'],
    '/v1/accounts/:id': [`/v1/accounts/${tenant.accountId}`],
    '/v1/accounts/:id/entries': [`/v1/accounts/${tenant.accountId}/entries`],
    '/v1/accounts/:id/top-ups': [`/v1/accounts/${tenant.accountId}/top-ups`],
    '/v1/projects': ['/v1/projects', `/v1/projects?tenantId=${tenant.id}`],
    '/v1/members': ['/v1/members', `/v1/members?tenantId=${tenant.id}`],
    '/v1/api-keys': ['/v1/api-keys', `/v1/api-keys?tenantId=${tenant.id}`],
    '/v1/api-keys/:id': [`/v1/api-keys/${keyId}`],
    '/problems/:code': ['/problems/forbidden'],
  };
  if (path in known) return [...(known[path] ?? [])];
  if (path.includes(':')) throw new Error(`say where ${path} leads to what is another tenant's`);
  return [path];
}

const BODIES: Readonly<Record<string, () => unknown>> = {
  'POST /v1/centers': () => centerBody('third'),
  'PATCH /v1/centers/:code': () => ({ name: 'mine' }),
  'PUT /v1/centers/:code/tariff': tariffBody,
  'POST /v1/clusters': () => ({ ...clusterBody('first'), code: 'mine' }),
  'PATCH /v1/clusters/:id': () => ({ name: 'mine' }),
  'POST /v1/pools': () => ({ ...poolBody(center.clusterId), code: 'mine' }),
  'PATCH /v1/pools/:id': () => ({ name: 'mine' }),
  'POST /v1/offers': () => offerBody(center.poolId),
  'POST /v1/offers/:id/withdraw': () => ({}),
  'POST /v1/quotes': demandBody,
  'POST /v1/jobs': () => ({ ...jobBody(), project: 'secret' }),
  'POST /v1/jobs/:id/cancel': () => ({}),
  'POST /v1/accounts/:id/top-ups': () => ({ money: { amount: '1.00', currency: 'CNY' }, reference: 'mine' }),
  'POST /v1/tenants': () => ({ code: 'mine', name: 'Mine' }),
  'POST /v1/projects': () => ({ code: 'secret', name: 'Mine' }),
  'POST /v1/members': () => ({ name: 'Mine', email: 'mine@example.com', roles: ['auditor'] }),
  'POST /v1/api-keys': () => ({ name: 'mine', roles: ['auditor'], tenantId: alpha.tenant.id }),
};

interface Leak {
  readonly route: string;
  readonly who: string;
  readonly secret: string;
}

/** Every route with a key that must see nothing of alpha's: what it got to see all the same. */
async function leaksTo(who: string, key: string, secrets: readonly string[]): Promise<Leak[]> {
  const leaks: Leak[] = [];
  for (const { method, path } of api.routes()) {
    const route = `${method} ${path}`;
    const takesBody = method !== 'GET' && method !== 'DELETE';
    for (const target of pathsOf(path)) {
      const body = takesBody ? BODIES[route]?.() : undefined;
      if (takesBody && body === undefined) throw new Error(`say what to send to ${route}`);
      // The key of alpha's own submission, in case answers were kept for all tenants.
      const headers: Record<string, string> = takesBody ? { 'idempotency-key': 'alpha-job' } : {};
      const { text } = await api.call(method, target, { key, body, headers });
      const told = beyondSaid(target, body, text);
      leaks.push(...secrets.filter((secret) => told.includes(secret)).map((secret) => ({ route, who, secret })));
    }
  }
  return leaks;
}

/** What the answer says beyond what the caller said first. */
function beyondSaid(target: string, body: unknown, text: string): string {
  const said = [...target.matchAll(/[0-9a-f-]{36}|ALPHASECRET/g)].map(([word]) => word);
  const sent = JSON.stringify(body ?? {});
  return [...said, ...(sent.match(/[0-9a-f-]{36}/g) ?? [])].reduce((rest, word) => rest.replaceAll(word, ''), text);
}

/** All rows of alpha, whatever the table, as one text. */
async function rowsOfAlpha(): Promise<string> {
  const { rows: tables } = await api.database.admin.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const sql = `SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') AS rows FROM "${name}" t WHERE tenant_id = $1`;
    const { rows } = await api.database.admin.query<{ rows: string }>(sql, [alpha.tenant.id]);
    texts.push(`${name}: ${rows[0]?.rows}`);
  }
  return texts.join('\n');
}

const strangers = () => Object.entries({ ...beta.keys, operatorElsewhere: elsewhere.operatorKey });

async function expectNothingSeenOrTouched(): Promise<void> {
  const before = await rowsOfAlpha();
  for (const [who, key] of strangers()) expect(await leaksTo(who, key, alpha.secrets)).toEqual([]);
  expect(await rowsOfAlpha()).toBe(before);
}

describe('another tenant', () => {
  it('has the world that it must not see: its own tenant sees all of it', async () => {
    const leaks = await leaksTo('alpha', alpha.tenant.keys.auditor, alpha.secrets);
    const seen = new Set(leaks.map((leak) => leak.route));
    for (const route of ['GET /v1/jobs', 'GET /v1/jobs/:id', 'GET /v1/jobs/:id/segments', 'GET /v1/jobs/:id/events'])
      expect(seen).toContain(route);
  });

  it('sees and touches nothing, through every route, with every role', expectNothingSeenOrTouched);

  it('is told of what is not its own as of what is not there', async () => {
    const paths = ['', '/segments', '/events', '/progress', '/explain', '/logs'].map(
      (part) => `/v1/jobs/${alpha.jobId}${part}`,
    );
    for (const path of [...paths, `/v1/accounts/${alpha.tenant.accountId}`])
      expect((await api.get(path, beta.keys.owner)).status, path).toBe(404);
    const cancel = await api.call('POST', `/v1/jobs/${alpha.jobId}/cancel`, { key: beta.keys.owner });
    const revoke = await api.call('DELETE', `/v1/api-keys/${alpha.keyId}`, { key: beta.keys.owner });
    expect([cancel.status, revoke.status]).toEqual([404, 404]);
  });
});

describe("the center's operator", () => {
  it('sees the segment at its center, and nothing of what runs in it', async () => {
    const { body } = await api.get('/v1/segments?center=first', center.operatorKey);
    expect(body.items).toMatchObject([{ id: alpha.segmentId, jobId: alpha.jobId, tenant: 'alpha', state: 'RUNNING' }]);
    const leaks = await leaksTo('operator', center.operatorKey, [MARK, 'payment of alpha', alpha.tenant.accountId]);
    expect(leaks).toEqual([]);
  });
});

describe('with stores that forget whose rows they read', () => {
  let struck: ReadonlySet<string>;

  beforeAll(() => {
    struck = strikeTenantConditions(api.app);
  });

  it('another tenant still sees and touches nothing: row-level security alone holds', async () => {
    await expectNothingSeenOrTouched();
    const tables = ['project', 'member', 'api_key', 'tenant_account', 'idempotency_key', 'usage_day'];
    for (const table of tables)
      expect(
        [...struck].some((sql) => new RegExp(`"?\\b${table}\\b"?`).test(sql)),
        table,
      ).toBe(true);
  });

  it('the same walk finds leaks everywhere once row-level security is off', async () => {
    const { rows } = await api.database.admin.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of rows) await api.database.admin.query(`ALTER TABLE "${name}" DISABLE ROW LEVEL SECURITY`);
    const leaks = await leaksTo('owner', beta.keys.owner, alpha.secrets);
    for (const { name } of rows) await api.database.admin.query(`ALTER TABLE "${name}" ENABLE ROW LEVEL SECURITY`);
    expect([...new Set(leaks.map((leak) => leak.route))]).toEqual(
      expect.arrayContaining([
        'GET /v1/jobs',
        'GET /v1/jobs/:id',
        'POST /v1/jobs/:id/cancel',
        'GET /v1/jobs/:id/segments',
        'GET /v1/jobs/:id/events',
        'GET /v1/accounts',
        'GET /v1/accounts/:id/entries',
        'GET /v1/projects',
        'GET /v1/members',
        'GET /v1/api-keys',
      ]),
    );
  });
});

describe("the application's own role in the database", () => {
  it('finds no row of another tenant in any table, without a condition', async () => {
    const { rows: tables } = await api.database.admin.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
       WHERE c.relkind IN ('r', 'v') AND c.relnamespace = 'public'::regnamespace
         AND has_table_privilege('yusuan_app', c.oid, 'SELECT')`,
    );
    expect(tables.length).toBeGreaterThan(12);
    const client = await api.database.admin.connect();
    await client.query('SET ROLE yusuan_app');
    for (const scope of [beta.id, ''])
      for (const { name } of tables) {
        await client.query(`SELECT set_config('yusuan.tenant_id', $1, false)`, [scope]);
        const sql = `SELECT count(*) AS n FROM "${name}" WHERE tenant_id = $1`;
        const { rows } = await client.query<{ n: string }>(sql, [alpha.tenant.id]);
        expect(rows[0]?.n, `${name} for ${scope || 'nobody'}`).toBe('0');
      }
    await client.query('RESET ROLE');
    client.release();
  });
});
