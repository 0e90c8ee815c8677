import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account, Job, Segment, UsageReport } from '#libs/contracts';
import { BrokerProcess, type Crash } from './broker-process.js';
import type { MeteredRun } from './exact-charge.js';
import type { HttpApi } from './http-api.js';
import { eventually } from './waiting.js';

export const SITES = { jinan: '2.0000', guangzhou: '3.2001' } as const;
export type SiteCode = keyof typeof SITES;
export const TOP_UP = '500.00';

const BRISK = { pollSeconds: 0.25, graceSeconds: 1, leadSeconds: 4 };
const DAY_MS = 86_400_000;

interface Site {
  readonly poolId: string;
  readonly operatorKey: string;
}

interface Keys {
  readonly sites: Record<SiteCode, Site>;
  readonly owner: string;
  readonly accountId: string;
}

/** A data folder with its broker, which comes and goes, two centers with a node on this machine each, and a tenant with money. */
export class TwoCenters {
  readonly dataDir: string;
  private readonly folder: string;
  /** Open to jobs. */
  readonly scratch: string;
  private running: BrokerProcess | null = null;
  private keys: Keys | null = null;

  /** `timing` as in the settings of a local cluster. */
  constructor(private readonly timing = BRISK) {
    this.folder = mkdtempSync(join(tmpdir(), 'yusuan-e2e-'));
    chmodSync(this.folder, 0o755);
    this.dataDir = join(this.folder, 'data');
    this.scratch = join(this.folder, 'scratch');
    mkdirSync(this.scratch);
  }

  get broker(): BrokerProcess {
    if (!this.running) throw new Error('no broker runs');
    return this.running;
  }

  get owner(): HttpApi {
    return this.broker.as(this.known.owner);
  }

  /** Instead of the one that runs, which is killed: PostgreSQL goes on and is adopted. */
  async start(crash: Crash | null = null): Promise<void> {
    await this.running?.kill();
    this.running = await BrokerProcess.start(this.dataDir, crash);
  }

  /** The first start, and everything that is there before a job. */
  async setUp(): Promise<void> {
    await this.start();
    const admin = this.broker.as(this.broker.adminKey());
    const jinan = await registerSite(admin, 'jinan', this.timing);
    const guangzhou = await registerSite(admin, 'guangzhou', this.timing);
    const tenant = await admin.post('/v1/tenants', { code: 'lab', name: 'Laboratory' });
    const { key } = await admin.post<{ readonly key: string }>('/v1/api-keys', {
      ...{ name: 'owner', roles: ['owner'], tenantId: tenant.id },
    });
    const [account] = await this.broker.as(key).list<Account>('/v1/accounts');
    if (!account) throw new Error('the tenant has no account');
    await admin.post(`/v1/accounts/${account.id}/top-ups`, {
      money: { amount: TOP_UP, currency: 'CNY' },
      reference: 'test',
    });
    this.keys = { sites: { jinan, guangzhou }, owner: key, accountId: account.id };
  }

  /** With the running broker's PostgreSQL; then the folder goes. */
  async tearDown(): Promise<void> {
    // A killed one has left its PostgreSQL: only a broker stops it.
    if (this.running) await this.start();
    await this.running?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** From and to in seconds from now. Answers how to close it again. */
  async openWindow(code: SiteCode, from: number, to: number): Promise<() => Promise<void>> {
    const { poolId, operatorKey } = this.known.sites[code];
    const { id } = await this.broker.as(operatorKey).post('/v1/offers', {
      ...{ poolId, nodes: 1, start: inSeconds(from), end: inSeconds(to) },
      price: { perDeviceHour: { amount: SITES[code], currency: 'CNY' } },
      reclaim: { noticeMinutes: 1 },
    });
    return async () => {
      await this.broker.as(operatorKey).post(`/v1/offers/${id}/withdraw`, {});
    };
  }

  account(): Promise<Account> {
    return this.owner.get<Account>(`/v1/accounts/${this.known.accountId}`);
  }

  /** What was used in the days around now. */
  async usageBy(dimension: 'project' | 'center'): Promise<UsageReport['rows']> {
    const span = `from=${new Date(Date.now() - DAY_MS).toISOString()}&to=${new Date(Date.now() + DAY_MS).toISOString()}`;
    return (await this.owner.get<UsageReport>(`/v1/reports/usage?${span}&groupBy=${dimension}`)).rows;
  }

  async segmentsOf(jobId: string): Promise<Segment[]> {
    const segments = await this.owner.list<Segment>(`/v1/jobs/${jobId}/segments`);
    return segments.toSorted((a, b) => a.seq - b.seq);
  }

  /** The job when it has ended, all that it used is charged, and nothing is held. */
  async settled(jobId: string, secondsMax: number): Promise<Job> {
    let last: unknown = null;
    const look = async () => {
      const [job, account] = [await this.owner.get<Job>(`/v1/jobs/${jobId}`), await this.account()];
      last = { state: job.state, reason: job.reason, cost: job.cost, held: account.held };
      const isPaid = [job.cost.provisional.amount, account.held.amount].every((amount) => Number(amount) === 0);
      return job.endedAt !== null && isPaid ? job : null;
    };
    return eventually('the job has ended and is paid', secondsMax, look).catch(async (error: Error) => {
      const explained = await this.owner.get(`/v1/jobs/${jobId}/explain`);
      const segments = await this.segmentsOf(jobId);
      const facts = JSON.stringify({ last, explained, segments }, null, 1);
      throw new Error(`${error.message}\n${facts}\n${this.broker.log()}`, { cause: error });
    });
  }

  private get known(): Keys {
    if (!this.keys) throw new Error('setUp comes first');
    return this.keys;
  }
}

/** Those that ran, as the price of their center's offer says. */
export function meteredRuns(segments: readonly Segment[]): MeteredRun[] {
  return segments.flatMap(({ startedAt, endedAt, nodes, devicesPerNode, center }) =>
    startedAt === null || endedAt === null
      ? []
      : [{ startedAt, endedAt, devices: nodes * devicesPerNode, price: SITES[center as SiteCode] }],
  );
}

async function registerSite(admin: HttpApi, code: SiteCode, timing: typeof BRISK): Promise<Site> {
  const stated = 'stated for this test';
  await admin.patch(`/v1/centers/${code}`, { pue: '1.25', pueYear: new Date().getUTCFullYear(), pueSource: stated });
  const cluster = await admin.post('/v1/clusters', {
    ...{ center: code, code: 'this-machine', name: 'This machine', scheduler: 'processes of this machine' },
    ...{ connector: 'local', connectorSettings: { slots: 1, ...timing } },
  });
  const pool = await admin.post('/v1/pools', {
    ...{ clusterId: cluster.id, code: 'spare', name: 'One core of this machine', deviceKind: 'cpu-core' },
    ...{ devicesPerNode: 1, nodes: 1, idleWatts: '6', fullWatts: '18', utilisation: '0.95', powerSource: stated },
  });
  const { key } = await admin.post<{ readonly key: string }>('/v1/api-keys', {
    ...{ name: `operator of ${code}`, roles: ['centerOperator'], centers: [code] },
  });
  return { poolId: pool.id, operatorKey: key };
}

function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}
