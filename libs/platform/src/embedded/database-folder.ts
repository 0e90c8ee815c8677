import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstUnreachable } from '../reachable.js';
import type { UnixUser } from '../unprivileged-user.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';

const MACHINE_FOLDER = '/var/lib/yusuan';
/** In the data folder: names the place of the database where that is not the data folder itself. */
const POINTER = 'database-folder';

/**
 * Where the database of `dataDir` stands: in it or, where PostgreSQL's user cannot reach that, in a folder of the
 * machine's, which the data folder names from then on. Two brokers that start at once agree.
 * @throws EmbeddedPostgresError where a database stands in a folder that its user cannot reach any more
 */
export function databaseBase(dataDir: string, user: UnixUser | null): string {
  const named = readPointer(dataDir);
  const base = named ?? dataDir;
  const closed = user ? firstUnreachable(base, user.uid) : null;
  if (!closed || !user) return base;
  if (named !== null || existsSync(join(base, 'postgres')))
    throw new EmbeddedPostgresError(
      `PostgreSQL runs as user ${user.name}, who cannot reach its database in ${base}: let others pass ${closed} (chmod o+x)`,
    );
  return makeMachineFolder(dataDir);
}

function readPointer(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, POINTER), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function makeMachineFolder(dataDir: string): string {
  const base = join(MACHINE_FOLDER, randomBytes(6).toString('hex'));
  const pointer = join(dataDir, POINTER);
  const aside = `${pointer}.${process.pid}`;
  writeFileSync(aside, `${base}\n`, { flush: true });
  try {
    linkSync(aside, pointer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside);
  }
  const agreed = readPointer(dataDir) ?? base;
  mkdirSync(agreed, { recursive: true });
  // Whatever the umask of who started us: the database's user has to pass.
  for (const folder of [MACHINE_FOLDER, agreed]) chmodSync(folder, 0o755);
  return agreed;
}
