import type { ApiHarness } from './api-harness.js';

const HOUR_MS = 3_600_000;

export const DEVICE = 'nvidia-a100-80-sxm';
export const ROLES = ['platformAdmin', 'centerOperator', 'owner', 'submitter', 'finance', 'auditor'] as const;
export type RoleName = (typeof ROLES)[number];

export interface TenantWorld {
  readonly id: string;
  readonly code: string;
  readonly accountId: string;
  readonly keys: Readonly<Record<'owner' | 'submitter' | 'finance' | 'auditor', string>>;
}

export interface CenterWorld {
  readonly code: string;
  readonly clusterId: string;
  readonly poolId: string;
  readonly operatorKey: string;
}

export function inHours(hours: number): string {
  return new Date(Date.now() + hours * HOUR_MS).toISOString();
}

/** A device kind as the seed brings them; the API has no route that makes one. */
export async function makeDeviceKind(api: ApiHarness): Promise<void> {
  await api.database.admin.query(
    `INSERT INTO device_kind (code, name, kind, unit, memory_gib, created_at)
     VALUES ($1, 'A100', 'accelerator', 'device', 74.506, now()) ON CONFLICT DO NOTHING`,
    [DEVICE],
  );
}

/** A center with one pool of four nodes with eight devices, and its operator. */
export async function makeCenter(api: ApiHarness, code: string): Promise<CenterWorld> {
  const key = api.adminKey;
  await api.post('/v1/centers', key, centerBody(code));
  const cluster = await api.post('/v1/clusters', key, clusterBody(code));
  const pool = await api.post('/v1/pools', key, poolBody(cluster.id));
  const operator = { name: `operator of ${code}`, roles: ['centerOperator'], centers: [code] };
  const { key: operatorKey } = await api.post('/v1/api-keys', key, operator);
  return { code, clusterId: cluster.id, poolId: pool.id, operatorKey };
}

/** A tenant with a project, money and a key of each role. */
export async function makeTenant(api: ApiHarness, code: string): Promise<TenantWorld> {
  const { id } = await api.post('/v1/tenants', api.adminKey, { code, name: `Tenant ${code}` });
  const keyOf = async (role: string): Promise<string> =>
    (await api.post('/v1/api-keys', api.adminKey, { name: `${code} ${role}`, roles: [role], tenantId: id })).key;
  const keys = {
    owner: await keyOf('owner'),
    submitter: await keyOf('submitter'),
    finance: await keyOf('finance'),
    auditor: await keyOf('auditor'),
  };
  await api.post('/v1/projects', keys.owner, { code: 'default', name: 'Default' });
  const [account] = (await api.get('/v1/accounts', keys.owner)).body.items;
  const topUp = { money: { amount: '1000.00', currency: 'CNY' }, reference: `payment of ${code}` };
  await api.post(`/v1/accounts/${account.id}/top-ups`, api.adminKey, topUp, { 'idempotency-key': `first-${code}` });
  return { id, code, accountId: account.id, keys };
}

export const centerBody = (code: string) => ({
  code,
  name: `Center ${code}`,
  nameZh: '中心',
  city: 'Guangzhou',
  province: 'Guangdong',
  zone: 'Asia/Shanghai',
  gridRegion: null,
  pue: '1.25',
  pueYear: 2025,
  pueSource: 'stated by the operator',
  marginalPue: '1.10',
});

export const clusterBody = (center: string) => ({
  center,
  code: 'main',
  name: 'Main cluster',
  scheduler: 'none',
  connector: 'local',
  connectorSettings: { slots: 4, pollSeconds: 1, graceSeconds: 5, leadSeconds: 20, startTimeoutSeconds: 30 },
});

export const poolBody = (clusterId: string) => ({
  clusterId,
  code: 'a100',
  name: 'A100 nodes',
  deviceKind: DEVICE,
  devicesPerNode: 8,
  nodes: 4,
  idleWatts: '900',
  fullWatts: '4000.5',
  suspendWatts: '50',
  utilisation: '0.85',
  powerSource: 'data sheet',
  baseline: 'idle',
});

export const tariffBody = () => ({
  validFrom: '2026-01-01T00:00:00+08:00',
  currency: 'CNY',
  bands: [
    { name: 'winter', months: [10, 11, 12, 1, 2, 3], from: '00:00', to: '24:00', pricePerKwh: '0.6229' },
    { name: 'summer', months: [4, 5, 6, 7, 8, 9], from: '00:00', to: '24:00', pricePerKwh: '0.7229' },
  ],
  representative: false,
  source: 'contract',
});

export const offerBody = (poolId: string) => ({
  poolId,
  nodes: 2,
  start: inHours(1),
  end: inHours(25),
  recurrence: null,
  price: { perDeviceHour: { amount: '3.5000', currency: 'CNY' } },
  electricity: 'included',
  reclaim: { noticeMinutes: 30, creditPercent: 0, failureCreditMaxHours: 4 },
  minSegmentMinutes: 10,
  guarantee: 'bestEffort',
  tenantsAllowed: [] as string[],
});

export const demandBody = () => ({
  resources: { nodes: 1, deviceKinds: [DEVICE], devicesPerNode: 8, minDeviceMemoryGiB: 40 },
  workload: { kind: 'walltime', walltimeMinutes: 30 },
  checkpoint: { intervalMinutes: 10, sizeGiB: 2, signal: 'USR1', minSegmentMinutes: 5 },
  constraints: {
    centersAllowed: [] as string[],
    centersDenied: [] as string[],
    earliestStart: null as string | null,
    deadline: inHours(100) as string | null,
    maxWaitMinutes: 6000,
    maxCost: { amount: '500.00', currency: 'CNY' },
  },
  objective: 'cost',
});

export const jobBody = () => ({
  name: 'moe-pretrain',
  project: 'default',
  run: { script: '#!/bin/bash\necho training\n', env: { SEED: '1' }, image: null },
  ...demandBody(),
  qos: 'normal',
  requeue: false,
  array: null,
  dependsOn: [] as unknown[],
  quoteId: null as string | null,
  labels: { team: 'nlp' },
});
