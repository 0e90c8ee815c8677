import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  allCommandLines,
  brokerEnv,
  cleanUp,
  dataDirOf,
  newFolder,
  onThisMachine,
  postgresFolder,
  Program,
} from './testing/broker.js';

afterAll(cleanUp);

const folder = newFolder();

async function whoAmI(port: string, key: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/v1/me`, { headers: { authorization: `Bearer ${key}` } })).status;
}

describe('a broker on a folder of its own', () => {
  let firstKey = '';
  let shellKey = '';

  it('is ready within ten seconds, and shows its addresses and the administrator’s key', async () => {
    const env = await brokerEnv(folder);
    const broker = Program.start('main', { env });
    expect(await broker.ready()).toBeLessThan(onThisMachine(10));
    expect(broker.stdout).toContain(`http://127.0.0.1:${env.PORT}/v1`);
    expect(broker.stdout).toContain(`http://127.0.0.1:${env.OPS_PORT}/healthz`);
    firstKey = broker.adminKey ?? '';
    expect(await whoAmI(env.PORT, firstKey)).toBe(200);
    for (const path of ['healthz', 'readyz', 'metrics'])
      expect((await fetch(`http://127.0.0.1:${env.OPS_PORT}/${path}`)).status, path).toBe(200);

    const made = await Program.start('admin-key', { env }).end();
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+\n$/) });
    shellKey = made.stdout.trim();
    expect(await whoAmI(env.PORT, shellKey)).toBe(200);
    expect(await Program.start('check-invariants', { env }).end()).toMatchObject({
      code: 0,
      stdout: 'all invariants hold\n',
    });

    expectNoSecret(broker, [firstKey, shellKey]);
    const ended = await broker.end('SIGTERM');
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.seconds).toBeLessThan(10);
  });

  it('makes a key for the server’s shell while it does not run, and leaves nothing running', async () => {
    const env = await brokerEnv(folder);
    const made = await Program.start('admin-key', { env }).end();
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+\n$/) });
    expect(allCommandLines()).not.toContain(postgresFolder(folder));

    const broker = Program.start('main', { env });
    expect(await broker.ready(), 'seconds of a second start').toBeLessThan(onThisMachine(5));
    expect(broker.adminKey).toBeNull();
    for (const key of [firstKey, shellKey, made.stdout.trim()]) expect(await whoAmI(env.PORT, key)).toBe(200);
    expect((await broker.end('SIGTERM')).code).toBe(0);
  });

  it('says what to do where invariants are to be checked and none runs', async () => {
    const checked = Program.start('check-invariants', { env: await brokerEnv(folder) });
    expect((await checked.end()).code).toBe(1);
    expect(checked.sentence).toBe(
      `yusuan: no broker runs on ${dataDirOf(folder)}: set YUSUAN_DATA_DIR or DATABASE_OWNER_URL`,
    );
  });
});

/** Neither its own output, nor PostgreSQL's log, nor what `ps` shows, holds a password or a key. */
function expectNoSecret(broker: Program, keys: readonly string[]): void {
  const file = join(dataDirOf(folder), 'secrets.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const secrets = Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
  expect(secrets).toHaveLength(5);
  const log = readFileSync(join(postgresFolder(folder), 'server.log'), 'utf8');
  const commands = allCommandLines();
  expect(commands).toContain(postgresFolder(folder));
  for (const secret of [...secrets, ...keys])
    for (const shown of [broker.stderr, broker.stdout.replaceAll(keys[0] ?? '', ''), log, commands])
      expect(shown.includes(secret)).toBe(false);
}
