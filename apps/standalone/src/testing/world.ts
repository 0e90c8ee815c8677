import { randomUUID } from 'node:crypto';

/** What the tests ask of a broker, over HTTP as its users do. */
export interface World {
  readonly adminKey: string;
  get(path: string): Promise<Answer>;
  /** Of a tenant that has a window of this machine open now. @returns the job's id */
  submitJob(script: string): Promise<string>;
  state(jobId: string): Promise<string>;
  /** Of the tenant, such as `logs`. */
  part(jobId: string, part: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  // What comes off the wire is judged by the test.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
  readonly body: any;
}

interface Call {
  readonly method: string;
  readonly key: string;
  readonly body?: unknown;
}

const HOUR_MS = 3_600_000;

export function makeWorld(url: string, adminKey: string): World {
  const call = async (path: string, { method, key, body }: Call): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        connection: 'close',
        'idempotency-key': randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  const post = async (path: string, key: string, body: unknown) => {
    const answer = await call(path, { method: 'POST', key, body });
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const get = (path: string, key = adminKey) => call(path, { method: 'GET', key });
  let tenantKey: Promise<string> | null = null;
  const owner = () => (tenantKey ??= openSite(post, get, adminKey).then(() => openTenant(post, get, adminKey)));
  return {
    adminKey,
    get,
    submitJob: async (script) => (await post('/v1/jobs', await owner(), jobBody(script))).id,
    state: async (jobId) => (await get(`/v1/jobs/${jobId}`, await owner())).body.state,
    part: async (jobId, part) => get(`/v1/jobs/${jobId}/${part}`, await owner()),
  };
}

type Post = (path: string, key: string, body: unknown) => Promise<Answer['body']>;
type Get = (path: string, key?: string) => Promise<Answer>;

async function openSite(post: Post, get: Get, adminKey: string): Promise<void> {
  const center = (await get('/v1/centers')).body.items[0].code as string;
  const power = { idleWatts: '10', fullWatts: '40', utilisation: '0.9', powerSource: 'stated by the test' };
  const cluster = await post('/v1/clusters', adminKey, {
    center,
    code: 'this-machine',
    name: 'This machine',
    scheduler: 'none',
    connector: 'local',
    connectorSettings: { slots: 1, pollSeconds: 0.5, graceSeconds: 3, leadSeconds: 2 },
  });
  const pool = await post('/v1/pools', adminKey, {
    clusterId: cluster.id,
    code: 'spare',
    name: 'One core of this machine',
    deviceKind: 'cpu-core',
    devicesPerNode: 1,
    nodes: 1,
    ...power,
  });
  const operator = { name: 'operator', roles: ['centerOperator'], centers: [center] };
  const { key } = await post('/v1/api-keys', adminKey, operator);
  await post('/v1/offers', key, {
    poolId: pool.id,
    nodes: 1,
    start: new Date(Date.now() + 1000).toISOString(),
    end: new Date(Date.now() + HOUR_MS).toISOString(),
    price: { perDeviceHour: { amount: '0.1000', currency: 'CNY' } },
    reclaim: { noticeMinutes: 1 },
  });
}

async function openTenant(post: Post, get: Get, adminKey: string): Promise<string> {
  const tenant = await post('/v1/tenants', adminKey, { code: 'lab', name: 'Lab' });
  const { key } = await post('/v1/api-keys', adminKey, { name: 'owner', roles: ['owner'], tenantId: tenant.id });
  await post('/v1/projects', key, { code: 'main', name: 'Main' });
  const account = (await get('/v1/accounts', key)).body.items[0];
  const money = { amount: '50.00', currency: 'CNY' };
  await post(`/v1/accounts/${account.id}/top-ups`, adminKey, { money, reference: 'test' });
  return key;
}

function jobBody(script: string) {
  return {
    name: 'waits for its test',
    project: 'main',
    run: { script },
    resources: { nodes: 1, devicesPerNode: 1, deviceKinds: ['cpu-core'] },
    workload: { kind: 'walltime', walltimeMinutes: 5 },
    constraints: { maxCost: { amount: '5.00', currency: 'CNY' } },
    objective: 'time',
  };
}

export const centerBody = (code: string) => ({
  code,
  name: `Center ${code}`,
  nameZh: '中心',
  city: 'Guangzhou',
  province: 'Guangdong',
  zone: 'Asia/Shanghai',
});
