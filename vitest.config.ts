import { defineConfig } from 'vitest/config';
import { skipReporter } from './test/support/skip-reporter.ts';

/** Per room: how long a test may take, and whether it runs the built program. */
const rooms = {
  unit: { testTimeout: 5_000, built: false },
  integration: { testTimeout: 30_000, built: true },
  e2e: { testTimeout: 60_000, built: true },
  system: { testTimeout: 300_000, built: true },
};

const jsonReport: ['json', { outputFile: string }] = [
  'json',
  { outputFile: `test-results/vitest-${String(Date.now())}.json` },
];

export default defineConfig({
  test: {
    reporters: [
      'default',
      skipReporter(),
      // Read by test/support/count-results.mjs at the end of a CI run.
      ...(process.env['CI'] ? [jsonReport] : []),
    ],
    projects: Object.entries(rooms).map(([name, { testTimeout, built }]) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        environment: 'node',
        testTimeout,
        hookTimeout: 300_000,
        globalSetup: built ? ['test/support/build-once.ts'] : [],
        // Real sockets, browsers and servers: one file at a time keeps timing true on small machines.
        fileParallelism: name === 'unit',
        // CI machines stall at times, for seconds. What fails twice is broken; what needed a second try is told.
        retry: process.env['CI'] && name !== 'unit' ? 1 : 0,
      },
    })),
  },
});
