import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactsCheck } from '../../../../../main/core/setup/plan/artifacts/check.ts';
import { artifactsPart } from '../../../../../main/core/setup/plan/artifacts/artifacts.ts';
import type { PlanContext } from '../../../../../main/core/setup/plan/component.ts';
import type { WiredPart } from '../../../../../main/core/setup/plan/component.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { FieldValue, StackName } from '../../../../../main/shared/setup/stack.ts';
import { contextOf, inShell, localContext, newFolder, readable, runPart } from './contexts.ts';

type Values = Readonly<Record<string, FieldValue>>;

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function contextWith(stack: StackName, values: Values = {}, local = false): PlanContext {
  const parsed = parseStack({ stack, values });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { ...(local ? localContext(folder) : contextOf()), stack: parsed.value };
}

function wired(stack: StackName, values: Values = {}, local = false): WiredPart {
  const context = contextWith(stack, values, local);
  if (!context.stack.mlflow) throw new Error('no MLflow');
  return artifactsPart(context, context.stack.mlflow);
}

const s3Values = { 's3.bucket': 'artifacts', 's3.access-key-id': 'AKID' };
const azureValues = { 'azure.account': 'labstore' };
const secrets = { 's3.secret-access-key': 'a"b$c\\d e', 'azure.credential': '?sv=1&sig=a%2Bb"' };

const uri = ({ wiring }: WiredPart) => inShell(wiring.printUri, folder, secrets).text;
const env = ({ wiring }: WiredPart) => {
  const { text, errors, code } = inShell(wiring.printEnv === '' ? ':' : wiring.printEnv, folder, secrets);
  expect([code, errors]).toEqual([0, '']);
  return text.split('\n').filter((line) => line !== '');
};

describe('what MLflow is told', () => {
  it('a folder of the server: absolute', () => {
    expect(uri(wired('mlflow-quick-start'))).toBe('/srv/mooring/main/artifacts');
    expect(uri(wired('mlflow-quick-start', { 'mlflow.data-dir': '/data/50%' }))).toBe('/data/50%/artifacts');
    expect(wired('mlflow-quick-start').part.steps).toEqual([]);
  });

  it('a bucket of AWS, with a key', () => {
    const part = wired('mlflow-s3', { ...s3Values, 's3.region': 'eu-north-1' });
    expect(uri(part)).toBe('s3://artifacts/mlflow');
    expect(env(part)).toEqual([
      'AWS_ACCESS_KEY_ID="AKID"',
      'AWS_SECRET_ACCESS_KEY="a\\"b\\$c\\\\d e"',
      'AWS_DEFAULT_REGION="eu-north-1"',
    ]);
    expect(part.wiring.secrets).toEqual(['s3.secret-access-key']);
    expect(part.part.secrets).toMatchObject([{ name: 's3.secret-access-key', origin: 'given' }]);
    expect(part.wiring.pythonPackages).toEqual([expect.stringMatching(/^boto3==\d+\.\d+\.\d+$/)]);
  });

  it('a bucket elsewhere, without a folder in it', () => {
    const part = wired('mlflow-s3', { ...s3Values, 's3.endpoint': 'https://a3s.fi/', 's3.prefix': '/' });
    expect(uri(part)).toBe('s3://artifacts');
    expect(env(part)).toContain('MLFLOW_S3_ENDPOINT_URL="https://a3s.fi"');
    expect(part.part.remarks).toEqual([]);
    expect(part.part.services).toEqual([]);
  });

  it('a profile or the machine’s role: no secret at all', () => {
    const profile = wired('mlflow-s3', { 's3.bucket': 'artifacts', 's3.credentials': 'profile', 's3.profile': 'lab' });
    expect(profile.wiring.secrets).toEqual([]);
    expect(profile.part.secrets).toEqual([]);
    expect(profile.wiring.printEnv).toContain('env_line AWS_PROFILE lab');
    const role = wired('mlflow-s3', { 's3.bucket': 'artifacts', 's3.credentials': 'role' });
    expect(env(role)).toEqual(['AWS_DEFAULT_REGION="us-east-1"']);
  });

  it('the store on the same server, by the keys in its own file', () => {
    const part = wired('mlflow-full', { 'storage.port': 9100 }, true);
    expect(uri(part)).toBe('s3://mlflow/mlflow');
    inShell(
      `put_dir ${folder}/config/main 755 "$(id -un)"
       { env_line ROOT_ACCESS_KEY KEYID; env_line ROOT_SECRET_KEY 'x"y'; } | put_file ${folder}/config/main/storage.env 600 "$(id -un)"`,
      folder,
    );
    expect(env(part)).toEqual([
      'AWS_ACCESS_KEY_ID="KEYID"',
      'AWS_SECRET_ACCESS_KEY="x\\"y"',
      'AWS_DEFAULT_REGION="us-east-1"',
      'MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:9100"',
      'AWS_REQUEST_CHECKSUM_CALCULATION="when_required"',
      'AWS_RESPONSE_CHECKSUM_VALIDATION="when_required"',
    ]);
    expect(part.wiring).toMatchObject({ secrets: [], after: ['mooring-storage.service'] });
  });

  it('the store on the same server without keys: it says so instead of writing nothing', () => {
    const told = inShell(`wiring() {\n${wired('mlflow-full', {}, true).wiring.printEnv}\n}\nwiring || exit 3`, folder);
    expect(told.code).toBe(3);
    expect(told.errors).toContain('The keys of the store');
  });

  it.each([
    ['key', ['AZURE_STORAGE_ACCESS_KEY="?sv=1&sig=a%2Bb\\""']],
    ['connection-string', ['AZURE_STORAGE_CONNECTION_STRING="?sv=1&sig=a%2Bb\\""']],
    [
      'sas',
      [
        'AZURE_STORAGE_CONNECTION_STRING="BlobEndpoint=https://labstore.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=a%2Bb\\""',
      ],
    ],
  ])('a container of Azure, with a %s', (credential, lines) => {
    const part = wired('mlflow-azure-blob', { ...azureValues, 'azure.credential': credential, 'azure.prefix': 'a/b' });
    expect(uri(part)).toBe('wasbs://mlflow@labstore.blob.core.windows.net/a/b');
    expect(env(part)).toEqual(lines);
  });
});

