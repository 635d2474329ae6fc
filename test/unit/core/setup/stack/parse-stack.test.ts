import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import { fieldsOf, stackFields, testedMlflow } from '../../../../../main/shared/setup/stack-fields.ts';
import { stackNames, type FieldValue, type StackName } from '../../../../../main/shared/setup/stack.ts';
import { rightDrafts, wildDrafts } from './drafts.ts';

const parse = (stack: StackName, values: Record<string, FieldValue> = {}) => parseStack({ stack, values });
const external = { 'database.host': 'db.example.org', 'database.user': 'mlflow' };
const s3 = { 's3.bucket': 'my-artifacts', 's3.access-key-id': 'AKIAEXAMPLE' };
const azure = { 'azure.account': 'mlartifacts', 'azure.container': 'mlflow' };

describe('a stack with what is usual', () => {
  it('is MLflow with a login, in SQLite and a folder', () => {
    expect(parse('mlflow-quick-start')).toEqual({
      ok: true,
      value: {
        name: 'mlflow-quick-start',
        environment: 'main',
        scope: 'auto',
        mlflow: {
          version: testedMlflow,
          port: 5000,
          workers: 0,
          runAs: 'login',
          login: { admin: 'admin' },
          allowedHosts: [],
          dataDir: null,
          database: { kind: 'sqlite' },
          artifacts: { kind: 'folder' },
        },
        storage: null,
        script: null,
      },
    });
  });

  it.each<[StackName, Record<string, FieldValue>, object]>([
    ['mlflow-postgres', {}, { mlflow: { database: { kind: 'postgres', name: 'mlflow', user: 'mlflow' } } }],
    [
      'mlflow-external-postgres',
      external,
      { mlflow: { database: { kind: 'external-postgres', port: 5432, name: 'mlflow', sslMode: 'require', ca: null } } },
    ],
    ['mlflow-s3', s3, { mlflow: { artifacts: { kind: 's3', prefix: 'mlflow', endpoint: null, dataBucket: null } } }],
    ['mlflow-azure-blob', azure, { mlflow: { artifacts: { kind: 'azure', prefix: '', credential: 'key' } } }],
    ['mlflow-full', {}, { mlflow: { artifacts: { kind: 'own-storage' } }, storage: { port: 9000, consolePort: 9001 } }],
    ['object-storage', {}, { mlflow: null, storage: { software: 'versitygw', bucket: 'mlflow' } }],
    [
      'script',
      { 'script.path': '~/x.sh' },
      { mlflow: null, scope: 'user', script: { run: [], args: [], asRoot: false } },
    ],
  ])('%s', (stack, values, expected) => {
    expect(parse(stack, values)).toMatchObject({ ok: true, value: expected });
  });

  it.each(stackNames.flatMap((stack) => fieldsOf(stack).map((field) => [stack, field.key] as const)))(
    'has each key once: %s %s',
    (stack, key) => {
      expect(fieldsOf(stack).filter((each) => each.key === key)).toHaveLength(1);
    },
  );

  it('tells of each field that a person has to fill in, by its key', () => {
    for (const stack of stackNames) {
      const needed = fieldsOf(stack).filter(({ usual }) => usual === null);
      const reply = parse(stack);
      const named = reply.ok ? [] : (reply.error.fields ?? []).map((each) => each.path);
      expect(named.sort(), stack).toEqual(needed.map(({ key }) => key).sort());
    }
  });
});

