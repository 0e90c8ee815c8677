// @ts-check
/**
 * Builds, then runs every suite: `npm test`, or some: `npm test -- unit e2e`. A suite whose system part is missing is
 * named as not run; with YUSUAN_REQUIRE_ALL=1 that, and a skipped test, is a failure.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './lib/run-command.mjs';
import { describeMissing, isInstalled, sortSuites, SUITES } from './lib/suites.mjs';
import { showReport, summarize } from './lib/test-report.mjs';

const isAllRequired = process.env.YUSUAN_REQUIRE_ALL === '1';

/** @param {string} file @returns {import('./lib/test-report.mjs').VitestReport | null} */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} folder for the report */
async function runSuite(name, folder) {
  const file = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const run = await runCommand(['vitest', 'run', '--project', name, ...reporters]);
  return summarize(name, readReport(file), run);
}

/** @param {string[]} names */
async function test(names) {
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Error(`No such suite: ${unknown.join(', ')}`);
  const chosen = SUITES.filter(({ name }) => names.length === 0 || names.includes(name));
  const { ready, notRun } = sortSuites(chosen, isInstalled);
  const build = await runCommand(['npm', 'run', '--silent', 'build']);
  if (build.exitCode !== 0) {
    console.error('\nThe build failed: no suite was run');
    return false;
  }
  const folder = mkdtempSync(join(tmpdir(), 'yusuan-test-'));
  const results = [];
  for (const { name } of ready) results.push(await runSuite(name, folder));
  rmSync(folder, { recursive: true, force: true });
  const left = notRun.map(({ suite, missing }) => ({ name: suite.name, reason: describeMissing(missing) }));
  console.log(`\n${showReport({ buildSeconds: build.seconds, results, notRun: left }).join('\n')}`);
  const isWhole = left.length === 0 && results.every(({ skipped }) => skipped === 0);
  return results.every(({ isOk }) => isOk) && (isWhole || !isAllRequired);
}

process.exitCode = (await test(process.argv.slice(2))) ? 0 : 1;
