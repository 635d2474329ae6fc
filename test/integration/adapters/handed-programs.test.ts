import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { handedPrograms } from '../../../main/adapters/handed-programs.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-handed-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');

it('is read once, and again when it has changed', async () => {
  const path = join(folder, 'versitygw');
  const env = { MOORING_VERSITYGW: path };
  const put = (text: string, atSeconds: number) => {
    writeFileSync(path, text);
    utimesSync(path, atSeconds, atSeconds);
  };
  put('one', 1_000);
  expect(await handedPrograms(env)).toEqual({ versitygw: { path, sha256: sumOf('one') } });
  // As large and as old: nobody reads it again.
  put('two', 1_000);
  expect(await handedPrograms(env)).toEqual({ versitygw: { path, sha256: sumOf('one') } });
  put('two', 1_001);
  expect(await handedPrograms(env)).toEqual({ versitygw: { path, sha256: sumOf('two') } });
  put('three', 1_001);
  expect(await handedPrograms(env)).toEqual({ versitygw: { path, sha256: sumOf('three') } });
});

it('what can’t be read is none, and is found once it can', async () => {
  const path = join(folder, 'later');
  const env = { MOORING_VERSITYGW: path };
  expect(await handedPrograms({})).toEqual({ versitygw: null });
  expect(await handedPrograms(env)).toEqual({ versitygw: null });
  expect(await handedPrograms({ MOORING_VERSITYGW: folder })).toEqual({ versitygw: null });
  writeFileSync(path, 'here');
  expect(await handedPrograms(env)).toMatchObject({ versitygw: { sha256: sumOf('here') } });
});
