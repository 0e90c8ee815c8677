import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { firstUnreachable } from '#libs/platform';
import {
  allCommandLines,
  brokerEnv,
  cleanUp,
  copyCheckout,
  dataDirOf,
  isPostgresOf,
  newFolder,
  postgresFolder,
  postmasterPid,
  Program,
  type ProgramOptions,
} from './testing/broker.js';

afterAll(cleanUp);

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };

function ownerOf(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Starts, looks at whom PostgreSQL runs as, and stops. */
async function serveOnce(
  folder: string,
  options: ProgramOptions,
): Promise<{ postgresUid: number; key: string | null }> {
  const broker = Program.start('main', options);
  await broker.ready();
  const pid = postmasterPid(folder) ?? 0;
  expect(isPostgresOf(pid, folder)).toBe(true);
  const postgresUid = ownerOf(pid);
  expect((await broker.end('SIGTERM')).code).toBe(0);
  expect(allCommandLines()).not.toContain(postgresFolder(folder));
  return { postgresUid, key: broker.adminKey };
}

describe('a broker of an ordinary user', () => {
  it('runs PostgreSQL as that user', async () => {
    const folder = newFolder();
    const user = isRoot ? NOBODY : {};
    if (isRoot) chownSync(folder, NOBODY.uid, NOBODY.gid);
    const env = { ...(await brokerEnv(folder)), HOME: folder };
    const { postgresUid } = await serveOnce(folder, { env, ...user });
    expect(postgresUid).toBe(isRoot ? NOBODY.uid : process.getuid?.());
    expect(statSync(join(dataDirOf(folder), 'secrets.json')).mode & 0o777).toBe(0o600);
  });
});

if (isRoot)
  describe('a broker of root', () => {
    it('runs PostgreSQL as a user without rights', async () => {
      const folder = newFolder();
      const { postgresUid } = await serveOnce(folder, { env: await brokerEnv(folder) });
      expect(postgresUid).not.toBe(0);
    });

    it('serves from a checkout and a data folder that only root can reach, also under a strict umask', async () => {
      const folder = newFolder(0o700);
      const checkout = copyCheckout(join(folder, 'checkout'));
      const options = { env: await brokerEnv(folder), checkout, umask: 0o077 };
      const first = await serveOnce(folder, options);
      expect(first.postgresUid).not.toBe(0);
      expect(firstUnreachable(postgresFolder(folder), first.postgresUid)).toBeNull();
      expect(postgresFolder(folder).startsWith(folder)).toBe(false);
      const second = await serveOnce(folder, options);
      expect([first.key, second.key]).toEqual([expect.any(String), null]);
    });

    it('says that its database’s user cannot reach a folder that was closed since', async () => {
      const folder = newFolder();
      const env = await brokerEnv(folder);
      await serveOnce(folder, { env });
      chmodSync(folder, 0o700);
      const broker = Program.start('main', { env });
      expect((await broker.end()).code).toBe(1);
      expect(broker.sentence).toMatch(/^yusuan: PostgreSQL runs as user \w+, who cannot reach its database in [^\n]+$/);
    });

    it('refuses another user the folder of root', async () => {
      const folder = newFolder();
      const env = await brokerEnv(folder);
      await serveOnce(folder, { env });
      const broker = Program.start('main', { env, ...NOBODY });
      expect((await broker.end()).code).toBe(1);
      expect(broker.sentence).toContain(`the data folder ${dataDirOf(folder)} cannot be used`);
    });
  });
