import { rmSync } from 'node:fs';
import { mkdtemp, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrations } from '#migrations';
import { EmbeddedPostgres, migrateDatabase } from '#libs/platform';
import { type TestServer, TEMPLATE } from './test-server.js';

const UNSAFE_BUT_FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/** One real PostgreSQL for a run of the integration suite, with a migrated template that each test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'yusuan-test-'));
  await chmod(folder, 0o755);
  const server = await EmbeddedPostgres.start({ dataDir: folder, settings: UNSAFE_BUT_FAST });
  await makeTemplate(server);
  project.provide('testServer', {
    superuser: server.url('superuser', 'postgres'),
    owner: server.url('owner'),
    app: server.url('app'),
    worker: server.url('worker'),
  });
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function makeTemplate(server: EmbeddedPostgres): Promise<void> {
  await migrateDatabase(server.url('owner'), migrations);
  const client = new pg.Client({ connectionString: server.url('superuser', 'postgres') });
  await client.connect();
  await client.query(`ALTER DATABASE yusuan RENAME TO ${TEMPLATE}`);
  await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true`);
  await client.end();
}
