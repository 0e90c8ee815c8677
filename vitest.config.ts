import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** One plugin and one resolution for all suites: decorators with metadata, `#libs/*` from source. */
const conditions = ['source', 'node'];

const shared = {
  plugins: [
    swc.vite({
      module: { type: 'es6' },
      jsc: {
        target: 'es2023',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    }),
  ],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Global set-up runs in an environment of its own.
  environments: { __vitest__: { resolve: { conditions } } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{apps,libs,examples,tools,test}/**/*.spec.ts'],
          exclude: ['**/node_modules/**', 'dist/**'],
          // They are pure, so files may share a process: a third of the time goes.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          include: ['{apps,libs,migrations,examples,test}/**/*.int-spec.ts'],
          globalSetup: ['libs/testing/src/vitest-global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'e2e',
          include: ['{apps,libs,test}/**/*.e2e-spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
