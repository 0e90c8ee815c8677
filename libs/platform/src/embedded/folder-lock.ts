import pg from 'pg';
import { isDatabaseAway } from '../database-away.js';
import { EmbeddedPostgresError, FolderHeldError } from './embedded-postgres.errors.js';

/** Held for the life of a broker: a second broker on the same folder is refused. */
const BROKER_LOCK = 7_825_827;
/** A broker that was killed a moment ago holds it until the server has seen its connection go. */
const TRIES_MAX = 20;
const TRY_AGAIN_MS = 100;

export interface FolderLockOptions {
  readonly url: string;
  readonly dataDir: string;
  /** The connection went, and the lock with it; not called after {@link FolderLock.release}. */
  readonly onLost: () => void;
}

/** A session-wide advisory lock of the embedded server. */
export class FolderLock {
  private isReleased = false;

  private constructor(
    readonly client: pg.Client,
    options: FolderLockOptions,
  ) {
    client.once('end', () => {
      if (!this.isReleased) options.onLost();
    });
  }

  /**
   * @returns null where the server went away meanwhile
   * @throws FolderHeldError where another broker has the lock
   */
  static async take(options: FolderLockOptions): Promise<FolderLock | null> {
    const client = new pg.Client({ connectionString: options.url, keepAlive: true, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (let tries = 1; !(await isTaken(client)); tries++) {
        if (tries >= TRIES_MAX) throw new FolderHeldError(options.dataDir);
        await new Promise((done) => setTimeout(done, TRY_AGAIN_MS));
      }
      return new FolderLock(client, options);
    } catch (error) {
      await client.end().catch(() => undefined);
      if (isDatabaseAway(error)) return null;
      throw readable(error, options.dataDir);
    }
  }

  /** The server may be gone already. */
  async release(): Promise<void> {
    this.isReleased = true;
    await this.client.end().catch(() => undefined);
  }
}

async function isTaken(client: pg.Client): Promise<boolean> {
  const answer = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [BROKER_LOCK]);
  return answer.rows[0]?.taken === true;
}

function readable(error: unknown, dataDir: string): unknown {
  if ((error as { code?: unknown }).code !== '28P01') return error;
  return new EmbeddedPostgresError(
    `the database of ${dataDir} refuses the passwords in its secrets.json: put back the file that was made with it`,
  );
}
