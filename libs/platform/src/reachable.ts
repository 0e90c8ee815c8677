import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The first folder on the way to `path` that user `uid` (and no group of it) may not pass, or null where the way is open.
 * Folders that do not exist yet count as open: whoever makes them decides.
 */
export function firstUnreachable(path: string, uid: number): string | null {
  const way: string[] = [];
  for (let at = realPath(resolve(path)); ; at = dirname(at)) {
    way.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const folder of way) {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (!stat) return null;
    if (!stat.isDirectory()) continue;
    const passable = stat.uid === uid ? stat.mode & 0o100 : stat.mode & 0o001;
    if (!passable) return folder;
  }
  return null;
}

/** Links resolved as far as the path exists: what counts is the way to where they lead. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === dirname(path)) throw error;
    return join(realPath(dirname(path)), basename(path));
  }
}