describe('values', () => {
  it.each<[StackName, Record<string, FieldValue>, object]>([
    ['mlflow-quick-start', { 'mlflow.port': '5001', 'mlflow.login': 'no' }, { mlflow: { port: 5001, login: null } }],
    ['mlflow-quick-start', { 'mlflow.login': false, 'mlflow.admin': 'ada' }, { mlflow: { login: null } }],
    [
      'mlflow-quick-start',
      { environment: 'dev', 'mlflow.allowed-hosts': ' a.b ,, c' },
      { environment: 'dev', mlflow: { allowedHosts: ['a.b', 'c'] } },
    ],
    ['mlflow-quick-start', { 'mlflow.data-dir': '/srv/ml/' }, { mlflow: { dataDir: '/srv/ml' } }],
    [
      'mlflow-quick-start',
      { 'mlflow.port': '', 'mlflow.version': '' },
      { mlflow: { port: 5000, version: testedMlflow } },
    ],
    [
      'mlflow-s3',
      { ...s3, 's3.prefix': '/a/b/', 's3.endpoint': 'https://a3s.fi/' },
      { mlflow: { artifacts: { prefix: 'a/b', endpoint: 'https://a3s.fi' } } },
    ],
    [
      'mlflow-s3',
      { 's3.bucket': 'abc', 's3.credentials': 'role' },
      { mlflow: { artifacts: { credentials: { kind: 'role' } } } },
    ],
    [
      'mlflow-s3',
      { 's3.bucket': 'abc', 's3.credentials': 'profile' },
      { mlflow: { artifacts: { credentials: { kind: 'profile', profile: 'default' } } } },
    ],
    [
      'mlflow-external-postgres',
      { ...external, 'database.name': 'it\'s "x" $(id)' },
      { mlflow: { database: { name: 'it\'s "x" $(id)' } } },
    ],
    [
      'script',
      { 'script.path': '/x', 'script.args': 'a "b c"', 'script.env': `A='1 2' B=`, 'script.as-root': 'yes' },
      { script: { args: ['a', 'b c'], env: ['A=1 2', 'B='], asRoot: true } },
    ],
  ])('%s takes %j', (stack, values, expected) => {
    expect(parse(stack, values)).toMatchObject({ ok: true, value: expected });
  });

  it.each<[StackName, Record<string, FieldValue>, string]>([
    ['mlflow-quick-start', { environment: 'Prod' }, 'environment'],
    ['mlflow-quick-start', { environment: 'x; rm -rf /' }, 'environment'],
    ['mlflow-quick-start', { environment: '../x' }, 'environment'],
    ['mlflow-quick-start', { environment: 'adopted' }, 'environment'],
    ['mlflow-postgres', { environment: 'adopted-5001' }, 'environment'],
    ['mlflow-quick-start', { environment: 'a\nb' }, 'environment'],
    ['mlflow-quick-start', { scope: 'everywhere' }, 'scope'],
    ['mlflow-quick-start', { 'mlflow.port': 0 }, 'mlflow.port'],
    ['mlflow-quick-start', { 'mlflow.port': 65_536 }, 'mlflow.port'],
    ['mlflow-quick-start', { 'mlflow.port': 5000.5 }, 'mlflow.port'],
    ['mlflow-quick-start', { 'mlflow.port': '5000 # no' }, 'mlflow.port'],
    ['mlflow-quick-start', { 'mlflow.port': Number.NaN }, 'mlflow.port'],
    ['mlflow-quick-start', { 'mlflow.workers': 65 }, 'mlflow.workers'],
    ['mlflow-quick-start', { 'mlflow.login': 'perhaps' }, 'mlflow.login'],
    ['mlflow-quick-start', { 'mlflow.admin': 'a b' }, 'mlflow.admin'],
    ['mlflow-quick-start', { 'mlflow.admin': '$(id)' }, 'mlflow.admin'],
    ['mlflow-quick-start', { 'mlflow.version': '3.17.2; id' }, 'mlflow.version'],
    ['mlflow-quick-start', { 'mlflow.version': 'latest' }, 'mlflow.version'],
    ['mlflow-quick-start', { 'mlflow.allowed-hosts': '*' }, 'mlflow.allowed-hosts'],
    ['mlflow-quick-start', { 'mlflow.data-dir': 'relative' }, 'mlflow.data-dir'],
    ['mlflow-quick-start', { 'mlflow.data-dir': '/srv/../etc' }, 'mlflow.data-dir'],
    ['mlflow-quick-start', { 'mlflow.data-dir': '/srv/a b' }, 'mlflow.data-dir'],
    ['mlflow-quick-start', { 'mlflow.data-dir': '/etc/' }, 'mlflow.data-dir'],
    ['mlflow-postgres', { 'database.name': 'a"b' }, 'database.name'],
    ['mlflow-postgres', { 'database.user': '1a' }, 'database.user'],
    ['mlflow-external-postgres', { ...external, 'database.host': 'a b' }, 'database.host'],
    ['mlflow-external-postgres', { ...external, 'database.host': 'h;id' }, 'database.host'],
    ['mlflow-external-postgres', { ...external, 'database.ssl-mode': 'disable' }, 'database.ssl-mode'],
    ['mlflow-external-postgres', { ...external, 'database.ca': 'not one' }, 'database.ca'],
    ['mlflow-s3', { ...s3, 's3.bucket': 'UPPER' }, 's3.bucket'],
    ['mlflow-s3', { ...s3, 's3.bucket': '10.0.0.1' }, 's3.bucket'],
    ['mlflow-s3', { ...s3, 's3.endpoint': 'https://user:pw@host' }, 's3.endpoint'],
    ['mlflow-s3', { ...s3, 's3.endpoint': 'ftp://host' }, 's3.endpoint'],
    ['mlflow-s3', { ...s3, 's3.prefix': 'a b' }, 's3.prefix'],
    ['mlflow-azure-blob', { ...azure, 'azure.container': 'a--b' }, 'azure.container'],
    ['mlflow-azure-blob', { ...azure, 'azure.credential': 'sv=2021&sig=abc' }, 'azure.credential'],
    ['object-storage', { 'storage.console-port': 9000 }, 'storage.console-port'],
    ['script', { 'script.path': '/x', 'script.run': '/etc/x' }, 'script.run'],
    ['script', { 'script.path': '/x', 'script.args': '"open' }, 'script.args'],
    ['script', { 'script.path': '/x', 'script.env': 'no-name' }, 'script.env'],
    ['script', { 'script.path': '/x\0' }, 'script.path'],
  ])('%s refuses %j', (stack, values, key) => {
    const reply = parse(stack, values);
    expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument', fields: [{ path: key }] } });
    // What was typed is not said again: it may be a secret in the wrong place.
    for (const value of Object.values(values)) {
      if (typeof value === 'string' && value.length > 9) expect(JSON.stringify(reply)).not.toContain(value);
    }
  });

  it('of other stacks are refused by name, and what is no key at all is not repeated', () => {
    expect(parse('mlflow-quick-start', { 's3.bucket': 'abc' })).toMatchObject({
      error: { message: 's3.bucket is not a setting of “MLflow quick start”.' },
    });
    const reply = parse('mlflow-quick-start', { 'hunter2 hunter2': 1 });
    expect(JSON.stringify(reply)).not.toContain('hunter2');
  });
});

describe('whatever comes', () => {
  it('a draft is a stack or refused with words, never a fault', () => {
    fc.assert(
      fc.property(wildDrafts, (draft) => {
        const reply = parseStack(draft);
        if (reply.ok) return;
        expect(reply.error.code).toBe('invalid-argument');
        expect(reply.error.fields?.length).toBeGreaterThan(0);
        for (const { path } of reply.error.fields ?? []) {
          expect(path === 'values' || stackFields.some((each) => each.key === path)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a right draft is a stack', () => {
    fc.assert(
      fc.property(rightDrafts, (draft) => {
        expect(parseStack(draft)).toMatchObject({ ok: true, value: { name: draft.stack } });
      }),
      { numRuns: 300 },
    );
  });

  it('long values take no long time', () => {
    const long = 'a-'.repeat(200_000);
    const began = performance.now();
    for (const stack of stackNames) {
      parse(stack, Object.fromEntries(fieldsOf(stack).map(({ key }) => [key, long])));
      parse(stack, Object.fromEntries(fieldsOf(stack).map(({ key }) => [key, '/'.repeat(200_000)])));
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
