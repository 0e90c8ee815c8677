// @ts-check
/**
 * Holds the import table, and says whether the graph in docs/ARCHITECTURE.md is stale; with --sync it writes the graph
 * instead.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cruise, format } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';
import { drawGraph, foldIntoParts, replaceBetweenMarkers } from './lib/dependency-graph.mjs';

const PAGE = 'docs/ARCHITECTURE.md';
const FOLDERS = ['apps', 'libs', 'migrations', 'bench', 'examples', 'tools', 'test'];

/** @returns {Promise<import('dependency-cruiser').ICruiseResult>} */
async function cruiseHouse() {
  const { enhancedResolveOptions, ...options } = config.options;
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(folder)),
    { ...options, ruleSet: { forbidden: config.forbidden }, validate: true },
    enhancedResolveOptions,
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser gave no result');
  return output;
}

/** @param {import('dependency-cruiser').ICruiseResult} result */
async function check(result) {
  const { output, exitCode } = await format(result, { outputType: 'err-long' });
  if (exitCode !== 0) console.error(output);
  const page = readFileSync(PAGE, 'utf8');
  const isStale = replaceBetweenMarkers(page, drawGraph(foldIntoParts(result.modules))) !== page;
  if (isStale) console.error(`The dependency graph in ${PAGE} is stale.`);
  return exitCode === 0 && !isStale;
}

/** @param {import('dependency-cruiser').ICruiseResult} result */
function sync({ modules }) {
  writeFileSync(PAGE, replaceBetweenMarkers(readFileSync(PAGE, 'utf8'), drawGraph(foldIntoParts(modules))));
}

const result = await cruiseHouse();
if (process.argv.includes('--sync')) sync(result);
else process.exitCode = (await check(result)) ? 0 : 1;
