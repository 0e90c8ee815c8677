// @ts-check
/**
 * Who may import whom. The tables below are the whole rule: a library that has no row may not exist, and what a row
 * does not name may not be imported. test/tooling/dependency-rules.spec.ts plants a violation of each rule.
 */

/** @typedef {import('dependency-cruiser').IRegularForbiddenRuleType & { name: string, comment: string }} Rule */

/** Pure libraries: no clock, chance, I/O, environment or framework. */
export const PURE_LIBRARIES = ['kernel', 'contracts', 'planner', 'estimator', 'energy', 'pricing', 'ledger'];

/** npm packages that compute and do nothing else; a pure library may use no others. */
const PURE_PACKAGES = ['decimal.js', 'luxon', 'zod'];

/** Library -> the libraries it may import, beside kernel, which everybody may. */
export const LIBRARY_IMPORTS = {
  kernel: [],
  contracts: [],
  planner: [],
  estimator: [],
  energy: [],
  pricing: [],
  ledger: [],
  platform: [],
  catalog: ['platform', 'contracts'],
  identity: ['platform', 'contracts'],
  connectors: ['platform', 'contracts'],
  capacity: ['platform', 'contracts', 'catalog', 'identity'],
  jobs: ['platform', 'contracts', 'catalog', 'identity'],
  accounting: ['platform', 'contracts', 'catalog', 'identity', 'ledger', 'energy', 'pricing'],
  scheduling: [
    ...['platform', 'contracts', 'catalog', 'identity', 'capacity', 'jobs', 'accounting'],
    ...['planner', 'estimator', 'energy', 'pricing'],
  ],
  execution: ['platform', 'contracts', 'catalog', 'connectors', 'capacity', 'jobs', 'accounting'],
  reporting: ['platform', 'contracts', 'identity', 'catalog', 'capacity', 'jobs', 'accounting'],
  notify: ['platform', 'contracts', 'identity'],
  testing: ['contracts', 'platform'],
};

const PRODUCT_LIBRARIES = Object.keys(LIBRARY_IMPORTS).filter((name) => name !== 'testing');

/** Everything that is not a library -> the libraries it may import beside kernel, and the folders. */
const OTHER_IMPORTS = {
  'apps/api': { libraries: PRODUCT_LIBRARIES, folders: ['migrations'] },
  'apps/worker': { libraries: PRODUCT_LIBRARIES, folders: ['migrations'] },
  'apps/standalone': { libraries: ['platform'], folders: ['apps/api', 'apps/worker', 'migrations'] },
  'apps/cli': { libraries: ['contracts', 'planner', 'estimator', 'energy', 'pricing'], folders: [] },
  'apps/console': { libraries: ['contracts'], folders: [] },
  migrations: { libraries: [], folders: [] },
  examples: { libraries: ['contracts'], folders: [] },
  bench: { libraries: PURE_LIBRARIES, folders: [] },
};

/** Rows for libraries, in the same shape. Only libs/testing may see the migrations: it builds the template database. */
const ROWS = Object.entries({
  ...Object.fromEntries(
    Object.entries(LIBRARY_IMPORTS).map(([name, libraries]) => [
      `libs/${name}`,
      { libraries, folders: name === 'testing' ? ['migrations'] : [] },
    ]),
  ),
  ...OTHER_IMPORTS,
});

const OURS = '^(?:apps|libs|migrations|bench|examples|tools|test)/';
const TEST_PART = '(?:.*\\.(?:spec|int-spec|e2e-spec)\\.ts$|src/testing/|test/)';
const TEST_FILES = [`^(?:libs|apps)/[^/]+/${TEST_PART}`, `^[^/]+/${TEST_PART}`, '^test/', '^libs/testing/'];
const TEST_DOORS = ['^libs/testing/src/index\\.ts$', '^libs/[^/]+/src/testing/index\\.ts$'];
const PURE_PATH = `^libs/(?:${PURE_LIBRARIES.join('|')})/`;

const escape = (/** @type {string} */ text) => text.replaceAll('.', '\\.');

/** A package's own files, wherever node_modules stands, and its types. */
const npmPackages = (/** @type {string[]} */ ...names) =>
  names.map((name) => `(?:^|/)node_modules/(?:@types/)?${escape(name)}/`);

/**
 * @param {string} folder
 * @param {{ libraries: string[], folders: string[] }} row
 * @returns {Rule[]} one for the product's files, one for the tests beside them
 */
function importRules(folder, { libraries, folders }) {
  const own = `^${folder}/`;
  const allowed = [own, `^libs/(?:${['kernel', ...libraries].join('|')})/`, ...folders.map((name) => `^${name}/`)];
  const name = `imports-of-${folder.replace('/', '-')}`;
  const words = ['kernel', ...libraries, ...folders].join(', ');
  // Doors that tests alone may open have a rule of their own; libs/testing, all test, stands below the builders.
  const testDoors = folder === 'libs/testing' ? [] : TEST_DOORS;
  return [
    {
      name,
      severity: 'error',
      comment: `${folder} may import ${words}.`,
      from: { path: own, pathNot: `${own}${TEST_PART}` },
      to: { path: OURS, pathNot: [...allowed, ...testDoors] },
    },
    {
      name: `${name}-tests`,
      severity: 'error',
      comment: `Tests of ${folder} may import ${words}, the migrations and the doors to testing.`,
      from: { path: `${own}${TEST_PART}` },
      to: { path: OURS, pathNot: [...allowed, ...testDoors, '^migrations/'] },
    },
  ];
}

