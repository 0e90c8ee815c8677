import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { CrashPoint } from '#libs/platform';
import { ROOT } from './built-broker.js';
import { HttpApi } from './http-api.js';
import { eventually } from './waiting.js';

const STANDALONE = join(ROOT, 'dist/apps/standalone/src/main.js');
const INVARIANTS = join(ROOT, 'dist/apps/standalone/src/check-invariants.js');
const START_SECONDS_MAX = 60;
const LOG_CHARACTERS_KEPT = 1 << 20;
const OTHER_SERVERS = ['DATABASE_URL', 'DATABASE_WORKER_URL', 'DATABASE_OWNER_URL', 'REDIS_URL'];

export interface Crash {
  readonly point: CrashPoint;
  /** File to which the dying broker appends the point's name. */
  readonly witness: string;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A standalone broker as `npm start` makes it: a process of its own on a data folder, with the embedded PostgreSQL. */
export class BrokerProcess {
  /** Settles when the process is gone, however it went. */
  readonly ended: Promise<ProcessEnd>;
  private output = '';
  private errors = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly environment: NodeJS.ProcessEnv,
    readonly url: string,
  ) {
    child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.errors = (this.errors + String(chunk)).slice(-LOG_CHARACTERS_KEPT)));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  }

  /** Ready when this returns. With `crash` the broker kills itself where it reaches that point. */
  static async start(dataDir: string, crash: Crash | null = null): Promise<BrokerProcess> {
    const [port, opsPort] = await freePorts();
    const environment: NodeJS.ProcessEnv = {
      ...process.env,
      ...{ PORT: String(port), OPS_PORT: String(opsPort), YUSUAN_DATA_DIR: dataDir },
      ...(crash ? { YUSUAN_CRASH_POINT: crash.point, YUSUAN_CRASH_WITNESS: crash.witness } : {}),
    };
    for (const name of OTHER_SERVERS) delete environment[name];
    const child = spawn(process.execPath, [STANDALONE], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const broker = new BrokerProcess(child, environment, `http://127.0.0.1:${port}`);
    await eventually('the broker is ready', START_SECONDS_MAX, () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the broker did not start:\n${broker.log()}`);
      return broker.output.includes('is ready') || null;
    });
    return broker;
  }

  /** Shown at the first start on a data folder. */
  adminKey(): string {
    const key = /administrator's key, shown this once: (\S+)/.exec(this.output)?.[1];
    if (key === undefined) throw new Error(`the broker showed no administrator's key:\n${this.output}`);
    return key;
  }

  as(key: string): HttpApi {
    return new HttpApi(this.url, key);
  }

  /** The end of its log. */
  log(): string {
    return this.errors.slice(-6000);
  }

  /** What `npm run check:invariants` says and exits with. */
  async checkInvariants(): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = spawn(process.execPath, [INVARIANTS], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, text: text.trim() };
  }

  /** As `kill -9` does: PostgreSQL and jobs go on without it. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** As a person at the shell does; PostgreSQL stops too. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

async function freePorts(): Promise<[number, number]> {
  // Both open at once, else the second may be the first.
  const servers = await Promise.all([listen(), listen()]);
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}

function listen(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
