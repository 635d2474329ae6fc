// Benchmarks are run like tests, one after another, but judge nothing by absolute time: they print.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/bench/**/*.bench.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    reporters: [['default', { summary: false }]],
  },
});
