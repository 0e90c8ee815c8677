import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { firstUnreachable } from '../reachable.js';
import { databaseUser, type UnixUser } from '../unprivileged-user.js';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.js';
import { type BrokerSecrets, brokerSecrets } from './secrets.js';

const run = promisify(execFile);
const DATABASE = 'yusuan';
/** Held for the life of a broker: a second broker on the same folder is refused. */
const BROKER_LOCK = 7_825_827;
const START_SECONDS_MAX = 60;
const START_TRIES_MAX = 3;

/** Raised where the embedded database cannot be had; one sentence for the person at the shell. */
export class EmbeddedPostgresError extends Error {}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** Further postgresql.conf settings, such as `fsync=off` in tests. */
  readonly settings?: readonly string[];
}

/**
 * A real PostgreSQL of the broker's own, started by `pg_ctl` in a session of its own, so that it outlives a
 * killed broker, which adopts it when it comes back.
 */
export class EmbeddedPostgres {
  private lock: pg.Client | null = null;

  private constructor(
    private readonly binaries: PostgresBinaries,
    private readonly user: UnixUser | null,
    private readonly folder: string,
    private readonly port: number,
    private readonly secrets: BrokerSecrets,
  ) {}

  /**
   * Makes the database where there is none, starts it where it does not run, and takes the folder for this broker.
   * @throws EmbeddedPostgresError where another broker holds the folder, or another version made it
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const dataDir = resolve(options.dataDir);
    const secrets = brokerSecrets(dataDir);
    const user = databaseUser();
    const base = databaseBase(dataDir, user);
    const binaries = await postgresBinaries(user, base);
    const folder = join(base, 'postgres');
    if (!existsSync(join(folder, 'PG_VERSION'))) await initialize(binaries, user, base, folder, secrets);
    await refuseOtherVersion(binaries, folder);
    const port = await startServer(binaries, user, folder, options.settings ?? []);
    const server = new EmbeddedPostgres(binaries, user, folder, port, secrets);
    await server.takeFolder(dataDir);
    await server.makeDatabase();
    return server;
  }

  /**
   * The server of a folder that a broker holds now, for tools at the server's shell; null where none runs.
   * Takes nothing and starts nothing.
   */
  static async attach(dataDir: string): Promise<EmbeddedPostgres | null> {
    const absolute = resolve(dataDir);
    const user = databaseUser();
    const base = databaseBase(absolute, user);
    const folder = join(base, 'postgres');
    if (!existsSync(join(folder, 'PG_VERSION'))) return null;
    const binaries = await postgresBinaries(user, base);
    if (!(await isRunning(binaries, user, folder))) return null;
    return new EmbeddedPostgres(binaries, user, folder, await runningPort(folder), brokerSecrets(absolute));
  }

  get secretKey(): string {
    return this.secrets.secretKey;
  }

  url(role: 'superuser' | 'owner' | 'app' | 'worker', database = DATABASE): string {
    const name = role === 'superuser' ? 'postgres' : `yusuan_${role}`;
    return `postgres://${name}:${this.secrets[role]}@127.0.0.1:${this.port}/${database}`;
  }

  /** Stops the server: running queries are ended, nothing committed is lost. */
  async stop(): Promise<void> {
    await this.lock?.end().catch(() => undefined);
    await pgCtl(this.binaries, this.user, ['stop', '-D', this.folder, '-m', 'fast', '-w', '-t', '20']);
  }

