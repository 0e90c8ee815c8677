import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource, type MixedList } from 'typeorm';
import { inject } from 'vitest';
import { TransactionRunner, TypeOrmTransactionRunner } from '#libs/platform';
import { TEMPLATE } from './test-server.js';

/** A database of one test file's own, copied from the migrated template, with connections as each role. */
export interface TestDatabase {
  readonly urls: { readonly owner: string; readonly app: string; readonly worker: string; readonly superuser: string };
  /** Runs transactions as `yusuan_app`: under row-level security, as the API does. */
  readonly app: TransactionRunner;
  /** Runs transactions as `yusuan_worker`. */
  readonly worker: TransactionRunner;
  /** For arranging and looking, past every policy. Never what is tested. */
  readonly admin: pg.Pool;
  readonly dataSources: { readonly app: DataSource; readonly worker: DataSource };
  close(): Promise<void>;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type for entity classes
type Entities = MixedList<Function>;

export async function testDatabase(
  options: { readonly entities?: Entities; readonly poolMax?: number } = {},
): Promise<TestDatabase> {
  const server = inject('testServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const root = new pg.Client({ connectionString: server.superuser });
  await root.connect();
  await root.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER yusuan_owner`);
  const at = (url: string) => {
    const moved = new URL(url);
    moved.pathname = `/${name}`;
    return moved.href;
  };
  const urls = {
    owner: at(server.owner),
    app: at(server.app),
    worker: at(server.worker),
    superuser: at(server.superuser),
  };
  const dataSource = (url: string) =>
    new DataSource({
      type: 'postgres',
      url,
      entities: options.entities ?? [],
      extra: { max: options.poolMax ?? 10 },
    }).initialize();
  const dataSources = { app: await dataSource(urls.app), worker: await dataSource(urls.worker) };
  const admin = new pg.Pool({ connectionString: urls.superuser, max: 4 });
  return {
    urls,
    app: new TypeOrmTransactionRunner(dataSources.app),
    worker: new TypeOrmTransactionRunner(dataSources.worker),
    admin,
    dataSources,
    close: async () => {
      await Promise.all([dataSources.app.destroy(), dataSources.worker.destroy(), admin.end()]);
      // The database itself goes with the run's server: dropping it here would cut connections that are still closing.
      await root.end();
    },
  };
}
