import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from '#libs/testing';
import {
  allCommandLines,
  brokerEnv,
  cleanUp,
  dataDirOf,
  freePorts,
  isPostgresOf,
  listenAnywhere,
  newFolder,
  ownerUrl,
  postgresFolder,
  postmasterPid,
  Program,
} from './testing/broker.js';

afterAll(cleanUp);

/** Starts it where it may not start. @returns the sentence */
async function refused(env: Readonly<Record<string, string>>, name: 'main' | 'admin-key' = 'main'): Promise<string> {
  const broker = Program.start(name, { env });
  const { code, stdout } = await broker.end();
  expect(code, broker.stderr).toBe(1);
  expect(stdout).toBe('');
  expect(broker.sentence).toMatch(/^yusuan: [^\n]+$/);
  return broker.sentence;
}

describe('a broker that cannot start', () => {
  it.each(['PORT', 'OPS_PORT'])('names the %s that another program has, and makes nothing', async (variable) => {
    const folder = newFolder();
    const other = await listenAnywhere();
    const env = { ...(await brokerEnv(folder)), [variable]: String(other.port) };
    expect(await refused(env)).toBe(
      `yusuan: port ${other.port} is in use by another program: stop it, or set ${variable} to a free one`,
    );
    await other.close();
    expect(existsSync(dataDirOf(folder))).toBe(false);
  });

  it('wants two ports, and an address of this machine', async () => {
    const env = await brokerEnv(newFolder());
    expect(await refused({ ...env, OPS_PORT: env.PORT })).toContain(`PORT and OPS_PORT are both ${env.PORT}`);
    expect(await refused({ ...env, HOST: '203.0.113.7' })).toContain('HOST is no address of this machine');
  });

  it('names every variable of the environment that is wrong', async () => {
    const env = { ...(await brokerEnv(newFolder())), PORT: 'eighty', YUSUAN_LOG_LEVEL: 'loud' };
    expect(await refused(env)).toMatch(/PORT.*YUSUAN_LOG_LEVEL/);
  });

  it('wants all three databases or none', async () => {
    const key = { YUSUAN_SECRET_KEY: 'ab'.repeat(32) };
    const env = { ...(await brokerEnv(newFolder())), ...key };
    const url = 'postgres://yusuan_app:secret@127.0.0.1:1/yusuan';
    for (const variable of ['DATABASE_URL', 'DATABASE_OWNER_URL'])
      expect(await refused({ ...env, [variable]: url })).toContain('are set together');
  });

  it('says which database does not answer, without its password', async () => {
    const url = 'postgres://yusuan_app:hush-hush@127.0.0.1:1/yusuan';
    const databases = { DATABASE_URL: url, DATABASE_WORKER_URL: url, DATABASE_OWNER_URL: url };
    const env = { ...(await brokerEnv(newFolder())), ...databases, YUSUAN_SECRET_KEY: 'ab'.repeat(32) };
    const sentence = await refused(env);
    expect(sentence).toContain('the database of DATABASE_OWNER_URL could not be brought up to date');
    expect(sentence).toContain('ECONNREFUSED');
    expect(sentence).not.toContain('hush-hush');
  });

  it('says that the data folder cannot be made, or that its secrets are damaged', async () => {
    const folder = newFolder();
    const env = await brokerEnv(folder);
    writeFileSync(dataDirOf(folder), 'a file');
    expect(await refused(env)).toContain(`the data folder ${dataDirOf(folder)} cannot be used`);
    const other = newFolder();
    mkdirSync(dataDirOf(other));
    writeFileSync(join(dataDirOf(other), 'secrets.json'), '{"superuser"');
    expect(await refused(await brokerEnv(other))).toContain('secrets.json is damaged');
  });

  it('refuses the folder of another major version of PostgreSQL', async () => {
    const folder = newFolder();
    mkdirSync(join(dataDirOf(folder), 'postgres'), { recursive: true });
    writeFileSync(join(dataDirOf(folder), 'postgres', 'PG_VERSION'), '15\n');
    expect(await refused(await brokerEnv(folder))).toMatch(/was made by PostgreSQL 15, this Yusuan brings \d+/);
    expect(allCommandLines()).not.toContain(postgresFolder(folder));
  });

  it('lets one of two serve that start on a fresh folder at the same moment', async () => {
    const folder = newFolder();
    const brokers = [await brokerEnv(folder), await brokerEnv(folder)].map((env) => Program.start('main', { env }));
    const outcomes = await Promise.allSettled(brokers.map((broker) => broker.ready()));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [winner, loser] = outcomes[0]?.status === 'fulfilled' ? brokers : brokers.toReversed();
    expect((await loser?.end())?.code).toBe(1);
    expect(loser?.sentence).toContain(`another broker holds the folder ${dataDirOf(folder)}`);
    expect(winner?.adminKey).not.toBeNull();
    expect((await winner?.end('SIGTERM'))?.code).toBe(0);
  });
});

describe('a broker that serves', () => {
  const folder = newFolder();
  let env: Awaited<ReturnType<typeof brokerEnv>>;
  let broker: Program;
  let server: number | null;

  beforeAll(async () => {
    env = await brokerEnv(folder);
    broker = Program.start('main', { env });
    await broker.ready();
    server = postmasterPid(folder);
  });

  it('keeps its folder: a second broker is refused, and it goes on unharmed', async () => {
    const [port = 0, opsPort = 0] = await freePorts(2);
    expect(await refused({ ...env, PORT: String(port), OPS_PORT: String(opsPort) })).toBe(
      `yusuan: another broker holds the folder ${dataDirOf(folder)}: stop it, or set YUSUAN_DATA_DIR to another folder`,
    );
    await refused(env);
    expect(postmasterPid(folder)).toBe(server);
    expect((await fetch(`http://127.0.0.1:${env.OPS_PORT}/readyz`)).status).toBe(200);
  });

  it('is not started on a database that a newer one migrated', async () => {
    await runSql(
      ownerUrl(folder),
      `INSERT INTO migration (timestamp, name) VALUES (9999999999999, 'Future9999999999999')`,
    );
    await broker.end('SIGTERM');
    expect(await refused(env)).toMatch(/could not be brought up to date: .*newer Yusuan \(Future9999999999999\)/);
    expect(await refused(env, 'admin-key')).toContain('newer Yusuan');
    expect(isPostgresOf(server ?? 0, folder)).toBe(false);
    expect(allCommandLines()).not.toContain(postgresFolder(folder));
  });
});
