import { describe, expect, it } from 'vitest';
import { describeMissing, isInstalled, listDebianPackages, sortSuites, SUITES } from '../../tools/lib/suites.mjs';
import { showReport, summarize } from '../../tools/lib/test-report.mjs';
import vitestConfig from '../../vitest.config.js';

const redis = { command: 'redis-server', debianPackage: 'redis-server' };
const slurm = { command: 'slurmctld', debianPackage: 'slurm-wlm' };
const unit = { name: 'unit', needs: [] };
const queues = { name: 'queues', needs: [redis, slurm] };

describe('suites', () => {
  it('are the projects of vitest, each once', () => {
    const projects = (vitestConfig.test?.projects ?? []) as { test: { name: string } }[];
    expect(SUITES.map(({ name }) => name).sort()).toEqual(projects.map(({ test }) => test.name).sort());
  });

  it('run where all that they need is installed', () => {
    expect(sortSuites([unit, queues], () => true)).toEqual({ ready: [unit, queues], notRun: [] });
  });

  it('are not run where a part is missing, and say which and how to get it', () => {
    const { ready, notRun } = sortSuites([unit, queues], (command) => command === 'slurmctld');
    expect(ready).toEqual([unit]);
    expect(notRun).toEqual([{ suite: queues, missing: [redis] }]);
    expect(describeMissing([redis])).toBe('not run: needs redis-server (apt-get install redis-server)');
  });

  it('name each Debian package once', () => {
    expect(listDebianPackages([slurm, redis, slurm])).toEqual(['redis-server', 'slurm-wlm']);
  });

  it('find a program on the path and no other', () => {
    expect(isInstalled('sh')).toBe(true);
    expect(isInstalled('no-such-program-anywhere')).toBe(false);
  });
});

describe('the report of npm test', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  const fallenFile = { status: 'failed', assertionResults: [] };
  const failedTest = { status: 'failed', assertionResults: [{ status: 'failed' }] };

  it('counts what passed', () => {
    const result = summarize('unit', report, { exitCode: 0, seconds: 2 });
    expect(result).toEqual({ name: 'unit', passed: 3, failed: 0, skipped: 0, seconds: 2, isOk: true });
  });

  it('counts a file that fell over before its first test beside the tests that failed', () => {
    const torn = { ...report, numFailedTests: 1, testResults: [fallenFile, failedTest] };
    expect(summarize('unit', torn, { exitCode: 1, seconds: 2 })).toMatchObject({ failed: 2, isOk: false });
  });

  it.each([
    ['an unhandled error', report],
    ['no report at all', null],
  ])('counts a run that failed by %s as one failure', (_, torn) => {
    expect(summarize('unit', torn, { exitCode: 1, seconds: 2 })).toMatchObject({ failed: 1, isOk: false });
  });

  it('ends with the sum alone on a line', () => {
    const results = [
      summarize('unit', report, { exitCode: 0, seconds: 2 }),
      summarize('e2e', { ...report, numFailedTests: 1, numPendingTests: 1 }, { exitCode: 1, seconds: 11.25 }),
    ];
    const notRun = [{ name: 'queues', reason: describeMissing([redis]) }];
    expect(showReport({ buildSeconds: 1, results, notRun })).toEqual([
      'build             1.0 s',
      'unit              2.0 s  3 passed, 0 failed',
      'e2e              11.3 s  3 passed, 1 failed, 1 skipped',
      'queues                -  not run: needs redis-server (apt-get install redis-server)',
      '',
      '6 passed, 1 failed',
    ]);
  });
});