/** Circles, unknown libraries, doors. @type {Rule[]} */
const HOUSE_RULES = [
  {
    name: 'no-circle',
    severity: 'error',
    comment: 'No circle, type imports included: two files that need each other are one, or three.',
    from: { path: OURS },
    to: { circular: true },
  },
  {
    name: 'library-has-a-row',
    severity: 'error',
    comment: 'A new library needs a row in the import table.',
    from: { path: '^libs/', pathNot: `^libs/(?:${Object.keys(LIBRARY_IMPORTS).join('|')})/` },
    to: {},
  },
  {
    name: 'no-way-past-the-door',
    severity: 'error',
    comment: 'A library is entered through its src/index.ts, or by tests through src/testing/index.ts.',
    from: { path: '^(?:libs/([^/]+)/|(?!libs/))' },
    to: {
      path: '^libs/',
      pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$', '^libs/[^/]+/src/testing/index\\.ts$'],
    },
  },
  {
    name: 'libraries-by-alias',
    severity: 'error',
    comment: "Other libraries are imported as '#libs/<name>', never by a relative path.",
    from: { path: '^(?:libs/([^/]+)/|(?!libs/))' },
    to: {
      path: '^libs/[^/]+/src/(?:testing/)?index\\.ts$',
      pathNot: '^libs/$1/',
      dependencyTypesNot: ['aliased-subpath-import'],
    },
  },
  {
    name: 'migrations-by-their-door',
    severity: 'error',
    comment: 'Migrations are entered through migrations/index.ts.',
    from: { pathNot: '^migrations/' },
    to: { path: '^migrations/', pathNot: '^migrations/index\\.ts$' },
  },
  {
    name: 'testing-only-from-tests',
    severity: 'error',
    comment: 'Only tests import libs/testing and the builders behind #libs/<name>/testing.',
    from: { path: OURS, pathNot: [...TEST_FILES, '^vitest\\.config\\.ts$'] },
    to: { path: ['^libs/testing/', '^libs/[^/]+/src/testing/'] },
  },
  {
    name: 'index-exports-no-entities',
    severity: 'error',
    comment: 'An entity is the affair of its own library; the door hands out modules, use cases and types.',
    from: { path: '^libs/[^/]+/src/index\\.ts$' },
    to: { path: '\\.entity\\.ts$' },
  },
];

/** Which packages stand where. @type {Rule[]} */
const PACKAGE_RULES = [
  {
    name: 'typeorm-only-in-stores',
    severity: 'error',
    comment: 'The ORM stops at the store: *.entity.ts, *.store.ts, migrations, libs/platform, libs/testing.',
    from: { path: OURS, pathNot: ['\\.(?:entity|store)\\.ts$', '^migrations/', '^libs/(?:platform|testing)/'] },
    to: { path: npmPackages('typeorm') },
  },
  {
    name: 'nestjs-typeorm-only-in-stores-and-modules',
    severity: 'error',
    comment: 'As typeorm; and a module may register its own entities.',
    from: { path: OURS, pathNot: ['\\.(?:store|module)\\.ts$', '^libs/(?:platform|testing)/'] },
    to: { path: npmPackages('@nestjs/typeorm') },
  },
  {
    name: 'pg-only-in-stores',
    severity: 'error',
    comment: 'pg directly: only in *.store.ts for the named hot paths, libs/platform, libs/testing.',
    from: { path: OURS, pathNot: ['\\.store\\.ts$', '^libs/(?:platform|testing)/'] },
    to: { path: npmPackages('pg') },
  },
  {
    name: 'queues-only-in-platform-and-worker',
    severity: 'error',
    comment: 'A queue message is a doorbell that libs/platform rings and apps/worker answers.',
    from: { path: OURS, pathNot: ['^libs/platform/', '^apps/worker/'] },
    to: { path: npmPackages('bullmq', '@nestjs/bullmq', 'ioredis') },
  },
  {
    name: 'pure-libraries-no-builtins',
    severity: 'error',
    comment: 'A pure library has no I/O, clock, chance or environment, so no built-in of Node.',
    from: { path: PURE_PATH, pathNot: TEST_FILES },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'pure-libraries-pure-packages',
    severity: 'error',
    comment: `A pure library uses no package but ${PURE_PACKAGES.join(', ')}.`,
    from: { path: PURE_PATH, pathNot: TEST_FILES },
    to: { path: '(?:^|/)node_modules/', pathNot: npmPackages(...PURE_PACKAGES) },
  },
  {
    name: 'no-dev-packages-at-run-time',
    severity: 'error',
    comment: 'What runs in production is a dependency, not a devDependency.',
    from: { path: '^(?:apps|libs|migrations)/', pathNot: TEST_FILES },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'packages-are-declared',
    severity: 'error',
    comment: 'A package that is imported stands in package.json.',
    from: { path: OURS },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'imports-resolve',
    severity: 'error',
    comment: 'An import that leads nowhere would slip through every other rule.',
    from: { path: OURS },
    to: { couldNotResolve: true },
  },
];

const config = {
  forbidden: [...HOUSE_RULES, ...PACKAGE_RULES, ...ROWS.flatMap(([folder, row]) => importRules(folder, row))],
  options: {
    doNotFollow: { path: '(?:^|/)node_modules/' },
    // Anchored: a bare "dist" would also drop node_modules/bullmq/dist, and its rule would pass in silence.
    exclude: { path: '^(?:dist|coverage)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
    },
  },
};

export default config;
