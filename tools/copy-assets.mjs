// @ts-check
/** Copies into dist what the product reads at run time and tsc leaves behind. Part of the build. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ASSETS = [
  /^(?:apps|libs)\/[^/]+\/(?!src\/testing\/)src\/.*\.(?:sql|sh|json)$/,
  /^libs\/[^/]+\/data\/.*\.(?:json|csv)$/,
  /^migrations\/.*\.sql$/,
];

/** @param {string} folder @returns {string[]} */
function filesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
}

/** @param {string} from @param {string} to */
function copyIfChanged(from, to) {
  const source = statSync(from);
  const target = statSync(to, { throwIfNoEntry: false });
  if (target && target.mtimeMs >= source.mtimeMs && target.size === source.size) return;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

for (const file of ['apps', 'libs', 'migrations'].flatMap(filesOf)) {
  if (ASSETS.some((pattern) => pattern.test(file))) copyIfChanged(file, join('dist', file));
}
