// Sums what the test runs wrote into test-results/*.json, names every skipped test, and prints one closing line.
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

const dir = 'test-results';
const files = readdirSync(dir).filter((name) => name.startsWith('vitest-') && name.endsWith('.json'));
const sum = { passed: 0, failed: 0, skipped: 0 };
const skipped = new Set();
for (const file of files) {
  const run = JSON.parse(readFileSync(`${dir}/${file}`, 'utf8'));
  for (const suite of run.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'passed') sum.passed += 1;
      else if (test.status === 'failed') sum.failed += 1;
      else {
        sum.skipped += 1;
        skipped.add(test.fullName.trim());
      }
    }
  }
}
for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
