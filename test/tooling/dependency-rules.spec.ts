import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../../.dependency-cruiser.mjs';

/** The import table of the design, written a second time, so that a slip in the rules can't hide in its own oracle. */
const TABLE = `
  kernel:
  contracts:
  planner:
  estimator:
  energy:
  pricing:
  ledger:
  platform:
  catalog:    platform contracts
  identity:   platform contracts
  connectors: platform contracts
  capacity:   platform contracts catalog identity
  jobs:       platform contracts catalog identity
  accounting: platform contracts catalog identity ledger energy pricing
  scheduling: platform contracts catalog identity capacity jobs accounting planner estimator energy pricing
  execution:  platform contracts catalog connectors capacity jobs accounting
  reporting:  platform contracts identity catalog capacity jobs accounting
  notify:     platform contracts identity
`;
const rows = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/:\s*/));
const mayImport = new Map(
  rows.map(([name = '', words = '']) => [`libs/${name}`, ['kernel', ...words.split(' ').filter(Boolean)]]),
);
const libraries = [...mayImport.keys()].map((folder) => folder.replace('libs/', ''));
const pure = ['kernel', 'contracts', 'planner', 'estimator', 'energy', 'pricing', 'ledger'];
const importers = new Map([
  ...mayImport,
  ['libs/testing', ['kernel', 'contracts', 'platform']],
  ['apps/api', libraries],
  ['apps/worker', libraries],
  ['apps/standalone', ['kernel', 'platform']],
  ['apps/cli', ['kernel', 'contracts', 'planner', 'estimator', 'energy', 'pricing']],
  ['apps/console', ['kernel', 'contracts']],
  ['examples', ['kernel', 'contracts']],
  ['bench', pure],
  ['migrations', ['kernel']],
]);
const apps = ['api', 'worker', 'standalone', 'cli', 'console'];
const mayImportApps = new Map([['apps/standalone', ['api', 'worker']]]);
const mayImportMigrations = ['apps/api', 'apps/worker', 'apps/standalone', 'libs/testing'];

interface Planted {
  file: string;
  /** What the file's one line imports, or the line itself where it has a quote in it. */
  imports: string;
  /** The one rule that must fire, or none. */
  rule: string | null;
}

const ruleOf = (folder: string): string => `imports-of-${folder.replace('/', '-')}`;
const sourceOf = (folder: string): string => (folder.includes('/') ? `${folder}/src` : folder);
const isLibrary = (folder: string): boolean => folder.startsWith('libs/');

/** Each importer against each library, permitted or not: the whole table, both ways. */
function plantLibraryTable(): Planted[] {
  return [...importers].flatMap(([folder, permitted]) =>
    libraries
      .filter((library) => folder !== `libs/${library}`)
      .map((library) => ({
        file: `${sourceOf(folder)}/imports-${library}.ts`,
        imports: `#libs/${library}`,
        rule: permitted.includes(library) ? null : ruleOf(folder),
      })),
  );
}

function plantAppsAndMigrations(): Planted[] {
  return [...importers.keys()].flatMap((folder) => {
    const up = '../'.repeat(sourceOf(folder).split('/').length);
    const toApps = apps
      .filter((app) => folder !== `apps/${app}`)
      .map((app) => ({
        file: `${sourceOf(folder)}/imports-app-${app}.ts`,
        imports: `${up}apps/${app}/src/${app}.module.js`,
        rule: mayImportApps.get(folder)?.includes(app) ? null : ruleOf(folder),
      }));
    const toMigrations = {
      file: `${sourceOf(folder)}/imports-migrations.ts`,
      imports: '#migrations',
      rule: mayImportMigrations.includes(folder) ? null : ruleOf(folder),
    };
    return folder === 'migrations' ? toApps : [...toApps, toMigrations];
  });
}

/** A test may open the doors to testing and the migrations, and is otherwise bound like its library. */
function plantTests(): Planted[] {
  return [...importers.keys()]
    .filter((folder) => folder !== 'libs/testing')
    .flatMap((folder) => {
      const at = `${sourceOf(folder)}/bound`;
      const forbidden = isLibrary(folder) ? `../../../apps/api/src/api.module.js` : null;
      const other = folder === 'libs/jobs' ? '#libs/capacity/testing' : '#libs/jobs/testing';
      return [
        { file: `${at}-builders.spec.ts`, imports: other, rule: null },
        { file: `${at}-database.int-spec.ts`, imports: '#libs/testing', rule: null },
        { file: `${at}-product.ts`, imports: '#libs/testing', rule: 'testing-only-from-tests' },
        { file: `${at}-product-builders.ts`, imports: other, rule: 'testing-only-from-tests' },
        ...(forbidden ? [{ file: `${at}-app.spec.ts`, imports: forbidden, rule: `${ruleOf(folder)}-tests` }] : []),
      ];
    });
}

