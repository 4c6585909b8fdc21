import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = {
  test: {
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
          // Some simulate thousands of clients: seconds of CPU, and more of the clock on a busy machine.
          testTimeout: 20_000,
          benchmark: { include: [] },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 20_000,
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
