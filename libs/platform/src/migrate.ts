import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { migrateQueues } from './queues.js';

/** Any two numbers, the same in every process: who migrates holds this advisory lock. */
const MIGRATION_LOCK = 7_825_826;

/**
 * Brings the database up to date, as its owner. Processes that start together take turns; the second finds nothing to do.
 * @returns the names of the migrations that ran
 * @throws where the database knows migrations that this version does not (a newer broker migrated it)
 */
export async function migrateDatabase(
  ownerUrl: string,
  migrations: readonly (new () => MigrationInterface)[],
): Promise<string[]> {
  const lock = new pg.Client({ connectionString: ownerUrl });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const ran = await runMigrations(ownerUrl, migrations);
    await migrateQueues(lock);
    return ran;
  } finally {
    await lock.end();
  }
}

async function runMigrations(url: string, migrations: readonly (new () => MigrationInterface)[]): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    migrations: [...migrations],
    migrationsTableName: 'migration',
  });
  await dataSource.initialize();
  try {
    await refuseNewerDatabase(dataSource, migrations);
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    return ran.map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}

async function refuseNewerDatabase(dataSource: DataSource, migrations: readonly { name: string }[]): Promise<void> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(
    `SELECT to_regclass('migration') IS NOT NULL AS exists`,
  );
  if (!table?.exists) return;
  const done = await dataSource.query<{ name: string }[]>('SELECT name FROM migration');
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = done.filter((row) => !known.has(row.name));
  if (unknown.length > 0)
    throw new Error(
      `the database was migrated by a newer Yusuan (${unknown.map((row) => row.name).join(', ')}): start that version`,
    );
}
