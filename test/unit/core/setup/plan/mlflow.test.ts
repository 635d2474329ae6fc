import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanContext, Wiring } from '../../../../../main/core/setup/plan/component.ts';
import { mlflowPart } from '../../../../../main/core/setup/plan/mlflow/mlflow.ts';
import { choosePython } from '../../../../../main/core/setup/plan/python.ts';
import type { Step } from '../../../../../main/shared/setup/plan.ts';
import { contextOf, localContext, newFolder, plainFacts, plainWiring, readable, runPart, stackOf } from './contexts.ts';

const sqlite = plainWiring('sqlite:////srv/mooring/main/mlflow.db');
const inFolder = plainWiring('/srv/mooring/main/artifacts');
const postgres: Wiring = {
  pythonPackages: ['psycopg2-binary==2.9.11'],
  printUri: `printf 'postgresql://mlflow:%s@127.0.0.1/mlflow' "$(secret_url database.password)"`,
  printEnv: `env_line PGSSLMODE require`,
  secrets: ['database.password'],
  after: ['postgresql.service'],
};
const partOf = (context: PlanContext, database = sqlite, artifacts = inFolder) =>
  mlflowPart(context, context.stack.mlflow!, { database, artifacts });
const stepOf = (context: PlanContext, id: string, database = sqlite): Step =>
  partOf(context, database).steps.find((each) => each.id === id)!;
const texts = ({ steps }: { readonly steps: readonly Step[] }): string =>
  steps.flatMap((each) => [each.define, each.check, each.apply, each.verify, each.undo, each.removeData]).join('\n');

