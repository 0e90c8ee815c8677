import { EmbeddedPostgres, findViolations, runProcess, StartError } from '#libs/platform';

/** `npm run check:invariants`: prints what migrations/invariants.sql finds in a broker's database. */
await runProcess(async (config) => {
  const url = config.databaseOwnerUrl ?? (await EmbeddedPostgres.attach(config.dataDir))?.url('owner');
  if (!url) throw new StartError(`no broker runs on ${config.dataDir}: set YUSUAN_DATA_DIR or DATABASE_OWNER_URL`);
  const violations = await findViolations(url);
  for (const { invariant, violation } of violations) process.stdout.write(`invariant ${invariant}: ${violation}\n`);
  process.stdout.write(violations.length === 0 ? 'all invariants hold\n' : `${violations.length} violations\n`);
  process.exit(violations.length === 0 ? 0 : 1);
});