/** Where no library row reaches: a test of an app or a folder that imports what its own row forbids. */
const TESTS_BESIDE_LIBRARIES: Planted[] = [
  ...apps.map((app) => ({
    file: `apps/${app}/src/neighbour.e2e-spec.ts`,
    imports: app === 'cli' ? '../../console/src/console.module.js' : '../../cli/src/cli.module.js',
    rule: `imports-of-apps-${app}-tests`,
  })),
  ...['migrations', 'examples', 'bench'].map((folder) => ({
    file: `${folder}/app.spec.ts`,
    imports: '../apps/api/src/api.module.js',
    rule: `imports-of-${folder}-tests`,
  })),
  { file: 'libs/testing/src/own.int-spec.ts', imports: '#libs/jobs', rule: 'imports-of-libs-testing-tests' },
  { file: 'libs/testing/src/builders.ts', imports: '#libs/jobs/testing', rule: 'imports-of-libs-testing' },
  { file: 'test/whole.e2e-spec.ts', imports: '../apps/api/src/api.module.js', rule: null },
  { file: 'test/support/builders.ts', imports: '#libs/jobs/testing', rule: null },
];

const DOORS: Planted[] = [
  { file: 'libs/jobs/src/deep.ts', imports: '../../catalog/src/inner.js', rule: 'no-way-past-the-door' },
  { file: 'apps/api/src/deep.ts', imports: '../../../libs/catalog/src/inner.js', rule: 'no-way-past-the-door' },
  { file: 'test/deep.spec.ts', imports: '../libs/jobs/src/testing/inner.js', rule: 'no-way-past-the-door' },
  { file: 'libs/jobs/src/shallow.ts', imports: './inner.js', rule: null },
  { file: 'libs/jobs/src/relative.ts', imports: '../../catalog/src/index.js', rule: 'libraries-by-alias' },
  { file: 'apps/api/src/relative.ts', imports: '../../../libs/catalog/src/index.js', rule: 'libraries-by-alias' },
  { file: 'apps/api/src/deep-migration.ts', imports: '../../../migrations/inner.js', rule: 'migrations-by-their-door' },
  { file: 'libs/newcomer/src/work.ts', imports: '#libs/kernel', rule: 'library-has-a-row' },
  { file: 'libs/notify/src/index.ts', imports: './hook.entity.js', rule: 'index-exports-no-entities' },
  { file: 'libs/notify/src/hook.store.ts', imports: './hook.entity.js', rule: null },
  // A circle is reported once, at the file where the walk closed it.
  { file: 'libs/jobs/src/circle.ts', imports: `import { b } from './circle-back.js'; export const a = b;`, rule: null },
  {
    file: 'libs/jobs/src/circle-back.ts',
    imports: `import type { a } from './circle.js'; export const b = 1 as unknown as typeof a;`,
    rule: 'no-circle',
  },
  { file: 'libs/jobs/src/nowhere.ts', imports: './not-there.js', rule: 'imports-resolve' },
];

/** A store of its own for each package, and the places that may not have it. */
function plantPackage(name: string, permitted: string[], rule: string): Planted[] {
  const places = [
    'libs/jobs/src/job.entity.ts',
    'libs/jobs/src/typeorm-job.store.ts',
    'libs/jobs/src/jobs.module.ts',
    'libs/jobs/src/submit-job.service.ts',
    'libs/jobs/src/job.store.int-spec.ts',
    'libs/platform/src/database.ts',
    'libs/testing/src/database.ts',
    'migrations/0001-first.ts',
    'apps/worker/src/ring.processor.ts',
    'apps/api/src/jobs.controller.ts',
    'test/whole.int-spec.ts',
  ];
  const suffix = `-${name.replace(/\W+/g, '-')}`;
  return places.map((place) => ({
    file: place.replace(/\/([^/.]+)\./, `/$1${suffix}.`),
    imports: name,
    rule: permitted.some((part) => place.includes(part)) ? null : rule,
  }));
}

