import { resolve } from 'node:path';
import { migrations } from '#migrations';
import { EmbeddedPostgres, migrateDatabase, type PlatformConfig, StartError } from '#libs/platform';

export interface OpenDatabase {
  /** With the URLs of the three roles and the secret key filled in. */
  readonly config: PlatformConfig;
  readonly stop: () => Promise<void>;
}

/** The database that the environment names, or the embedded one, brought up to date. */
export async function openDatabase(given: PlatformConfig): Promise<OpenDatabase> {
  if (given.databaseUrl !== null) return openNamed(given);
  const dataDir = resolve(given.dataDir);
  const server = await EmbeddedPostgres.start({ dataDir });
  try {
    await migrateDatabase(server.url('owner'), migrations);
  } catch (error) {
    await server.stop();
    throw new StartError(`the database in ${dataDir} could not be brought up to date: ${(error as Error).message}`);
  }
  return { config: embeddedConfig(given.with({ dataDir }), server), stop: () => server.stop() };
}

/** The settings of a broker on the embedded server. */
export function embeddedConfig(given: PlatformConfig, server: EmbeddedPostgres): PlatformConfig {
  return given.with({
    databaseUrl: server.url('app'),
    databaseWorkerUrl: server.url('worker'),
    databaseOwnerUrl: server.url('owner'),
    secretKey: given.secretKey ?? server.secretKey,
  });
}

async function openNamed(config: PlatformConfig): Promise<OpenDatabase> {
  const { databaseOwnerUrl, databaseWorkerUrl } = config;
  if (databaseOwnerUrl === null || databaseWorkerUrl === null)
    throw new StartError(
      'DATABASE_URL is set, so DATABASE_WORKER_URL and DATABASE_OWNER_URL must be set too (roles yusuan_worker and yusuan_owner)',
    );
  try {
    await migrateDatabase(databaseOwnerUrl, migrations);
  } catch (error) {
    throw new StartError(
      `the database of DATABASE_OWNER_URL could not be brought up to date: ${(error as Error).message}`,
    );
  }
  return { config, stop: () => Promise.resolve() };
}
