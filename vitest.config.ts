import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['unit', 'integration', 'e2e', 'system'].map((name) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        environment: 'node',
        testTimeout: { unit: 5_000, integration: 30_000, e2e: 60_000, system: 300_000 }[name] ?? 5_000,
        hookTimeout: 300_000,
        // Real sockets, browsers and servers: one file at a time keeps timing true on small machines.
        fileParallelism: name === 'unit',
      },
    })),
  },
});
