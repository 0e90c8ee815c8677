import { EmbeddedPostgres, type PlatformConfig, runProcess } from '#libs/platform';
import { makeAdminKey } from '../../api/src/index.js';
import { embeddedConfig, openDatabase } from './open-database.js';

/** `npm run admin:key`: prints a new administrator's key, for who has the server's shell. */
await runProcess(async (given) => {
  const { config, stop } = await reach(given);
  const key = await makeAdminKey(config).finally(stop);
  process.stdout.write(`${key}\n`);
  process.exit(0);
});

/** The running broker's database, or the folder's own started for this moment. */
async function reach(given: PlatformConfig): Promise<{ config: PlatformConfig; stop: () => Promise<void> }> {
  const running = given.databaseUrl === null ? await EmbeddedPostgres.attach(given.dataDir) : null;
  return running ? { config: embeddedConfig(given, running), stop: () => Promise.resolve() } : openDatabase(given);
}
