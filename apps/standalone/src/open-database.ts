import { resolve } from 'node:path';
import { migrations } from '#migrations';
import {
  EmbeddedPostgres,
  migrateDatabase,
  type PlatformConfig,
  reasonOf,
  refuseUnreachable,
  StartError,
} from '#libs/platform';

export interface OpenDatabase {
  /** With the URLs of the three roles and the secret key filled in. */
  readonly config: PlatformConfig;
  readonly stop: () => Promise<void>;
  /** Rejects once another broker has the embedded database; null where the database is not ours to lose. */
  readonly lost: Promise<never> | null;
}

/** The database that the environment names, or the embedded one, brought up to date. */
export async function openDatabase(given: PlatformConfig, signal?: AbortSignal): Promise<OpenDatabase> {
  const named = [given.databaseUrl, given.databaseWorkerUrl, given.databaseOwnerUrl];
  if (named.some((url) => url !== null)) return openNamed(given);
  const dataDir = resolve(given.dataDir);
  const server = await EmbeddedPostgres.start({ dataDir, ...(signal ? { signal } : {}) });
  try {
    await migrateDatabase(server.url('owner'), migrations);
  } catch (error) {
    await server.stop();
    throw new StartError(`the database in ${dataDir} could not be brought up to date: ${reasonOf(error)}`);
  }
  const config = embeddedConfig(given.with({ dataDir }), server);
  return { config, stop: () => server.stop(), lost: server.lost };
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
  const { databaseUrl, databaseOwnerUrl, databaseWorkerUrl } = config;
  if (databaseUrl === null || databaseOwnerUrl === null || databaseWorkerUrl === null)
    throw new StartError(
      'DATABASE_URL, DATABASE_WORKER_URL and DATABASE_OWNER_URL are set together (roles yusuan_app, yusuan_worker ' +
        'and yusuan_owner), or none of them for the embedded database',
    );
  try {
    await migrateDatabase(databaseOwnerUrl, migrations);
  } catch (error) {
    throw new StartError(`the database of DATABASE_OWNER_URL could not be brought up to date: ${reasonOf(error)}`);
  }
  await refuseUnreachable('DATABASE_URL', databaseUrl);
  await refuseUnreachable('DATABASE_WORKER_URL', databaseWorkerUrl);
  return { config, stop: () => Promise.resolve(), lost: null };
}
