// Makes tang-quatrains.txt from the unpacked npm package `chinese-poetry`:
//   node data/extract.mjs <package folder> > data/tang-quatrains.txt
// One poem a line, its four lines of seven characters joined by spaces. A poem that shares a line with an earlier
// one is left out, so that variants of one poem can't stand on both sides of the training and held-out split.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const POEMS_MAX = 5200;
const QUATRAIN =
  /^(\p{Script=Han}{7})[，。？！；](\p{Script=Han}{7})[，。？！；](\p{Script=Han}{7})[，。？！；](\p{Script=Han}{7})[，。？！；]$/u;

function* tangPoems(packageFolder) {
  const folder = join(packageFolder, 'dist', 'quantangshi');
  const volumes = readdirSync(folder).flatMap((name) => /^poet\.tang\.(\d+)\.json$/.exec(name) ?? []);
  const numbers = volumes.filter((text) => /^\d+$/.test(text)).map(Number);
  for (const number of numbers.sort((a, b) => a - b)) {
    yield* JSON.parse(readFileSync(join(folder, `poet.tang.${number}.json`), 'utf8'));
  }
}

function quatrains(packageFolder) {
  const seen = new Set();
  const kept = [];
  for (const poem of tangPoems(packageFolder)) {
    const lines = QUATRAIN.exec(poem.paragraphs.join(''))?.slice(1);
    if (!lines || lines.some((line) => seen.has(line))) continue;
    for (const line of lines) seen.add(line);
    kept.push(lines.join(' '));
  }
  return kept;
}

/** Evenly spread over the whole collection, so that early and late Tang both appear. */
function spread(poems, count) {
  return Array.from({ length: count }, (_, i) => poems[Math.floor((i * poems.length) / count)]);
}

const all = quatrains(process.argv[2]);
process.stdout.write(spread(all, Math.min(POEMS_MAX, all.length)).join('\n') + '\n');
