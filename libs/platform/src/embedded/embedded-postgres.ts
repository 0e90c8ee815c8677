import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { databaseUser } from '../unprivileged-user.js';
import { databaseBase } from './database-folder.js';
import { EmbeddedPostgresError, FolderHeldError } from './embedded-postgres.errors.js';
import { FolderLock } from './folder-lock.js';
import { postgresBinaries } from './postgres-binaries.js';
import { findPostmaster } from './postmaster.js';
import { type BrokerSecrets, brokerSecrets } from './secrets.js';
import { ServerFolder } from './server-folder.js';

const DATABASE = 'yusuan';
const OPEN_TRIES_MAX = 5;
const RECOVER_MS_MAX = 5_000;

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** Further postgresql.conf settings, such as `fsync=off` in tests. */
  readonly settings?: readonly string[];
  /** Gives up the start; a server that was started meanwhile is stopped. */
  readonly signal?: AbortSignal;
}

interface EmbeddedPostgresParts {
  readonly dataDir: string;
  readonly folder: ServerFolder;
  readonly secrets: BrokerSecrets;
  readonly settings: readonly string[];
}

/**
 * A real PostgreSQL of the broker's own, started by `pg_ctl` in a session of its own, so that it outlives a killed
 * broker, which adopts it when it comes back. A server that dies under a living broker is started again on its port.
 */
export class EmbeddedPostgres {
  private readonly logger = new Logger('Database');
  private lock: FolderLock | null = null;
  private recovering: Promise<void> | null = null;
  private isStopping = false;
  private onLost: (error: Error) => void = () => undefined;
  /** Rejects once the folder is lost to another broker; never resolves. */
  readonly lost = new Promise<never>((_, reject) => (this.onLost = reject));

  private constructor(
    private readonly parts: EmbeddedPostgresParts,
    private port: number,
  ) {
    this.lost.catch(() => undefined);
  }

  /**
   * Makes the database where there is none, starts it where it does not run, and takes the folder for this broker.
   * @throws EmbeddedPostgresError where another broker holds the folder, or another version made it
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { settings = [], signal } = options;
    const parts = await partsOf(options.dataDir, settings);
    signal?.throwIfAborted();
    if (!parts.folder.isMade()) await parts.folder.make(parts.secrets.superuser, signal);
    await parts.folder.refuseOtherVersion();
    signal?.throwIfAborted();
    const server = new EmbeddedPostgres(parts, 0);
    await server.open();
    try {
      signal?.throwIfAborted();
      await server.makeDatabase();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /**
   * The server of a folder that a broker holds now, for tools at the server's shell; null where none runs.
   * Takes nothing and starts nothing.
   */
  static async attach(dataDir: string): Promise<EmbeddedPostgres | null> {
    const parts = await partsOf(dataDir, []);
    const running = findPostmaster(parts.folder.path);
    return running?.isReady ? new EmbeddedPostgres(parts, running.port) : null;
  }

  get secretKey(): string {
    return this.parts.secrets.secretKey;
  }

  url(role: 'superuser' | 'owner' | 'app' | 'worker', database = DATABASE): string {
    const name = role === 'superuser' ? 'postgres' : `yusuan_${role}`;
    return `postgres://${name}:${this.parts.secrets[role]}@127.0.0.1:${this.port}/${database}`;
  }

  /** The lock goes with the server: until then no other broker may take what is about to stop. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.recovering;
    await this.parts.folder.stop();
    await this.lock?.release();
  }

  /** Starts or adopts the server and takes the lock; again where the server was just stopping. */
  private async open(port?: number): Promise<void> {
    for (let tries = 1; tries <= OPEN_TRIES_MAX; tries++) {
      const { folder, settings, dataDir } = this.parts;
      const found = await folder.start({ settings, ...(port === undefined ? {} : { port }) });
      // All connections of this broker know the old port; only another broker would have chosen a new one.
      if (port !== undefined && found !== port) throw new FolderHeldError(dataDir);
      this.port = found;
      const url = this.url('superuser', 'postgres');
      this.lock = await FolderLock.take({ url, dataDir, onLost: () => this.recover() });
      if (this.lock) return;
    }
    throw new EmbeddedPostgresError(`PostgreSQL in ${this.parts.folder.path} ends its connections: see its server.log`);
  }

  /** The server died, or it ended all sessions because one of them was killed: then the lock is free for others. */
  private recover(): void {
    if (this.isStopping) return;
    this.logger.warn('the database went away: bringing it back');
    this.recovering = this.reopen().finally(() => (this.recovering = null));
  }

  private async reopen(): Promise<void> {
    for (let waitMs = 100; !this.isStopping; waitMs = Math.min(2 * waitMs, RECOVER_MS_MAX)) {
      try {
        await this.open(this.port);
        return this.logger.log('the database is back');
      } catch (error) {
        if (error instanceof FolderHeldError) return this.onLost(error);
        this.logger.error(`the database does not come back: ${(error as Error).message}`);
      }
      await new Promise((done) => setTimeout(done, waitMs));
    }
  }

  private async makeDatabase(): Promise<void> {
    const { client } = this.lock!;
    for (const role of ['owner', 'app', 'worker'] as const) await this.makeRole(client, role);
    const known = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER yusuan_owner`);
  }

  private async makeRole(client: pg.Client, role: 'owner' | 'app' | 'worker'): Promise<void> {
    const known = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [`yusuan_${role}`]);
    if (known.rowCount === 0)
      await client.query(`CREATE ROLE yusuan_${role} LOGIN PASSWORD '${this.parts.secrets[role]}'`);
  }
}

async function partsOf(dataDir: string, settings: readonly string[]): Promise<EmbeddedPostgresParts> {
  const absolute = resolve(dataDir);
  const secrets = brokerSecrets(absolute);
  const user = databaseUser();
  const base = databaseBase(absolute, user);
  const folder = new ServerFolder(base, await postgresBinaries(user, base), user);
  return { dataDir: absolute, folder, secrets, settings };
}
