import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeStackFile } from '../../../../../main/core/setup/stack/stack-file.ts';
import { stackSchema } from '../../../../../main/core/setup/stack/stack-schema.ts';
import { rightDrafts } from './drafts.ts';

const validate = new Ajv({ allErrors: true, strict: false }).compile(stackSchema());
const problems = (text: string) => {
  validate(parse(text));
  return (validate.errors ?? [])
    .filter((each) => each.keyword !== 'if')
    .map((each) => `${each.instancePath} ${each.keyword}`);
};

describe('the schema of stack files', () => {
  it('is published as it is (npm run schema)', () => {
    const path = join(import.meta.dirname, '../../../../../build/stack.schema.json');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(stackSchema())));
  });

  it('takes what is written', () => {
    fc.assert(
      fc.property(rightDrafts, (draft) => {
        expect(problems(writeStackFile(draft))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, readonly string[]]>([
    ['stack: mlflow-postgres\nsecrets: [mlflow.admin-password]', []],
    ['stack: mlflow-postgres\nmlflow:', []],
    ['environment: prod', [' required']],
    ['stack: nothing', ['/stack enum']],
    ['stack: mlflow-postgres\nmlflow: { prt: 1 }', ['/mlflow additionalProperties']],
    ['stack: mlflow-postgres\nmlflow: { port: 0 }', ['/mlflow/port minimum']],
    ['stack: mlflow-postgres\nmlflow: { login: maybe }', ['/mlflow/login type']],
    ['stack: mlflow-postgres\ns3: { bucket: abc }', [' additionalProperties']],
    ['stack: mlflow-postgres\npassword: x', [' additionalProperties']],
    ['stack: mlflow-postgres\nsecrets: { mlflow.admin-password: x }', ['/secrets type']],
    ['stack: mlflow-postgres\nsecrets: [x]', ['/secrets/0 enum']],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