describe('remarks and forwards', () => {
  it('an endpoint without TLS is warned of, unless it is this server', () => {
    const far = wired('mlflow-s3', { ...s3Values, 's3.endpoint': 'http://10.0.0.9:9000' }).part;
    expect(far.remarks).toMatchObject([{ level: 'warning' }]);
    expect(far.services).toEqual([]);
    const near = wired('mlflow-s3', { ...s3Values, 's3.endpoint': 'http://127.0.0.1:9000' }).part;
    expect(near.remarks).toEqual([]);
    expect(near.services).toEqual([{ service: 's3', label: 'S3 API', port: 9000, samePort: true }]);
  });

  it.each([
    ['http://localhost', 80],
    ['https://[::1]/', 443],
    ['https://127.0.0.5:8443/s3', 8443],
  ])('%s is forwarded on %i', (endpoint, port) => {
    expect(wired('mlflow-s3', { ...s3Values, 's3.endpoint': endpoint }).part.services).toMatchObject([{ port }]);
  });

  it.each<[StackName, Values]>([
    ['mlflow-s3', s3Values],
    ['mlflow-s3', { 's3.bucket': 'artifacts', 's3.credentials': 'profile' }],
    ['mlflow-s3', { 's3.bucket': 'artifacts', 's3.credentials': 'role', 's3.data-bucket': 'data-sets' }],
    ['mlflow-azure-blob', azureValues],
  ])('%s: every text is one that sh can read', (stack, values) => {
    const [check] = wired(stack, values).part.steps;
    expect(check?.id).toBe('artifacts-check');
    for (const text of [check?.define, check?.check, check?.apply, check?.undo]) {
      expect(readable(`f() {\n:\n${text ?? ''}\n}`)).toBe(true);
    }
  });
});

describe('the check of a store elsewhere', () => {
  const looks = () =>
    existsSync(`${folder}/looked`) ? readFileSync(`${folder}/looked`, 'utf8').split('\n').length - 1 : 0;
  const stepOf = (settings = 's3 one', call = `cat >${folder}/input; echo x >>${folder}/looked`) =>
    artifactsCheck(contextWith('mlflow-s3', s3Values, true), {
      what: 'the bucket artifacts',
      client: '',
      call,
      settings,
      lines: ['AKID'],
      secret: 's3.secret-access-key',
      asService: false,
    });
  const check = (step: ReturnType<typeof stepOf>, given: Record<string, string> = {}) =>
    runPart({ ...step, check: `f() {\n${step.check}\n}\nf` }, 'check', folder, given).code;

  it('looks once, and again after a change of settings or secret', () => {
    const step = stepOf();
    expect(check(step, secrets)).toBe(1);
    expect(runPart(step, 'apply', folder, secrets).code).toBe(0);
    expect(readFileSync(`${folder}/input`, 'utf8')).toBe('AKID\na"b$c\\d e\n');
    expect(looks()).toBe(1);
    expect(check(step, secrets)).toBe(0);
    expect(check(step)).toBe(0);
    expect(check(step, { 's3.secret-access-key': 'other' })).toBe(1);
    expect(check(stepOf('s3 two'), secrets)).toBe(1);
  });

  it('notes nothing that tells the secret, for nobody else', () => {
    runPart(stepOf(), 'apply', folder, secrets);
    const file = `${folder}/config/main/artifacts-checked`;
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n[0-9a-f]{64}\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    runPart(stepOf(), 'undo', folder);
    expect(existsSync(file)).toBe(false);
  });

  it('what failed is not noted, and a missing credential is named', () => {
    expect(runPart(stepOf('s3 one', 'false'), 'apply', folder, secrets).code).not.toBe(0);
    expect(check(stepOf(), secrets)).toBe(1);
    expect(runPart(stepOf(), 'apply', folder).errors).toContain('s3.secret-access-key) was not given');
  });
});
