import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../../eslint.config.js';

const longFunction = `export function long(): number {\n${'  void 0;\n'.repeat(70)}  return 1;\n}\n`;

/** File, its text, and the rules that must fire in it: none where the same text is in order at that place. */
const PLANTED: [file: string, text: string, rules: string[]][] = [
  [
    'libs/jobs/src/floating.ts',
    'export function start(work: () => Promise<void>): void {\n  work();\n}\n',
    ['@typescript-eslint/no-floating-promises'],
  ],
  [
    'libs/jobs/src/misused.ts',
    'export const each = (xs: number[], f: (x: number) => Promise<void>): void => xs.forEach(f);\n',
    ['@typescript-eslint/no-misused-promises'],
  ],
  [
    'libs/jobs/src/switch.ts',
    "export function name(state: 'a' | 'b'): string {\n  switch (state) {\n    case 'a':\n      return 'A';\n  }\n  return '';\n}\n",
    ['@typescript-eslint/switch-exhaustiveness-check'],
  ],
  ['libs/jobs/src/any.ts', 'export const it: any = 1;\n', ['@typescript-eslint/no-explicit-any']],
  [
    'libs/jobs/src/leak.ts',
    "export const it: string = JSON.parse('1');\n",
    ['@typescript-eslint/no-unsafe-assignment'],
  ],
  ['libs/jobs/src/camelCase.ts', 'export const it = 1;\n', ['unicorn/filename-case']],
  ['libs/jobs/src/submit-job.service.ts', 'export const it = 1;\n', []],
  ['libs/jobs/src/long.ts', longFunction, ['max-lines-per-function']],
  ['libs/jobs/src/long.spec.ts', longFunction, []],
  ['libs/jobs/src/environment.ts', 'export const home = process.env.HOME;\n', ['no-restricted-syntax']],
  ['libs/platform/src/environment.ts', 'export const home = process.env.HOME;\n', []],
  [
    'libs/jobs/src/silenced.ts',
    '// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport const it: any = 1;\n',
    ['house/require-disable-reason'],
  ],
  [
    'libs/jobs/src/silenced-all.ts',
    '/* eslint-disable -- generated */\nexport const it: any = 1;\n',
    ['house/require-disable-reason'],
  ],
  [
    'libs/jobs/src/reasoned.ts',
    '// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is unknown here\nexport const it: any = 1;\n',
    [],
  ],
  [
    'libs/jobs/src/idle.spec.ts',
    "import { it } from 'vitest';\nit.skip('waits', () => {});\n",
    ['no-restricted-syntax'],
  ],
  ...['kernel', 'contracts', 'planner', 'estimator', 'energy', 'pricing', 'ledger'].flatMap(
    (library): [string, string, string[]][] => [
      [`libs/${library}/src/now.ts`, 'export const at = Date.now();\n', ['no-restricted-properties']],
      [`libs/${library}/src/new-date.ts`, 'export const at = new Date();\n', ['no-restricted-syntax']],
      [`libs/${library}/src/parsed-date.ts`, 'export const at = new Date(0);\n', []],
      [`libs/${library}/src/random.ts`, 'export const x = Math.random();\n', ['no-restricted-properties']],
      [`libs/${library}/src/process.ts`, 'export const up = process.uptime();\n', ['no-restricted-globals']],
      [`libs/${library}/src/timer.ts`, 'setTimeout(() => undefined, 1);\n', ['no-restricted-globals']],
      [`libs/${library}/src/now.spec.ts`, 'export const at = Date.now();\n', []],
    ],
  ),
  ['libs/jobs/src/now.ts', 'export const at = new Date(Date.now());\n', []],
];

describe('lint rules', () => {
  let root: string;
  let fired: Map<string, string[]>;

  beforeAll(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'lint-rules-')));
    for (const [file, text] of PLANTED) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    writeFileSync(join(root, 'tsconfig.json'), readFileSync('tsconfig.json'));
    writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module' }));
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    const eslint = new ESLint({
      cwd: root,
      overrideConfigFile: true,
      overrideConfig: config as ESLint.Options['overrideConfig'],
    });
    const results = await eslint.lintFiles(['.']);
    fired = new Map(
      results.map(({ filePath, messages }) => [
        relative(root, filePath),
        [...new Set(messages.map(({ ruleId, message }) => ruleId ?? message))],
      ]),
    );
  }, 60_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('fire exactly where a violation was planted, each by its own name', () => {
    const actual = Object.fromEntries(PLANTED.map(([file]) => [file, fired.get(file)]));
    expect(actual).toEqual(Object.fromEntries(PLANTED.map(([file, , rules]) => [file, rules])));
  });
});
