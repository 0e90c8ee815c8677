import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { UnixUser } from '../unprivileged-user.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { findPostmaster, removeStalePidFile } from './postmaster.js';

const run = promisify(execFile);
const START_SECONDS_MAX = 60;
const STOP_SECONDS_MAX = 20;
/** Sessions of a killed server take a moment to go, and a port may be taken between our look and the start. */
const START_TRIES_MAX = 6;
const LOOK_AGAIN_MS = 50;
const TRY_AGAIN_MS = 500;

/** One PostgreSQL data folder and the programs that make, start and stop its server. */
export class ServerFolder {
  readonly path: string;

  constructor(
    private readonly base: string,
    private readonly binaries: PostgresBinaries,
    private readonly user: UnixUser | null,
  ) {
    this.path = join(base, 'postgres');
  }

  isMade(): boolean {
    return existsSync(join(this.path, 'PG_VERSION'));
  }

  /** Made aside and renamed, so that a start cut short leaves no half database. */
  async make(superuserPassword: string, signal?: AbortSignal): Promise<void> {
    const aside = join(this.base, `postgres.new-${process.pid}`);
    const passwordFile = `${aside}.password`;
    this.makeAside(aside, passwordFile, superuserPassword);
    const settings = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C.UTF-8'];
    try {
      await this.run(this.binaries.initdb, ['-D', aside, `--pwfile=${passwordFile}`, ...settings], signal);
      renameSync(aside, this.path);
    } catch (error) {
      signal?.throwIfAborted();
      // Another broker that started at the same moment was first: its database serves.
      if (!this.isMade())
        throw new EmbeddedPostgresError(`no database could be made in ${this.base}: ${lastLine(error)}`);
    } finally {
      rmSync(passwordFile, { force: true });
      rmSync(aside, { recursive: true, force: true });
    }
  }

  /** @throws EmbeddedPostgresError where another major version of PostgreSQL made the folder */
  async refuseOtherVersion(): Promise<void> {
    const made = readFileSync(join(this.path, 'PG_VERSION'), 'utf8').trim();
    const { stdout } = await this.run(this.binaries.postgres, ['--version']);
    const ours = /(\d+)/.exec(stdout)?.[1];
    if (made !== ours)
      throw new EmbeddedPostgresError(
        `the database in ${this.path} was made by PostgreSQL ${made}, this Yusuan brings ${ours}: dump it there and load it here`,
      );
  }

  /**
   * Starts the server, or waits for one that another process starts, recovers or stops now.
   * @returns its port: the wanted one, or a free one where none is wanted
   */
  async start(options: { readonly settings: readonly string[]; readonly port?: number }): Promise<number> {
    const deadline = Date.now() + START_SECONDS_MAX * 1000;
    for (let tries = 0; Date.now() < deadline;) {
      const running = findPostmaster(this.path);
      if (running?.isReady) return running.port;
      if (running) {
        await pause(LOOK_AGAIN_MS);
        continue;
      }
      removeStalePidFile(this.path);
      const failure = await this.tryStart(options.port ?? (await freePort()), options.settings);
      if (!failure) continue;
      if (++tries >= START_TRIES_MAX)
        throw new EmbeddedPostgresError(`PostgreSQL did not start: see ${this.log}`, { cause: failure });
      await pause(TRY_AGAIN_MS);
    }
    throw new EmbeddedPostgresError(`PostgreSQL in ${this.path} runs but takes no connections: see ${this.log}`);
  }

  /** Running queries are ended, nothing committed is lost. */
  async stop(): Promise<void> {
    if (findPostmaster(this.path))
      await this.run(this.binaries.pgCtl, [
        'stop',
        '-D',
        this.path,
        '-m',
        'fast',
        '-w',
        '-t',
        String(STOP_SECONDS_MAX),
      ]);
  }

  private get log(): string {
    return join(this.path, 'server.log');
  }

  private async tryStart(port: number, settings: readonly string[]): Promise<unknown> {
    const all = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=''`,
      'max_connections=200',
      ...settings,
    ];
    const options = all.map((setting) => `-c ${setting}`).join(' ');
    const wait = ['-w', '-t', String(START_SECONDS_MAX)];
    try {
      await this.run(this.binaries.pgCtl, ['start', '-D', this.path, ...wait, '-l', this.log, '-o', options]);
      return null;
    } catch (error) {
      return error;
    }
  }

  private makeAside(aside: string, passwordFile: string, password: string): void {
    mkdirSync(aside);
    chmodSync(aside, 0o700);
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (!this.user) return;
    for (const path of [aside, passwordFile]) chownSync(path, this.user.uid, this.user.gid);
  }

  private run(program: string, args: string[], signal?: AbortSignal): Promise<{ stdout: string }> {
    // No secrets in the environment of what outlives the broker, and a folder that the user can enter.
    const environment = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
    const as = this.user ? { uid: this.user.uid, gid: this.user.gid } : {};
    return run(program, args, { cwd: '/', env: environment, ...(signal ? { signal } : {}), ...as });
  }
}

/** What a failed program said last, which is why it failed. */
function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr ?? '').split('\n').filter((line) => /error|fatal/i.test(line));
  return lines.at(-1)?.trim() ?? message;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
