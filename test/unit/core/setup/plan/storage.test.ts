import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { PlanContext, PlanPart } from '../../../../../main/core/setup/plan/component.ts';
import { storagePart, storeKeys, wiredStore } from '../../../../../main/core/setup/plan/storage/storage.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { FoundService, ListeningPort, ServerFacts } from '../../../../../main/shared/facts.ts';
import { stackSecretNames, type FieldValue, type Stack } from '../../../../../main/shared/setup/stack.ts';
import { contextOf, inShell, localContext, newFolder, readable } from './contexts.ts';

type Values = Readonly<Record<string, FieldValue>>;

function storageStack(values: Values = {}): Stack {
  const stack = parseStack({ stack: 'object-storage', values });
  if (!stack.ok) throw new Error(stack.error.message);
  return stack.value;
}

const contextWith = (values: Values = {}, facts: Partial<ServerFacts> = {}, present: Stack | null = null) => {
  const stack = storageStack(values);
  return { ...contextOf({ environment: stack.environment }, facts, present), stack } satisfies PlanContext;
};

function partOf(context: PlanContext): PlanPart {
  if (!context.stack.storage) throw new Error('no storage');
  return storagePart(context, context.stack.storage);
}

const noSudo: Partial<ServerFacts> = { sudo: { kind: 'none' } };
const listening = (port: number, rest: Partial<ListeningPort> = {}): ListeningPort => ({
  port,
  addresses: ['127.0.0.1'],
  program: null,
  unit: null,
  user: null,
  ...rest,
});
const minio: FoundService = {
  product: 'minio',
  kind: 'unit',
  unit: 'minio.service',
  scope: 'system',
  path: '/etc/systemd/system/minio.service',
  active: true,
  enabled: true,
  folder: null,
  account: 'minio-user',
  address: null,
  port: 9000,
};
const minioPorts = [9000, 9001].map((port) => listening(port, { program: { name: 'minio', pid: 7 } }));

