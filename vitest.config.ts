import type { ViteUserConfig } from 'vitest/config';

/** Only a test that fails waits so long, and one on a machine with much else to do. */
const patient = { testTimeout: 180_000, hookTimeout: 180_000, expect: { poll: { timeout: 60_000 } } };

const config: ViteUserConfig = {
  test: {
    // Most tests wait for something, so none of the cores is kept free.
    maxWorkers: '100%',
    // .ci/run counts the tests from this report.
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'reports/vitest.json' }]] : ['default'],
    coverage: {
      provider: 'v8',
      include: ['src/core/**/*.ts', 'src/protocol/**/*.ts'],
      reporter: ['text', 'html'],
      thresholds: { branches: 95 },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          // Properties take a second on an idle machine, and ten and more on a busy one.
          ...patient,
          benchmark: { include: [] },
        },
      },
      {
        // The examples import the package by its name.
        resolve: { tsconfigPaths: true },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          pool: 'forks',
          ...patient,
          benchmark: { include: [] },
        },
      },
      {
        test: {
          name: 'pages',
          include: ['test/pages/**/*.test.ts'],
          pool: 'forks',
          ...patient,
          benchmark: { include: [] },
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          pool: 'forks',
          ...patient,
          // The kit mostly waits.
          maxConcurrency: 20,
          benchmark: { include: [] },
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          benchmark: { include: [] },
          typecheck: { enabled: true, only: true, include: ['test/types/**/*.test-d.ts'] },
        },
      },
      {
        test: {
          name: 'bench',
          include: [],
          benchmark: { include: ['bench/**/*.bench.ts'] },
        },
      },
    ],
  },
};

export default config;
