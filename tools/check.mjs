// @ts-check
/**
 * Every check that needs no system part, a few at a time: `npm run check`, or some of them: `npm run check -- lint types`.
 * A part's output is shown where it failed.
 */
import { availableParallelism } from 'node:os';
import { runCommand, showSeconds } from './lib/run-command.mjs';

/** By content: a file that was in order and has not changed still is. */
const PRETTIER_CACHE = [
  '--cache',
  '--cache-strategy',
  'content',
  '--cache-location',
  'node_modules/.cache/prettier-check',
];

/** The longest first, so that the short ones fill the gaps. Name -> command, and what repairs it. */
const PARTS = [
  { name: 'lint', command: ['eslint', '--max-warnings', '0', '.'], repair: 'npm run lint -- --fix' },
  { name: 'unit', command: ['vitest', 'run', '--project', 'unit', '--reporter', 'dot'] },
  {
    name: 'types',
    command: ['tsc', '--noEmit', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/check.tsbuildinfo'],
  },
  { name: 'dependencies', command: ['node', 'tools/dependencies.mjs'], repair: 'a stale graph: npm run sync:graph' },
  {
    name: 'format',
    command: ['prettier', '--check', '--log-level', 'warn', ...PRETTIER_CACHE, '.'],
    repair: 'npm run format',
  },
  { name: 'unused', command: ['knip', '--no-config-hints'] },
];
const PARALLEL_MAX = 3;

/** @param {(typeof PARTS)[number]} part */
async function runPart({ name, command, repair }) {
  const { exitCode, seconds, output } = await runCommand(command, { isQuiet: true });
  const isOk = exitCode === 0;
  console.log(`${isOk ? 'ok    ' : 'FAILED'} ${name.padEnd(14)}${showSeconds(seconds)}`);
  if (!isOk) console.log(`\n${output.trim()}\n${repair ? `\nRepair: ${repair}\n` : ''}`);
  return isOk;
}

/** @param {string[]} names */
async function check(names) {
  const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) throw new Error(`No such check: ${unknown.join(', ')}`);
  const waiting = PARTS.filter(({ name }) => names.length === 0 || names.includes(name));
  const startedAt = performance.now();
  let failed = 0;
  const work = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) if (!(await runPart(part))) failed += 1;
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, availableParallelism()) }, work));
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${failed ? 'FAILED' : 'ok    '} ${'all'.padEnd(14)}${showSeconds(seconds)}`);
  return failed === 0;
}

process.exitCode = (await check(process.argv.slice(2))) ? 0 : 1;
