import { Logger } from '@nestjs/common';
import {
  createPostgresBackend,
  createRedisBackend,
  type JobsOptions,
  type Queue,
  runMigrations,
  withBackend,
  type Worker,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { BELLS, type BellName, Doorbells } from './bells.js';

/** Bells handled at the same time, by one worker process, for one bell. */
const CONCURRENCY: Record<BellName, number> = {
  'plan-round': 1,
  'dispatch-segment': 4,
  'observe-cluster': 4,
  'meter-attempt': 4,
  'rate-usage': 1,
  'cancel-job': 4,
};

/** A killed worker's message is handled anew within a few seconds, not BullMQ's default of a minute. */
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5_000;
const POOL_CONNECTIONS_MAX = BELLS.length + 4;
const CLOSE_DEADLINE_MS = 2_000;

const BELL_OPTIONS: JobsOptions = { removeOnComplete: true, removeOnFail: 1000, attempts: 1 };

/** BullMQ on Redis where a URL is given, else on PostgreSQL with one shared pool. */
export class QueueBackend {
  private readonly logger = new Logger('Queues');
  private readonly queues = new Map<BellName, Queue>();
  private readonly workers: Worker[] = [];
  private readonly pool: pg.Pool | null;
  private readonly redis: Redis | null;

  constructor(connection: { readonly redisUrl: string | null; readonly databaseUrl: string }) {
    this.redis = connection.redisUrl
      ? new Redis(connection.redisUrl, { maxRetriesPerRequest: null, enableOfflineQueue: true })
      : null;
    this.pool = connection.redisUrl
      ? null
      : new pg.Pool({
          connectionString: connection.databaseUrl,
          options: '-c search_path=bullmq',
          max: POOL_CONNECTIONS_MAX,
          keepAlive: true,
        });
    this.redis?.on('error', (error) => this.warn(error));
    this.pool?.on('error', (error) => this.warn(error));
  }

  queue(bell: BellName): Queue {
    const known = this.queues.get(bell);
    if (known) return known;
    const queue = this.redis
      ? new (withBackend(createRedisBackend).Queue)(bell, { connection: this.redis })
      : new (withBackend(createPostgresBackend).Queue)(bell, { connection: this.pgPool() });
    queue.on('error', (error) => this.warn(error));
    this.queues.set(bell, queue as unknown as Queue);
    return queue as unknown as Queue;
  }

  /** Starts handling a bell: `handle` gets the id that was rung. A failure is logged; the sweep tries again. */
  serve(bell: BellName, handle: (id: string) => Promise<void>): void {
    const options = { concurrency: CONCURRENCY[bell], lockDuration: LOCK_MS, stalledInterval: STALLED_CHECK_MS };
    const processor = async (message: { data: { id: string } }) => handle(message.data.id);
    const worker = this.redis
      ? new (withBackend(createRedisBackend).Worker)(bell, processor, { ...options, connection: this.redis })
      : new (withBackend(createPostgresBackend).Worker)(bell, processor, { ...options, connection: this.pgPool() });
    worker.on('error', (error) => this.warn(error));
    worker.on('failed', (_message, error) => this.logger.error(`${bell}: ${error.message}`, error.stack));
    this.workers.push(worker as unknown as Worker);
  }

  /** Lets handlers in hand finish, then closes. `close()` never returns while the queue's server is away, hence the deadline. */
  async close(): Promise<void> {
    const closing = (async () => {
      await Promise.allSettled(this.workers.map((worker) => worker.close()));
      await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
      await this.pool?.end();
      this.redis?.disconnect();
    })();
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, CLOSE_DEADLINE_MS).unref())]);
  }

  private pgPool(): pg.Pool {
    if (!this.pool) throw new Error('the queues run on Redis');
    return this.pool;
  }

  private warn(error: Error): void {
    this.logger.warn(`queue connection: ${error.message}`);
  }
}

/** Rings by adding a message that coalesces with one waiting beside the one in hand. */
export class QueueDoorbells extends Doorbells {
  private readonly logger = new Logger('Doorbells');

  constructor(private readonly backend: QueueBackend) {
    super();
  }

  ring(bell: BellName, id: string): void {
    this.backend
      .queue(bell)
      .add(bell, { id }, { ...BELL_OPTIONS, deduplication: { id: `${bell}:${id}`, keepLastIfActive: true } })
      .catch((error: Error) => this.logger.warn(`${bell} not rung, the sweep will find it: ${error.message}`));
  }
}

/** Creates or upgrades BullMQ's schema and lets the broker's two roles work in it. Run as the owner. */
export async function migrateQueues(client: pg.Client): Promise<void> {
  await runMigrations(client, 'bullmq');
  // The first message of a queue would create its sequence, which only the owner of the schema may.
  for (const bell of BELLS) await client.query('SELECT bullmq.next_job_id($1)', [bell]);
  await client.query(`
    GRANT USAGE ON SCHEMA bullmq TO yusuan_app, yusuan_worker;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO yusuan_app, yusuan_worker;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA bullmq TO yusuan_app, yusuan_worker;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO yusuan_app, yusuan_worker;`);
}
