// @ts-check

/**
 * @typedef {{ name: string, passed: number, failed: number, skipped: number, seconds: number, isOk: boolean }} SuiteResult
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] }} VitestReport
 */

/**
 * What one suite's run amounts to. A file that fell over before its first test counts as one failure, and so does a run
 * that failed in no test (an unhandled error, a leak, no tests at all).
 * @param {string} name
 * @param {VitestReport | null} report null where vitest wrote none
 * @param {{ exitCode: number, seconds: number }} run
 * @returns {SuiteResult}
 */
export function summarize(name, report, { exitCode, seconds }) {
  const fallen = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const counted = (report?.numFailedTests ?? 0) + fallen;
  const failed = exitCode !== 0 && counted === 0 ? 1 : counted;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  return { name, passed: report?.numPassedTests ?? 0, failed, skipped, seconds, isOk: exitCode === 0 && failed === 0 };
}

/**
 * The last lines of `npm test`: a line a suite, then the sum alone on a line.
 * @param {{ buildSeconds: number, results: SuiteResult[], notRun: { name: string, reason: string }[] }} run
 * @returns {string[]}
 */
export function showReport({ buildSeconds, results, notRun }) {
  const line = (/** @type {string} */ name, /** @type {number} */ seconds, /** @type {string} */ words) =>
    `${name.padEnd(14)}${seconds.toFixed(1).padStart(7)} s  ${words}`.trimEnd();
  const sum = (/** @type {'passed' | 'failed'} */ key) => results.reduce((total, result) => total + result[key], 0);
  return [
    line('build', buildSeconds, ''),
    ...results.map(({ name, seconds, passed, failed, skipped }) =>
      line(name, seconds, `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`),
    ),
    ...notRun.map(({ name, reason }) => `${name.padEnd(14)}        -  ${reason}`),
    '',
    `${sum('passed')} passed, ${sum('failed')} failed`,
  ];
}
