import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstUnreachable } from '../reachable.js';
import type { UnixUser } from '../unprivileged-user.js';
import { EmbeddedPostgresError } from './embedded-postgres.errors.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

interface PlatformPackage {
  readonly initdb: string;
  readonly pg_ctl: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL programs that npm installed for this platform. Where `user` could not run them in place
 * (a checkout under /root), a copy in `fallbackFolder` is used.
 */
export async function postgresBinaries(user: UnixUser | null, fallbackFolder: string): Promise<PostgresBinaries> {
  const found = await installedBinaries();
  if (!user || firstUnreachable(dirname(found.postgres), user.uid) === null) return found;
  const bin = join(copyOnce(join(dirname(found.postgres), '..'), fallbackFolder), 'bin');
  return { initdb: join(bin, 'initdb'), pgCtl: join(bin, 'pg_ctl'), postgres: join(bin, 'postgres') };
}

/** One copy for each version: a newer Yusuan brings newer programs. */
function copyOnce(programs: string, folder: string): string {
  const { version } = JSON.parse(readFileSync(join(programs, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(folder, `postgres-programs-${version}`);
  if (existsSync(copy)) return copy;
  const aside = `${copy}.${process.pid}`;
  const umask = process.umask(0o022);
  try {
    cpSync(programs, aside, { recursive: true, verbatimSymlinks: true });
    renameSync(aside, copy);
  } catch (error) {
    // Another broker that started at the same moment was first.
    if (!existsSync(copy)) throw error;
  } finally {
    process.umask(umask);
    rmSync(aside, { recursive: true, force: true });
  }
  return copy;
}

async function installedBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const fromHere = createRequire(import.meta.url);
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    const entry = pathToFileURL(fromPackage.resolve(name)).href;
    const { initdb, pg_ctl: pgCtl, postgres } = (await import(entry)) as PlatformPackage;
    return { initdb, pgCtl, postgres };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `no embedded PostgreSQL for ${process.platform} ${process.arch}: set DATABASE_URL to a PostgreSQL of your own`,
      { cause },
    );
  }
}
