import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { EmbeddedPostgres, runProcess, StartError } from '#libs/platform';

/** `npm run check:invariants`: runs migrations/invariants.sql against a broker's database and prints what it finds. */
await runProcess(async (config) => {
  const url = config.databaseOwnerUrl ?? (await EmbeddedPostgres.attach(config.dataDir))?.url('owner');
  if (!url) throw new StartError(`no broker runs on ${config.dataDir}: set YUSUAN_DATA_DIR or DATABASE_OWNER_URL`);
  const sql = await readFile(new URL('../../../migrations/invariants.sql', import.meta.url), 'utf8');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ invariant: number; violation: string }>(sql);
  await client.end();
  for (const { invariant, violation } of rows) process.stdout.write(`invariant ${invariant}: ${violation}\n`);
  process.stdout.write(rows.length === 0 ? 'all invariants hold\n' : `${rows.length} violations\n`);
  process.exit(rows.length === 0 ? 0 : 1);
});
