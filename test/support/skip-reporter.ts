/** Says at the end of a run what was skipped and why: the reason stands in brackets in the name of the suite. */
import type { Reporter, TestModule } from 'vitest/node';

export function skipReporter(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const counts = new Map<string, number>();
      for (const module of modules) {
        for (const test of module.children.allTests('skipped')) {
          const found = /\(([^()]*(?:\([^()]*\)[^()]*)*)\)(?=[^()]*$)/.exec(test.fullName)?.[1] ?? test.fullName;
          const reason = found.replace(/^skipped: /, '');
          counts.set(reason, (counts.get(reason) ?? 0) + 1);
        }
      }
      for (const [reason, count] of counts) process.stdout.write(`skipped ${String(count)}: ${reason}\n`);
    },
  };
}
