import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStackFile, writeStackFile } from '../../../../../main/core/setup/stack/stack-file.ts';
import { failureText } from '../../../../../main/shared/failure.ts';
import { anyText, partDrafts, rightDrafts, wildDrafts } from './drafts.ts';

const example = `# yaml-language-server: $schema=https://mooring.github.io/stack.schema.json
stack: mlflow-postgres
environment: prod
mlflow: { port: 5002, version: 3.17.2 }   # the tested one
database: { name: mlflow }
secrets: [mlflow.admin-password]
`;

const refusal = (text: string): string => {
  const reply = readStackFile(text);
  expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  return reply.ok ? '' : failureText(reply.error);
};

describe('a stack file', () => {
  it('is read', () => {
    expect(readStackFile(example)).toEqual({
      ok: true,
      value: {
        stack: 'mlflow-postgres',
        values: { environment: 'prod', 'mlflow.port': 5002, 'mlflow.version': '3.17.2', 'database.name': 'mlflow' },
      },
    });
  });

  it.each<[string, object]>([
    ['stack: mlflow-quick-start', {}],
    ['\uFEFFstack: mlflow-quick-start\r\nmlflow:\r\n  port: 5001\r\n', { 'mlflow.port': 5001 }],
    ['stack: mlflow-quick-start\nmlflow:\n', {}],
    [
      'stack: mlflow-quick-start\nmlflow: { version: 3.10, port: "5001", login: no, admin: 007 }',
      { 'mlflow.version': '3.10', 'mlflow.port': 5001, 'mlflow.login': false, 'mlflow.admin': '007' },
    ],
    ['stack: mlflow-quick-start\nmlflow:\n  data-dir:\n  port: ~', {}],
    ['{"stack": "mlflow-quick-start", "mlflow": {"port": 5001}}', { 'mlflow.port': 5001 }],
    [
      'stack: mlflow-external-postgres\ndatabase:\n  ca: |\n    -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----\n',
      { 'database.ca': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' },
    ],
  ])('is read: %j', (text, values) => {
    expect(readStackFile(text)).toMatchObject({ ok: true, value: { values } });
    const reply = readStackFile(text);
    expect(reply.ok && Object.keys(reply.value.values).sort()).toEqual(Object.keys(values).sort());
  });

  it('may leave out what comes by other ways', () => {
    expect(readStackFile('stack: mlflow-s3')).toMatchObject({ ok: true });
  });

  it.each<[string, string]>([
    ['', 'A stack file has lines such as “stack: mlflow-quick-start”.'],
    ['just words', 'A stack file has lines such as'],
    ['- a\n- b', 'A stack file has lines such as'],
    ['environment: prod', 'The line “stack: …” is missing.'],
    ['stack: mlflow-postgress', 'Line 1, column 8: There is no such stack. Did you mean mlflow-postgres?'],
    ['stack: [a]', 'Line 1, column 8: There is no such stack. There is: mlflow-quick-start,'],
    [
      'stack: mlflow-postgres\nmlflow:\n  prt: 1',
      'Line 3, column 3: mlflow.prt is not a setting of “MLflow with PostgreSQL”. Did you mean mlflow.port?',
    ],
    ['stack: mlflow-postgres\nmlfow: { port: 1 }', 'Line 2, column 1: mlfow is not a setting'],
    ['stack: mlflow-postgres\nenvironmnt: x', 'Did you mean environment?'],
    [
      'stack: mlflow-postgres\ns3: { bucket: abc }',
      's3.bucket is not a setting of “MLflow with PostgreSQL”. It is one of: mlflow-s3.',
    ],
    ['stack: mlflow-postgres\ns3: abc', 's3 holds settings of its own, as in s3: { bucket: … }'],
    ['stack: mlflow-postgres\nother: { a: 1 }', 'other is not a setting'],
    ['stack: mlflow-postgres\ndatabase: { host: x }', 'It is one of: mlflow-external-postgres.'],
    [
      'stack: mlflow-postgres\nmlflow.port: 1',
      'Line 2, column 1: mlflow.port is written in two steps here. Write mlflow: { port: … }.',
    ],
    ['stack: mlflow-postgres\nmlflow: 5000', 'mlflow holds settings of its own, as in mlflow: { port: … }'],
    ['stack: mlflow-postgres\nmlflow: { port: [1] }', 'mlflow.port takes one value'],
    ['stack: mlflow-postgres\nmlflow: { port: { a: 1 } }', 'mlflow.port takes one value'],
    [
      'stack: mlflow-postgres\nmlflow:\n  port: 70000',
      'Line 3, column 9: Port must be a whole number from 1 to 65535.',
    ],
    ['stack: mlflow-postgres\nenvironment: Prod', 'Line 2, column 14: Environment must be lower-case letters'],
    ['stack: mlflow-postgres\nstack: mlflow-s3', 'Line 2, column 1: stack stands there twice. Leave one of them.'],
    ['stack: mlflow-postgres\nmlflow:\n  port: 1\n  port: 2', 'Line 4, column 3: mlflow.port stands there twice.'],
    [
      'stack: mlflow-postgres\nmlflow:\n\tport: 1',
      'Line 3, column 1: lines are indented with blanks here, not with tabs.',
    ],
    ['stack: mlflow-postgres\n  mlflow: 1', 'Line 1, column 8: two “key: value” run into each other here'],
    ['stack: "open', 'something is missing here'],
    ['stack: mlflow-postgres\n---\nstack: mlflow-s3', 'one stack'],
    ['stack: &a mlflow-postgres\nenvironment: *a', 'Aliases (*name) are not read in a stack file.'],
    ['stack: !!str mlflow-postgres', 'Tags (!name) are not read'],
    ['stack: !own mlflow-postgres', 'tags (!name) are not read'],
    ['stack: mlflow-postgres\n? [a, b]\n: 1', 'A key must be one word.'],
    ['stack: mlflow-postgres\n<<: { mlflow: { port: 1 } }', 'A key is not a setting'],
    ['stack: mlflow-postgres\n__proto__: { port: 1 }', 'not a setting'],
    ['stack: mlflow-postgres\nconstructor: 1', 'not a setting'],
  ])('is refused with words: %j', (text, words) => {
    expect(refusal(text)).toContain(words);
  });

  it.each([
    'mlflow: { password: hunter2-hunter2 }',
    'mlflow: { admin-password: hunter2-hunter2 }',
    'password: hunter2-hunter2',
    'database: { password: hunter2-hunter2 }',
    'secrets: { mlflow.admin-password: hunter2-hunter2 }',
    'secrets: [{ mlflow.admin-password: hunter2-hunter2 }]',
    'secrets:\n  - mlflow.admin-password: hunter2-hunter2',
    'secrets: hunter2-hunter2',
    'mlflow.admin-password: hunter2-hunter2',
    'azure: { connection-string: hunter2-hunter2 }',
  ])('has no secrets in it: %j', (line) => {
    const words = refusal(`stack: mlflow-postgres\n${line}\n`);
    expect(words).toContain('Secrets don’t belong in the file');
    expect(words).toContain('--secrets FILE');
    expect(words).not.toContain('hunter2');
  });

  it('names secrets that there are, and says nothing of what stands there instead', () => {
    const words = refusal('stack: mlflow-postgres\nsecrets: [mlflow.admin-pasword]');
    expect(words).toContain('Line 2, column 11: This is not the name of a secret. Did you mean mlflow.admin-password?');
    expect(refusal('stack: mlflow-postgres\nsecrets: [hunter2-hunter2]')).not.toContain('hunter2');
    expect(refusal('stack: mlflow-azure-blob\nazure: { credential: sig=hunter2-hunter2 }')).not.toContain('hunter2');
    expect(refusal('stack: mlflow-postgres\nenvironment: "hunter2-\n  x: "')).not.toContain('hunter2');
  });

  it('tells all that does not fit, each by its key', () => {
    const reply = readStackFile('stack: mlflow-postgres\nmlflow: { port: 0, prt: 1 }\nscope: x');
    expect(reply).toMatchObject({
      error: { fields: [{ path: 'mlflow.prt' }, { path: 'scope' }, { path: 'mlflow.port' }] },
    });
  });
});

describe('a file that means harm', () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = Array<string>(9)
      .fill(level === 0 ? 'x' : `*l${String(level - 1)}`)
      .join(', ');
    return `l${String(level)}: &l${String(level)} [${inner}]`;
  });
  it.each<[string, string]>([
    ['a bomb of aliases', `stack: mlflow-postgres\n${levels.join('\n')}`],
    ['a megabyte', `stack: mlflow-postgres\nenvironment: ${'x'.repeat(1_000_000)}`],
    ['many brackets', `stack: ${'['.repeat(200_000)}`],
    ['many braces', `stack: ${'{a: '.repeat(60_000)}`],
    ['deep indentation', Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    [
      'many keys',
      `stack: mlflow-postgres\n${Array.from({ length: 4_000 }, (_, key) => `k${String(key)}: 1`).join('\n')}`,
    ],
    ['one key many times', `stack: mlflow-postgres\n${'environment: x\n'.repeat(4_000)}`],
    ['a long key', `stack: mlflow-postgres\n? ${'k'.repeat(200_000)}\n: 1`],
    ['a long number', `stack: mlflow-postgres\nmlflow: { port: ${'9'.repeat(200_000)} }`],
    ['NUL and other controls', 'stack: mlflow-postgres\nenvironment: "a\0b\u001b[2J"'],
  ])('is refused in time: %s', (_name, text) => {
    const began = performance.now();
    const words = refusal(text);
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(words.length).toBeLessThan(600);
  });

  it('is never fatal', () => {
    const piece = fc.oneof(
      anyText,
      fc.constantFrom(
        'stack: mlflow-postgres\n',
        'mlflow:\n',
        '  port: ',
        '\t',
        ': ',
        '- ',
        '&a ',
        '*a',
        '!!map ',
        '<<: *a\n',
        '? ',
        '|\n',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '# ',
        '---\n',
        '"',
        "'",
        '%YAML 1.1\n---\n',
        'secrets: ',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.boolean(), (pieces, begun) => {
        const reply = readStackFile((begun ? 'stack: mlflow-quick-start\n' : '') + pieces.join(''));
        if (reply.ok) return;
        expect(reply.error.code).toBe('invalid-argument');
        // Of one field alone the message says all there is to say.
        if (reply.error.fields?.length !== 1) expect(reply.error.hint).toEqual(expect.any(String));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('writing', () => {
  it('nests by the dots, in the order of the form, and names the schema', () => {
    const draft = {
      stack: 'mlflow-postgres',
      values: {
        'database.name': 'ml',
        'mlflow.version': '3.10',
        'mlflow.port': 5002,
        environment: 'prod',
        'no.key': 1,
      },
    } as const;
    expect(writeStackFile(draft)).toBe(`# yaml-language-server: $schema=https://mooring.github.io/stack.schema.json
stack: mlflow-postgres
environment: prod
mlflow:
  port: 5002
  version: "3.10"
database:
  name: ml
`);
  });

  it.each([
    ['right', rightDrafts],
    ['partial', partDrafts],
  ])('what was written is read as the same: %s drafts', (_name, drafts) => {
    fc.assert(
      fc.property(drafts, (draft) => {
        expect(readStackFile(writeStackFile(draft))).toEqual({ ok: true, value: draft });
      }),
      { numRuns: 500 },
    );
  });

  it('anything can be written, and is read or refused', () => {
    fc.assert(
      fc.property(wildDrafts, (draft) => {
        readStackFile(writeStackFile(draft));
      }),
      { numRuns: 500 },
    );
  });
});