describe('a store of our own', () => {
  it('has an account, a program, a service and a bucket for the whole system', () => {
    const { steps, services, secrets, uploads, remarks } = partOf(contextWith());
    expect(steps.map(({ id }) => id)).toEqual([
      'storage-account',
      'storage-program',
      'storage-service',
      'storage-bucket',
    ]);
    expect(steps.every(({ needsRoot }) => needsRoot)).toBe(true);
    expect(services.map(({ service, port, samePort }) => [service, port, samePort])).toEqual([
      ['s3', 9000, true],
      ['s3-console', 9001, true],
    ]);
    expect(secrets.map(({ name, origin }) => [name, origin])).toEqual([
      ['storage.access-key', 'generated'],
      ['storage.secret-key', 'generated'],
    ]);
    expect(uploads).toEqual([]);
    expect(remarks).toEqual([]);
  });

  it('needs no account and no root under the login account', () => {
    const { steps } = partOf(contextWith({}, noSudo));
    expect(steps.map(({ id }) => id)).toEqual(['storage-program', 'storage-service', 'storage-bucket']);
    expect(steps.some(({ needsRoot }) => needsRoot)).toBe(false);
  });

  it.each<[string, Values, Partial<ServerFacts>]>([
    ['VersityGW', {}, {}],
    ['VersityGW under an account', {}, noSudo],
    ['SeaweedFS', { 'storage.software': 'seaweedfs' }, {}],
    ['an odd folder', { 'storage.data-dir': '/srv/50%,a@b+c' }, {}],
    ['MinIO', {}, { services: [minio], ports: minioPorts }],
  ])('%s: every text is one that sh can read', (_name, values, facts) => {
    for (const { id, define, check, apply, verify, undo, removeData } of partOf(contextWith(values, facts)).steps) {
      for (const text of [define, check, apply, verify, undo, removeData]) {
        expect(readable(`f() {\n:\n${text}\n}`), `${id}: ${text}`).toBe(true);
      }
    }
  });

  it('binds loopback alone, and its units hold no secrets', () => {
    for (const software of ['versitygw', 'seaweedfs']) {
      const service = partOf(contextWith({ 'storage.software': software })).steps.find(
        ({ id }) => id === 'storage-service',
      );
      const units = /unit_0\(\) \{[\s\S]*$/.exec(service?.define ?? '')?.[0] ?? '';
      expect(units).toContain('EnvironmentFile=/etc/mooring/main/storage.env');
      expect(units).not.toMatch(/0\.0\.0\.0|=:\d|--port \d+ /);
      for (const name of stackSecretNames) expect(units).not.toContain(name);
    }
  });

  it('a percent sign in a path means nothing to systemd', () => {
    const service = partOf(contextWith({ 'storage.data-dir': '/srv/50%' })).steps.find(
      ({ id }) => id === 'storage-service',
    );
    expect(service?.define).toContain('ReadWritePaths=/srv/50%%/objects');
    expect(service?.define).toContain('objects=/srv/50%/objects');
  });

  it('of another environment has names of its own', () => {
    const { steps } = partOf(contextWith({ environment: 'dev', 'storage.port': 9100, 'storage.console-port': 9101 }));
    const service = steps.find(({ id }) => id === 'storage-service');
    expect(service?.apply).toContain('/etc/systemd/system/mooring-storage-dev.service');
    expect(service?.data).toBe('The objects in /srv/mooring/dev.objects');
  });
});

describe('what is in the way', () => {
  const messages = (context: PlanContext) =>
    partOf(context).remarks.map(({ level, message }) => `${level}: ${message}`);

  it('a port that is taken is named with its holder and the next free one', () => {
    const ports = [listening(9000, { program: { name: 'java', pid: 9 } }), listening(9002)];
    expect(partOf(contextWith({}, { ports })).remarks).toEqual([
      {
        level: 'stop',
        message: 'The store’s S3 port 9000 is taken by java.',
        hint: 'Choose port 9003: it is free.',
        fix: { field: 'storage.port', value: 9003 },
      },
    ]);
  });

  it('our own store is not in its own way, and in that of another environment', () => {
    const ports = [9000, 9001].map((port) => listening(port, { unit: 'mooring-storage.service' }));
    expect(messages(contextWith({}, { ports }))).toEqual([]);
    expect(messages(contextWith({ environment: 'dev' }, { ports }))).toEqual([
      'stop: The store’s S3 port 9000 is that of the environment main on this server.',
      'stop: The store’s console port 9001 is that of the environment main on this server.',
    ]);
  });

  it('what systemd listens on for us is known by the manifest', () => {
    const values = { 'storage.software': 'seaweedfs' };
    const ports = [9000, 9001].map((port) => listening(port, { program: { name: 'systemd', pid: 1 } }));
    expect(messages(contextWith(values, { ports }, storageStack(values)))).toEqual([]);
    expect(messages(contextWith(values, { ports }))).toHaveLength(2);
  });

  it('MLflow can’t have the same port', () => {
    const stack = parseStack({ stack: 'mlflow-full', values: { 'storage.port': 5000 } });
    if (!stack.ok) throw new Error(stack.error.message);
    expect(messages({ ...contextOf(), stack: stack.value })).toEqual([
      'stop: MLflow and the store can’t both have the port 5000.',
    ]);
  });

  it('SeaweedFS without root is refused', () => {
    expect(messages(contextWith({ 'storage.software': 'seaweedfs' }, noSudo))[0]).toMatch(
      /^stop: SeaweedFS needs root/,
    );
  });

  it('objects are not moved in silence', () => {
    const was = storageStack();
    expect(messages(contextWith({ 'storage.software': 'seaweedfs' }, {}, was))[0]).toMatch(/^stop: The objects in/);
    expect(messages(contextWith({ 'storage.data-dir': '/data' }, {}, was))[0]).toMatch(/^stop: The objects in/);
    expect(messages(contextWith({ 'storage.bucket': 'other' }, {}, was))[0]).toMatch(/^warning: What is in the bucket/);
    expect(messages(contextWith({ 'storage.port': 9100 }, {}, was))).toEqual([]);
  });
});

describe('a MinIO that is there', () => {
  it('is used: nothing is installed, its ports are forwarded, its keys are asked for', () => {
    const context = contextWith({ 'storage.port': 9100 }, { services: [minio], ports: minioPorts });
    const { steps, services, secrets, remarks } = partOf(context);
    expect(steps.map(({ id }) => id)).toEqual(['storage-keys', 'storage-bucket']);
    expect(services.map(({ port }) => port)).toEqual([9000, 9001]);
    expect(secrets.every(({ origin }) => origin === 'given')).toBe(true);
    expect(remarks).toMatchObject([
      { level: 'note', message: expect.stringContaining('minio.service, port 9000') as string },
    ]);
    expect(wiredStore(context)).toEqual({ bucket: 'mlflow', port: 9000, units: [] });
  });

  it.each<[string, Partial<ServerFacts>, readonly number[]]>([
    [
      'in a container',
      {
        services: [
          {
            product: 'minio',
            kind: 'container',
            name: 'store',
            image: 'minio/minio',
            state: 'running',
            ports: '127.0.0.1:9010->9000/tcp, 127.0.0.1:9011->9001/tcp',
          },
        ],
      },
      [9010, 9011],
    ],
    ['only by its port', { ports: minioPorts }, [9000, 9001]],
    ['without a console that can be found', { ports: minioPorts.slice(0, 1) }, [9000]],
  ])('is found %s', (_name, facts, ports) => {
    expect(partOf(contextWith({}, facts)).services.map(({ port }) => port)).toEqual(ports);
  });

  it('that is stopped is left alone', () => {
    const { steps } = partOf(contextWith({}, { services: [{ ...minio, active: false } as FoundService] }));
    expect(steps.map(({ id }) => id)).toContain('storage-program');
  });
});

describe('keys in their file', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const each of folders.splice(0)) rmSync(each, { recursive: true });
  });

  it('come back as they were given, whatever is in them', () => {
    const folder = newFolder();
    folders.push(folder);
    const context = { ...localContext(folder), stack: storageStack() };
    const secret = `a "b" \\ $c 'd' %e`;
    const file = `${folder}/config/main/storage.env`;
    mkdirSync(`${folder}/config/main`, { recursive: true });
    for (const [id, key] of [
      ['ROOT_ACCESS_KEY', 'ROOT_SECRET_KEY'],
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    ]) {
      const told = inShell(
        `${storeKeys(context)}
         { env_line ${id ?? ''} "$(secret id)"; env_line ${key ?? ''} "$(secret key)"; } | put_file ${file} 600 "$(id -un)"
         store_key ACCESS; store_key SECRET; store_key PASSWORD`,
        folder,
        { id: 'KEYID', key: secret },
      );
      expect(told).toEqual({ code: 0, text: `KEYID\n${secret}\n`, errors: '' });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    writeFileSync(file, '');
    expect(inShell(`${storeKeys(context)}\nstore_key ACCESS`, folder).text).toBe('');
  });
});