  private async takeFolder(dataDir: string): Promise<void> {
    this.lock = new pg.Client({ connectionString: this.url('superuser', 'postgres'), keepAlive: true });
    // The lock goes with its connection; losing it (the server was stopped) is seen by every other connection too.
    this.lock.on('error', () => undefined);
    await this.lock.connect();
    const answer = await this.lock.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [BROKER_LOCK]);
    if (answer.rows[0]?.taken) return;
    await this.lock.end();
    throw new EmbeddedPostgresError(
      `another broker holds the folder ${dataDir}: stop it, or set YUSUAN_DATA_DIR to another folder`,
    );
  }

  private async makeDatabase(): Promise<void> {
    const client = this.lock!;
    for (const role of ['owner', 'app', 'worker'] as const) {
      const known = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [`yusuan_${role}`]);
      if (known.rowCount === 0) await client.query(`CREATE ROLE yusuan_${role} LOGIN PASSWORD '${this.secrets[role]}'`);
    }
    const known = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER yusuan_owner`);
  }
}

/** The data folder itself, or, where PostgreSQL's user cannot reach it, a folder of the machine's named after it. */
function databaseBase(dataDir: string, user: UnixUser | null): string {
  if (!user || firstUnreachable(dataDir, user.uid) === null) return dataDir;
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const base = join('/var/lib/yusuan', name);
  mkdirSync(base, { recursive: true, mode: 0o755 });
  return base;
}

async function initialize(
  binaries: PostgresBinaries,
  user: UnixUser | null,
  base: string,
  folder: string,
  secrets: BrokerSecrets,
): Promise<void> {
  const aside = join(base, `postgres.new-${process.pid}`);
  const passwordFile = `${aside}.password`;
  mkdirSync(aside, { mode: 0o700 });
  writeFileSync(passwordFile, secrets.superuser, { mode: 0o600 });
  if (user) {
    chownSync(aside, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  try {
    await runAs(user, binaries.initdb, [
      '-D',
      aside,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ]);
    chmodSync(aside, 0o700);
    renameSync(aside, folder);
  } catch (error) {
    // Another broker that started at the same moment was first: its database serves.
    if (!existsSync(join(folder, 'PG_VERSION'))) throw error;
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(aside, { recursive: true, force: true });
  }
}

async function refuseOtherVersion(binaries: PostgresBinaries, folder: string): Promise<void> {
  const made = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = await run(binaries.postgres, ['--version']);
  const ours = /(\d+)/.exec(stdout)?.[1];
  if (made !== ours)
    throw new EmbeddedPostgresError(
      `the database in ${folder} was made by PostgreSQL ${made}, this Yusuan brings ${ours}: dump it there and load it here`,
    );
}

/** @returns the port of the running server: adopted where it runs, else started on a free one. */
async function startServer(
  binaries: PostgresBinaries,
  user: UnixUser | null,
  folder: string,
  settings: readonly string[],
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    if (await isRunning(binaries, user, folder)) return runningPort(folder);
    const port = await freePort();
    const options = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=''`,
      'max_connections=200',
      ...settings,
    ];
    try {
      await pgCtl(binaries, user, [
        'start',
        '-D',
        folder,
        '-w',
        '-t',
        String(START_SECONDS_MAX),
        '-l',
        join(folder, 'server.log'),
        '-o',
        options.map((option) => `-c ${option}`).join(' '),
      ]);
      return port;
    } catch (error) {
      // The port was taken between our look and the start, or another broker started the server first.
      if (attempt >= START_TRIES_MAX)
        throw new EmbeddedPostgresError(`PostgreSQL did not start: see ${join(folder, 'server.log')}`, {
          cause: error,
        });
    }
  }
}

async function isRunning(binaries: PostgresBinaries, user: UnixUser | null, folder: string): Promise<boolean> {
  try {
    await pgCtl(binaries, user, ['status', '-D', folder]);
    return true;
  } catch {
    return false;
  }
}

/** Line 4 of postmaster.pid is the port, the last line says `ready` once the server takes connections. */
async function runningPort(folder: string): Promise<number> {
  for (let waitedMs = 0; waitedMs < START_SECONDS_MAX * 1000; waitedMs += 50) {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
    if (lines[7]?.trim() === 'ready') return Number(lines[3]);
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL in ${folder} runs but takes no connections: see ${join(folder, 'server.log')}`,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

function pgCtl(binaries: PostgresBinaries, user: UnixUser | null, args: string[]): Promise<unknown> {
  return runAs(user, binaries.pgCtl, args);
}

function runAs(user: UnixUser | null, program: string, args: string[]): Promise<unknown> {
  // No secrets in the environment of what outlives the broker, and a folder that the user can enter.
  const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  return run(program, args, { cwd: '/', env: environment, ...(user ? { uid: user.uid, gid: user.gid } : {}) });
}
