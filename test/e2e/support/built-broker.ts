import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const NOT_BUILT = /(?:[.-]spec\.ts|\.d\.ts)$|^libs\/testing\/|\/src\/testing\//;

/** What these tests start is the build, as `npm start` does: made anew where a source is newer than its output. */
export function buildWhereStale(): void {
  if (!isStale()) return;
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);
}

function isStale(): boolean {
  const files = ['apps', 'libs', 'migrations'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  const sources = files.filter((file) => file.endsWith('.ts') && !NOT_BUILT.test(file));
  return sources.some((source) => modifiedAt(source) > modifiedAt(`dist/${source.replace(/\.ts$/, '.js')}`));
}

function modifiedAt(path: string): number {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
