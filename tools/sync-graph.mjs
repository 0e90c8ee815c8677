// @ts-check
/** Writes the graph of who imports whom into docs/ARCHITECTURE.md; with --check it only says whether it is stale. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';
import { drawGraph, foldIntoParts, replaceBetweenMarkers } from './lib/dependency-graph.mjs';

const PAGE = 'docs/ARCHITECTURE.md';

async function readModules() {
  const { enhancedResolveOptions, ...options } = config.options;
  const folders = ['apps', 'libs', 'migrations'].filter((folder) => existsSync(folder));
  const { output } = await cruise(folders, options, enhancedResolveOptions);
  if (typeof output === 'string') throw new Error('dependency-cruiser gave no result');
  return output.modules;
}

const page = readFileSync(PAGE, 'utf8');
const synced = replaceBetweenMarkers(page, drawGraph(foldIntoParts(await readModules())));
if (!process.argv.includes('--check')) writeFileSync(PAGE, synced);
else if (synced !== page) {
  console.error(`The dependency graph in ${PAGE} is stale.`);
  process.exitCode = 1;
}