describe('MLflow’s part of a plan', () => {
  it('is the same for the same, and other packages go elsewhere', () => {
    expect(partOf(contextOf())).toEqual(partOf(contextOf()));
    const programOf = (...words: Parameters<typeof partOf>) =>
      /\/opt\/mooring\/mlflow-[\w.-]+/.exec(texts(partOf(...words)))?.[0];
    const plain = programOf(contextOf());
    expect(programOf(contextOf({ environment: 'dev', 'mlflow.login': false }))).toBe(plain);
    expect(programOf(contextOf(), postgres)).not.toBe(plain);
    expect(programOf(contextOf({ 'mlflow.version': '3.16.0' }))).toMatch(/mlflow-3\.16\.0-/);
    const newer = [{ ...plainFacts.pythons![0]!, version: '3.13.1' }];
    expect(programOf(contextOf({}, { pythons: newer }))).not.toBe(plain);
  });

  it.each([
    ['as usual', contextOf()],
    ['under an account', contextOf({ environment: 'dev' }, { sudo: { kind: 'none' } })],
    ['without a Python', contextOf({ 'mlflow.login': false }, { pythons: [] })],
    ['with odd names', contextOf({ 'mlflow.admin': "o.b@x'y".replace("'", '-'), 'mlflow.data-dir': '/srv/a%b+c' })],
  ])('can be read by a shell: %s', (_name, context) => {
    for (const step of partOf(context, postgres).steps) {
      for (const part of [step.check, step.apply, step.verify, step.undo, step.removeData]) {
        expect(readable(`${step.define}\n${part}`)).toBe(true);
      }
    }
    expect(texts(partOf(context))).not.toMatch(/undefined|\[object/);
  });

  it('asks for secrets only with a login, and needs root only for the system', () => {
    expect(partOf(contextOf()).secrets.map(({ name, origin }) => [name, origin])).toEqual([
      ['mlflow.admin-password', 'generated'],
      ['mlflow.secret-key', 'generated'],
    ]);
    expect(partOf(contextOf({ 'mlflow.login': false })).secrets).toEqual([]);
    expect(partOf(contextOf()).steps.every(({ needsRoot }) => needsRoot)).toBe(true);
    expect(partOf(contextOf({ scope: 'user' })).steps.some(({ needsRoot }) => needsRoot)).toBe(false);
  });

  it('goes to newer versions only', () => {
    const remarks = (before: string, wanted: string) =>
      partOf(contextOf({ 'mlflow.version': wanted }, {}, stackOf({ 'mlflow.version': before }))).remarks.map(
        ({ level }) => level,
      );
    expect(remarks('3.9.1', '3.17.2')).toEqual([]);
    expect(remarks('3.17.2', '3.17.2')).toEqual([]);
    expect(remarks('3.17', '3.17.0')).toEqual([]);
    expect(remarks('3.17.2', '3.9.1')).toEqual(['stop']);
    expect(remarks('3.17.2', '3.17')).toEqual(['stop']);
  });

  it('one worker on small machines', () => {
    const workers = (memoryBytes: number, cpuCount: number, chosen = 0) =>
      /MLFLOW_WORKERS (\d+)/.exec(
        stepOf(
          contextOf({ 'mlflow.workers': chosen }, { machine: { ...plainFacts.machine, memoryBytes, cpuCount } }),
          'mlflow-settings',
        ).define,
      )?.[1];
    expect([workers(2 ** 31, 2), workers(2 ** 33, 1), workers(2 ** 33, 2), workers(2 ** 31, 1, 8)]).toEqual([
      '1',
      '1',
      '2',
      '8',
    ]);
  });

  it('takes a Python of the system, not one of somebody’s home, and no release that is too old or too new', () => {
    const pick = (scope: 'system' | 'user', ...found: readonly (readonly [string, string])[]) => {
      const pythons = found.map(([path, version]) => ({ ...plainFacts.pythons![0]!, path, version }));
      return choosePython({ ...plainFacts, pythons }, scope)?.path;
    };
    const conda = ['/home/u/miniconda3/bin/python3', '3.12.4'] as const;
    expect(pick('system', conda)).toBeUndefined();
    expect(pick('user', conda)).toBe(conda[0]);
    expect(pick('user', conda, ['/usr/bin/python3', '3.10.12'])).toBe('/usr/bin/python3');
    expect(pick('user', conda, ['/usr/bin/python3', '3.8.10'])).toBe(conda[0]);
    expect(pick('system', ['/usr/bin/python3', '3.9.2'], ['/usr/local/bin/python3.12', '3.12.1'])).toBe(
      '/usr/local/bin/python3.12',
    );
    expect(pick('system', ['/usr/bin/python2', '2.7.18'], ['/usr/bin/python3', '3.99.0'])).toBeUndefined();
  });
});

describe('MLflow’s unit', () => {
  const unit = (...words: Parameters<typeof contextOf>) =>
    stepOf(contextOf(...words), 'mlflow-service', postgres).define;

  it('holds no secret, starts after its database, and shuts the service in', () => {
    const text = unit();
    expect(text).toContain('After=network.target postgresql.service');
    expect(text).toContain('User=ubuntu');
    expect(text).toContain('ReadWritePaths=/srv/mooring/main');
    expect(text).toContain('ProtectHome=read-only');
    expect(text).not.toContain('postgresql://');
  });
  it('an account of its own sees no homes, unless its data is there', () => {
    expect(unit({ 'mlflow.run-as': 'own' })).toContain('ProtectHome=yes');
    const inHome = unit({ 'mlflow.run-as': 'own', 'mlflow.data-dir': '/home/data' });
    expect(inHome).toContain('ProtectHome=read-only');
  });
  it('of an account leaves out what only root can', () => {
    const text = unit({}, { sudo: { kind: 'none' } });
    expect(text).not.toMatch(/User=|ProtectSystem|PrivateTmp/);
    expect(text).toContain('NoNewPrivileges=yes');
    expect(text).toContain('WantedBy=default.target');
  });
});

describe('MLflow’s settings', () => {
  let folder: string;
  let context: PlanContext;
  const given = {
    'mlflow.admin-password': 'has "50%" \\ and $more `of` it\n',
    'mlflow.secret-key': 'k'.repeat(32),
    'database.password': 'p@ss/w:%rd\n',
  };
  beforeEach(() => {
    folder = newFolder();
    context = localContext(folder);
    mkdirSync(`${folder}/config/main`, { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const step = () => stepOf(context, 'mlflow-settings', postgres);
  const envFile = () => readFileSync(`${folder}/config/main/mlflow.env`, 'utf8');
  const iniFile = () => readFileSync(`${folder}/config/main/auth.ini`, 'utf8');

  it('are written whole, closed to others, with every character of the secrets', () => {
    expect(runPart(step(), 'check', folder, given).code).not.toBe(0);
    expect(runPart(step(), 'apply', folder, given)).toEqual({ code: 0, text: '', errors: '' });
    expect(runPart(step(), 'check', folder, given)).toEqual({ code: 0, text: '', errors: '' });
    expect(envFile()).toContain('MLFLOW_AUTH_ADMIN_PASSWORD="has \\"50%\\" \\\\ and \\$more `of` it"\n');
    expect(envFile()).toContain(
      'MLFLOW_BACKEND_STORE_URI="postgresql://mlflow:%70%40%73%73%2f%77%3a%25%72%64@127.0.0.1/mlflow"',
    );
    expect(envFile()).toContain('PGSSLMODE="require"');
    expect(iniFile()).toContain('admin_password = has "50%%" \\ and $more `of` it\n');
    for (const name of ['mlflow.env', 'auth.ini']) {
      expect(statSync(`${folder}/config/main/${name}`).mode & 0o777).toBe(0o600);
    }
  });

  it('a changed secret is noticed, and nothing of it is printed', () => {
    runPart(step(), 'apply', folder, given);
    for (const name of Object.keys(given)) {
      expect(runPart(step(), 'check', folder, { ...given, [name]: 'something else' })).toEqual({
        code: 1,
        text: '',
        errors: '',
      });
    }
  });

  it('what is not handed in stays; what was never there is asked for', () => {
    expect(runPart(step(), 'apply', folder, {}).errors).toContain('The secret mlflow.secret-key is needed');
    runPart(step(), 'apply', folder, given);
    const before = [envFile(), iniFile()];
    expect(runPart(step(), 'check', folder, {}).code).toBe(0);
    context = localContext(folder, { 'mlflow.workers': 7 });
    expect(runPart(step(), 'check', folder, {}).code).not.toBe(0);
    expect(runPart(step(), 'apply', folder, {}).code).toBe(0);
    expect([envFile().replace('MLFLOW_WORKERS="7"', 'MLFLOW_WORKERS="2"'), iniFile()]).toEqual(before);
  });

  it('a password that MLflow would refuse is refused here, in words', () => {
    const told = runPart(step(), 'apply', folder, { ...given, 'mlflow.admin-password': 'too short' });
    expect(told).toMatchObject({ code: 1, errors: expect.stringContaining('at least 12 characters') as string });
    expect(existsSync(`${folder}/config/main/mlflow.env`)).toBe(false);
  });

  it('other names are allowed beside loopback, for pages and for changes', () => {
    context = localContext(folder, { 'mlflow.allowed-hosts': 'mlflow-server.local, lab' });
    runPart(step(), 'apply', folder, given);
    expect(envFile()).toContain(
      'MLFLOW_SERVER_ALLOWED_HOSTS="localhost,localhost:*,127.0.0.1,127.0.0.1:*,[::1],[::1]:*,mlflow-server.local,mlflow-server.local:*,lab,lab:*"',
    );
    expect(envFile()).toContain('"http://mlflow-server.local,http://mlflow-server.local:*,http://lab,http://lab:*"');
  });

  it('without a login the file of the login goes', () => {
    runPart(step(), 'apply', folder, given);
    context = localContext(folder, { 'mlflow.login': false });
    expect(runPart(step(), 'check', folder, given).code).not.toBe(0);
    expect(runPart(step(), 'apply', folder, given).code).toBe(0);
    expect(existsSync(`${folder}/config/main/auth.ini`)).toBe(false);
    expect(envFile()).not.toContain('PASSWORD');
    runPart(step(), 'undo', folder);
    expect(existsSync(`${folder}/config/main/mlflow.env`)).toBe(false);
  });
});

describe('older data', () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
    mkdirSync(`${folder}/data/main`, { recursive: true });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const step = () => stepOf(localContext(folder), 'mlflow-upgrade');
  const note = (version: string) => {
    writeFileSync(`${folder}/data/main/.mlflow-version`, `${version}\n`);
  };

  it('is looked for by its note and, without one, by its file', () => {
    expect(runPart(step(), 'check', folder).code).toBe(0);
    writeFileSync(`${folder}/data/main/mlflow.db`, 'rows');
    expect(runPart(step(), 'check', folder).code).not.toBe(0);
    note('3.17.2');
    expect(runPart(step(), 'check', folder).code).toBe(0);
    note('3.9.0');
    expect(runPart(step(), 'check', folder).code).not.toBe(0);
  });
  it('of a newer version is left alone', () => {
    note('3.100.0');
    const told = runPart(step(), 'apply', folder);
    expect(told.code).toBe(1);
    expect(told.errors).toContain('3.100.0, which is newer than 3.17.2');
  });
});