const PACKAGES: Planted[] = [
  ...plantPackage(
    'typeorm',
    ['.entity.ts', '.store.ts', 'migrations/', 'platform/', 'testing/'],
    'typeorm-only-in-stores',
  ),
  ...plantPackage(
    '@nestjs/typeorm',
    ['.store.ts', '.module.ts', 'platform/', 'testing/'],
    'nestjs-typeorm-only-in-stores-and-modules',
  ),
  ...plantPackage('pg', ['.store.ts', 'platform/', 'testing/'], 'pg-only-in-stores'),
  ...['bullmq', '@nestjs/bullmq', 'ioredis'].flatMap((name) =>
    plantPackage(name, ['platform/', 'apps/worker/'], 'queues-only-in-platform-and-worker'),
  ),
  ...pure.flatMap((library) => [
    { file: `libs/${library}/src/files.ts`, imports: 'node:fs', rule: 'pure-libraries-no-builtins' },
    { file: `libs/${library}/src/chance.ts`, imports: 'crypto', rule: 'pure-libraries-no-builtins' },
    { file: `libs/${library}/src/frame.ts`, imports: '@nestjs/common', rule: 'pure-libraries-pure-packages' },
    { file: `libs/${library}/src/exact.ts`, imports: 'decimal.js', rule: null },
    { file: `libs/${library}/src/sample.spec.ts`, imports: 'node:fs', rule: null },
  ]),
  { file: 'libs/jobs/src/files.ts', imports: 'node:fs', rule: null },
  {
    file: 'libs/jobs/src/tried.ts',
    imports: `import { it } from 'vitest'; it('runs');`,
    rule: 'no-dev-packages-at-run-time',
  },
  { file: 'libs/jobs/src/tried.spec.ts', imports: 'vitest', rule: null },
  { file: 'libs/jobs/src/stowaway.ts', imports: 'stowaway', rule: 'packages-are-declared' },
];

const PLANTED = [
  ...plantLibraryTable(),
  ...plantAppsAndMigrations(),
  ...plantTests(),
  ...TESTS_BESIDE_LIBRARIES,
  ...DOORS,
  ...PACKAGES,
];

/** Type imports, so that the rules are seen to hold for them as for values: every other file imports a type. */
const lineOf = ({ imports }: Planted, index: number): string =>
  imports.includes("'")
    ? imports
    : `${index % 2 ? 'import type' : 'import'} { it } from '${imports}'; export type It = typeof it;`;

function plantHouse(root: string): void {
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const { imports } = JSON.parse(readFileSync('package.json', 'utf8')) as { imports: object };
  const runTime = [
    'typeorm',
    '@nestjs/typeorm',
    'pg',
    'bullmq',
    '@nestjs/bullmq',
    'ioredis',
    '@nestjs/common',
    'decimal.js',
  ];
  const dependencies = Object.fromEntries(runTime.map((name) => [name, '*']));
  write('package.json', JSON.stringify({ type: 'module', imports, dependencies, devDependencies: { vitest: '*' } }));
  for (const name of [...runTime, 'vitest', 'stowaway']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', main: './dist/index.js' }));
    write(`node_modules/${name}/dist/index.js`, 'export const it = 1;');
  }
  const door = 'export const it = 1;';
  for (const library of [...libraries, 'testing']) write(`libs/${library}/src/index.ts`, door);
  for (const library of ['jobs', 'capacity']) write(`libs/${library}/src/testing/index.ts`, door);
  const inner = ['libs/jobs/src/inner.ts', 'libs/catalog/src/inner.ts', 'libs/jobs/src/testing/inner.ts'];
  for (const file of [...inner, 'libs/notify/src/hook.entity.ts']) write(file, door);
  for (const file of ['migrations/index.ts', 'migrations/inner.ts']) write(file, door);
  for (const app of apps) write(`apps/${app}/src/${app}.module.ts`, door);
  PLANTED.forEach((planted, index) => write(planted.file, lineOf(planted, index)));
}

async function cruiseHouse(root: string): Promise<Map<string, Set<string>>> {
  const { enhancedResolveOptions, ...options } = config.options;
  const { output } = await cruise(
    ['.'],
    { ...options, ruleSet: { forbidden: config.forbidden }, validate: true, baseDir: root },
    enhancedResolveOptions,
  );
  const fired = new Map<string, Set<string>>();
  for (const { from, rule } of (output as ICruiseResult).summary.violations) {
    fired.set(from, (fired.get(from) ?? new Set()).add(rule.name));
  }
  return fired;
}

describe('dependency rules', () => {
  let root: string;
  let fired: Map<string, Set<string>>;

  beforeAll(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'dependency-rules-')));
    plantHouse(root);
    fired = await cruiseHouse(root);
  }, 60_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('fire exactly where a violation was planted, each by its own name', () => {
    const expected = Object.fromEntries(PLANTED.map(({ file, rule }) => [file, rule ? [rule] : []]));
    const actual = Object.fromEntries(PLANTED.map(({ file }) => [file, [...(fired.get(file) ?? [])]]));
    expect(actual).toEqual(expected);
  });

  it('leave files that are in order alone', () => {
    const planted = new Set(PLANTED.map(({ file }) => file));
    expect([...fired.keys()].filter((file) => !planted.has(file))).toEqual([]);
    expect(PLANTED.filter(({ rule }) => rule === null).length).toBeGreaterThan(100);
  });

  it('have a planted violation each', () => {
    const planted = new Set(PLANTED.map(({ rule }) => rule));
    expect(config.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });

  it('plant no file twice', () => {
    expect(new Set(PLANTED.map(({ file }) => file)).size).toBe(PLANTED.length);
  });
});
