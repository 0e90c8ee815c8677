import { EmbeddedPostgres, type PlatformConfig, runProcess, StartError } from '#libs/platform';
import { makeAdminKey } from '../../api/src/index.js';
import { embeddedConfig, openDatabase } from './open-database.js';

await runProcess(async (given) => {
  const { config, stop } = await reach(given);
  const key = await makeAdminKey(config);
  await stop();
  process.stdout.write(`${key}\n`);
  process.exit(0);
});

/** The running broker's database, or the folder's own started for this moment. */
async function reach(given: PlatformConfig): Promise<{ config: PlatformConfig; stop: () => Promise<void> }> {
  if (given.databaseUrl !== null) return { config: given, stop: () => Promise.resolve() };
  const running = await EmbeddedPostgres.attach(given.dataDir);
  if (running) return { config: embeddedConfig(given, running), stop: () => Promise.resolve() };
  try {
    return await openDatabase(given);
  } catch (error) {
    throw error instanceof StartError ? error : new StartError((error as Error).message);
  }
}
