/** What other systems' CI would do: checked by the schema of such files, and against this project. */
import { validateWorkflow } from '@action-validator/core';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const dir = '.github/workflows';
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

describe.each(readdirSync(dir))('%s', (name) => {
  const text = readFileSync(join(dir, name), 'utf8');

  it('follows the schema', () => {
    expect(validateWorkflow(text).errors).toEqual([]);
  });

  it('calls only npm scripts that there are', () => {
    const called = [...text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);
    expect(called.length).toBeGreaterThan(0);
    expect(called.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('names only files that there are', () => {
    const named = [...text.matchAll(/(?<=[\s"'=])(?:\.\/)?((?:\.ci|build|test|main)\/[\w./-]+)/g)].map(
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('may only read, keeps no credentials, and takes actions by their major version', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n/m);
    expect(text).not.toMatch(/: write\b|write-all|pull_request_target/);
    for (const [, action = ''] of text.matchAll(/uses: (\S+)/g)) expect(action).toMatch(/^actions\/[\w-]+@v\d+$/);
    expect(text.match(/actions\/checkout/g)?.length).toBe(text.match(/persist-credentials: false/g)?.length);
    // A secret in a command line would be seen by every process of that machine.
    for (const [, script = ''] of text.matchAll(/^\s+run: (.+)$/gm)) expect(script).not.toContain('secrets.');
  });
});

it('the check itself finds mistakes', () => {
  expect(validateWorkflow('on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepps: []\n').errors).not.toEqual(
    [],
  );
});
