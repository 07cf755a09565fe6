import { availableParallelism } from 'node:os';

// What is ours is turned into CommonJS by swc for each test file; packages are loaded by Node itself, once a worker
// (test/support/jest). Jest's own loader can't do the latter: its realms can't require(esm), and two packages that we need
// (@willsoto/nestjs-prometheus among them) require the ESM-only Nest 12.
export default {
  testEnvironment: '<rootDir>/test/support/jest/one-realm-environment.cjs',
  testEnvironmentOptions: { globalsCleanup: 'off' },
  runtime: '<rootDir>/test/support/jest/packages-once-runtime.cjs',
  testRegex: '.*(\\.spec|-spec)\\.ts$',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.data'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.[cm]?[tj]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs', ignoreDynamic: false },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  // A fifth of the time of two workers is spent waiting: for services that start, leases, intervals. A third one fills it. No
  // more than four: each may hold some fifty connections of the one PostgreSQL.
  maxWorkers: availableParallelism() > 2 ? 4 : 3,
  // What packages remember of files that are over grows, and with it the time for collecting garbage: then a worker begins anew.
  workerIdleMemoryLimit: '900MB',
  // For a machine that is slow or busy with something else; nothing that works takes as long.
  testTimeout: 90_000,
};
