import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foundMlflows, type FoundMlflow } from '../../../../../main/core/setup/plan/put-right/found-mlflow.ts';
import { placesFor } from '../../../../../main/core/setup/plan/places.ts';
import { putRightFunctions } from '../../../../../main/core/setup/plan/put-right/functions.ts';
import {
  parsePutRightLook,
  putRightLook,
  type PutRightLook,
} from '../../../../../main/core/setup/plan/put-right/look.ts';
import {
  isPutRight,
  offersFor,
  planPutBack,
  planPutRight,
} from '../../../../../main/core/setup/plan/put-right/put-right.ts';
import { offerKinds } from '../../../../../main/shared/setup/offers.ts';
import { manifestOf, parseManifest } from '../../../../../main/core/setup/run/manifest.ts';
import { planScript } from '../../../../../main/core/setup/script/plan-script.ts';
import type { FoundService, ListeningPort } from '../../../../../main/shared/facts.ts';
import { inShell, newFolder, plainFacts, readable } from './contexts.ts';

const unit = (name: string, more: Partial<Extract<FoundService, { kind: 'unit' }>> = {}): FoundService => ({
  product: 'mlflow',
  kind: 'unit',
  unit: name,
  scope: 'system',
  path: `/etc/systemd/system/${name}`,
  active: true,
  enabled: true,
  folder: '/home/ubuntu/mlflow-server',
  account: 'ubuntu',
  address: '0.0.0.0',
  port: 5000,
  ...more,
});
const process = (port: number, user = 'ubuntu'): FoundService => ({
  product: 'mlflow',
  kind: 'process',
  pid: 100,
  user,
  address: '0.0.0.0',
  port,
});
const script = (path: string, port: number | null): FoundService => ({
  product: 'mlflow',
  kind: 'start-script',
  path,
  address: '0.0.0.0',
  port,
});
const port = (number: number, ...addresses: string[]): ListeningPort => ({
  port: number,
  addresses,
  program: null,
  unit: null,
  user: null,
});
const factsWith = (services: readonly FoundService[], ports: readonly ListeningPort[] = []) => ({
  ...plainFacts,
  services,
  ports,
});

describe('the MLflow servers that were there', () => {
  it('one for each port, with its unit before its process, and the script that starts it', () => {
    const start = '/home/ubuntu/mlflow-server/start-mlflow.sh';
    const facts = factsWith(
      [
        unit('mlflow-server.service'),
        unit('old-mlflow.service', { active: false, enabled: false }),
        process(5000),
        process(5001, 'lena'),
        script(start, 5000),
        { product: 'mlflow', kind: 'folder', path: '/home/ubuntu/mlflow-server' },
        { product: 'minio', kind: 'folder', path: '/home/ubuntu/minio' },
      ],
      [port(5000, '0.0.0.0'), port(5001, '127.0.0.1', '::1')],
    );
    expect(foundMlflows(facts)).toEqual([
      {
        port: 5000,
        running: true,
        isWide: true,
        unit: { name: 'mlflow-server.service', scope: 'system', enabled: true },
        startScript: start,
        account: 'ubuntu',
      },
      { port: 5001, running: true, isWide: false, unit: null, startScript: null, account: 'lena' },
    ]);
  });

  it('those of Mooring’s own stacks are not among them, one that it adopted is', () => {
    const facts = factsWith([
      unit('mooring-mlflow.service'),
      process(5000),
      unit('mooring-mlflow-adopted-5001.service', { port: 5001 }),
    ]);
    expect(foundMlflows(facts).map((each) => each.port)).toEqual([5001]);
  });

  it('of several scripts none is guessed', () => {
    const facts = factsWith([
      process(5000),
      script('/home/ubuntu/start-mlflow.sh', null),
      script('/opt/run-mlflow.sh', null),
    ]);
    expect(foundMlflows(facts)[0]?.startScript).toBeNull();
  });
});

const found: FoundMlflow = {
  port: 5000,
  running: true,
  isWide: true,
  unit: { name: 'mlflow-server.service', scope: 'system', enabled: true },
  startScript: null,
  account: 'ubuntu',
};
const well: PutRightLook = { bind: 'loopback', paths: 'absolute', hosts: 'limited', login: 'own', inCrontab: false };
const bad: PutRightLook = { bind: 'wide', paths: 'relative', hosts: 'any', login: 'default', inCrontab: true };

describe('what is offered', () => {
  it('what is wrong with it, and nothing where nothing is', () => {
    expect(offersFor(plainFacts, found, well)).toEqual([]);
    expect(offersFor(plainFacts, found, null).map(({ kind }) => kind)).toEqual(['bind-to-loopback']);
    expect(offersFor(plainFacts, found, bad).map(({ kind, needs, obstacle }) => [kind, needs, obstacle])).toEqual([
      ['absolute-paths', null, null],
      ['limit-hosts', null, null],
      ['bind-to-loopback', null, null],
      ['change-password', null, null],
    ]);
    const byHand = offersFor(plainFacts, { ...found, unit: null }, bad);
    expect(byHand.map(({ kind, needs }) => [kind, needs])).toEqual([
      ['run-as-unit', null],
      ['absolute-paths', 'run-as-unit'],
      ['limit-hosts', 'run-as-unit'],
      ['bind-to-loopback', 'run-as-unit'],
      ['change-password', null],
    ]);
    expect(byHand[0]?.why).toContain('crontab');
  });

  it('with what stands in its way', () => {
    const plain = { ...plainFacts, sudo: { kind: 'none' } as const };
    const obstacle = (facts: typeof plainFacts, it: FoundMlflow) => offersFor(facts, it, bad)[0]?.obstacle;
    expect(obstacle(plain, found)).toMatch(/takes root/);
    expect(obstacle(plain, { ...found, unit: { name: 'mlflow.service', scope: 'user', enabled: true } })).toBeNull();
    expect(obstacle(plain, { ...found, unit: null })).toBeNull();
    expect(obstacle(plain, { ...found, unit: null, account: 'lena' })).toMatch(/another account/);
    expect(obstacle(plainFacts, { ...found, running: false })).toMatch(/does not run/);
    expect(obstacle({ ...plainFacts, systemd: { kind: 'absent' } }, found)).toMatch(/systemd/);
  });
});

describe('the plan', () => {
  it('has a step for each that was chosen, in an order of its own, and is known again by its manifest', () => {
    const plan = planPutRight(plainFacts, { ...found, unit: null }, [...offerKinds].reverse());
    expect(plan.steps.map(({ id }) => id)).toEqual([
      'put-right-unit',
      'put-right-paths',
      'put-right-hosts',
      'put-right-bind',
    ]);
    expect(plan).toMatchObject({ environment: 'adopted', scope: 'system', uploads: [], secrets: [] });
    const manifest = parseManifest(JSON.stringify(manifestOf(plan, '/var/lib/mooring', 'lena@thinkpad')));
    expect(manifest && isPutRight(manifest)).toBe(true);
    expect(isPutRight({ steps: [{ id: 'mlflow-service' }] })).toBe(false);
    expect(planPutRight(plainFacts, found, ['limit-hosts']).steps.map(({ id }) => id)).toEqual(['put-right-hosts']);
  });

  it('can’t leave out the unit of what was started by hand', () => {
    const plan = planPutRight(plainFacts, { ...found, unit: null }, ['bind-to-loopback']);
    expect(plan.remarks.filter(({ level }) => level === 'stop')).toHaveLength(1);
  });

  it('is taken back in reverse, by what the server noted', () => {
    const back = planPutBack({ port: 5001, scope: 'user', account: 'ubuntu', home: '/home/ubuntu' });
    expect(back).toMatchObject({ kind: 'uninstall', environment: 'adopted-5001', scope: 'user' });
    expect(back.steps.map(({ id }) => id)).toEqual([
      'put-right-bind',
      'put-right-hosts',
      'put-right-paths',
      'put-right-unit',
    ]);
  });

  it('is a script that a POSIX shell can read', () => {
    const places = placesFor('system', 'adopted', '/home/ubuntu');
    const odd: FoundMlflow = { ...found, unit: null, startScript: `/home/ubuntu/it's/start-mlflow.sh` };
    expect(readable(planScript(planPutRight(plainFacts, odd, offerKinds), places, '/home/ubuntu', []))).toBe(true);
    expect(readable(putRightLook(odd, '/home/ubuntu'))).toBe(true);
  });
});

describe('what is changed in a start script', () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const filtered = (filter: string, text: string) => {
    const begin = `port=5000 unit= script= cwd=/home/ubuntu/mlflow-server\n${putRightFunctions}`;
    const told = inShell(`${begin}\nfilter_${filter} <<'TEXT'\n${text}\nTEXT`, folder);
    expect([told.code, told.errors]).toEqual([0, '']);
    return told.text.replace(/\n$/, '');
  };

  it.each([
    ['mlflow server --host 0.0.0.0 --port 5000', 'mlflow server --host 127.0.0.1 --port 5000'],
    ['  --host "0.0.0.0" \\', '  --host "127.0.0.1" \\'],
    ["mlflow ui -h '0.0.0.0'", "mlflow ui -h '127.0.0.1'"],
    ['--host=0.0.0.0', '--host=127.0.0.1'],
    ['--host ::', '--host 127.0.0.1'],
    ['export MLFLOW_HOST=0.0.0.0; HOST="0.0.0.0"', 'export MLFLOW_HOST=127.0.0.1; HOST="127.0.0.1"'],
    ['Environment="MLFLOW_HOST=0.0.0.0"', 'Environment="MLFLOW_HOST=127.0.0.1"'],
    ['--gunicorn-opts "--bind 0.0.0.0:5000"', '--gunicorn-opts "--bind 127.0.0.1:5000"'],
    ['# --host 0.0.0.0', '# --host 0.0.0.0'],
    ['--host 127.0.0.1', '--host 127.0.0.1'],
    ['--host 10.0.0.5', '--host 10.0.0.5'],
    ['POSTGRES_HOST=db.example.org', 'POSTGRES_HOST=db.example.org'],
    ['--allowed-hosts 0.0.0.0', '--allowed-hosts 0.0.0.0'],
  ])('the address it listens on: %s', (before, after) => {
    expect(filtered('bind', before)).toBe(after);
  });

  const list = 'localhost,localhost:*,127.0.0.1,127.0.0.1:*';
  it.each([
    ['--allowed-hosts "*"', `--allowed-hosts "${list}"`],
    ["--allowed-hosts='*' \\", `--allowed-hosts='${list}' \\`],
    ['--allowed-hosts * --port 5000', `--allowed-hosts ${list} --port 5000`],
    [
      'export ALLOWED_HOSTS="*"; export MLFLOW_SERVER_ALLOWED_HOSTS=*',
      `export ALLOWED_HOSTS="${list}"; export MLFLOW_SERVER_ALLOWED_HOSTS=${list}`,
    ],
    ['--allowed-hosts "*.example.org"', '--allowed-hosts "*.example.org"'],
    ['# ALLOWED_HOSTS=*', '# ALLOWED_HOSTS=*'],
  ])('the names that it is opened by: %s', (before, after) => {
    expect(filtered('hosts', before)).toBe(after);
  });

  const here = '/home/ubuntu/mlflow-server';
  it.each([
    ['--backend-store-uri sqlite:///mlflow.db \\', `--backend-store-uri sqlite:///${here}/mlflow.db \\`],
    ['--backend-store-uri "sqlite:///./data/m.db"', `--backend-store-uri "sqlite:///${here}/data/m.db"`],
    ['--artifacts-destination ./mlartifacts', `--artifacts-destination ${here}/mlartifacts`],
    ["--artifacts-destination='arts/x' --port 1", `--artifacts-destination='${here}/arts/x' --port 1`],
    ['export MLFLOW_BACKEND_STORE_URI=sqlite:///m.db', `export MLFLOW_BACKEND_STORE_URI=sqlite:///${here}/m.db`],
    ['--backend-store-uri sqlite:////srv/m.db', '--backend-store-uri sqlite:////srv/m.db'],
    ['--backend-store-uri postgresql://u:p@h/d', '--backend-store-uri postgresql://u:p@h/d'],
    ['--backend-store-uri "$BACKEND_URI"', '--backend-store-uri "$BACKEND_URI"'],
    ['--artifacts-destination s3://b/p', '--artifacts-destination s3://b/p'],
    ['--default-artifact-root mlflow-artifacts:/', '--default-artifact-root mlflow-artifacts:/'],
  ])('where its data lies: %s', (before, after) => {
    expect(filtered('paths', before)).toBe(after);
  });

  it('whatever is changed once is right then', () => {
    for (const [filter, text] of [
      ['bind', '--host 0.0.0.0 MLFLOW_HOST=0.0.0.0'],
      ['hosts', '--allowed-hosts "*" ALLOWED_HOSTS=*'],
      ['paths', '--backend-store-uri sqlite:///m.db --artifacts-destination ./a'],
    ] as const) {
      const once = filtered(filter, text);
      expect(once).not.toBe(text);
      expect(filtered(filter, once)).toBe(once);
    }
  });

  it('the command of a unit is found in its last ExecStart, over several lines, and the script that one runs', () => {
    const start = `${folder}/start it.sh`.replace(' ', '-');
    mkdirSync(`${folder}/bin`);
    writeFileSync(start, '#!/bin/sh\nmlflow server --host 0.0.0.0\n');
    const units = (text: string) => `port=5000 unit=mlflow.service script=\n${putRightFunctions}
units() { cat <<'UNIT'\n${text}\nUNIT\n}`;
    const told = (text: string) =>
      inShell(`${units(text)}\nif find_target; then echo "$sort $file"; else echo none; fi`, folder);
    const dropIn = `drop-in ${folder}/.config/systemd/user/mlflow.service.d/mooring.conf\n`;
    expect(told('[Service]\nExecStart=/old\nExecStart=\nExecStart=/v/bin/mlflow server \\\n --host 0.0.0.0').text).toBe(
      dropIn,
    );
    expect(told('ExecStart=/bin/bash -c "cd x && mlflow server --port 1"').text).toBe(dropIn);
    expect(told('ExecStart=/usr/bin/python3 -m mlflow.server').text).toBe(dropIn);
    expect(told(`ExecStart=/bin/bash -lc '${start}'`).text).toBe(`script ${start}\n`);
    expect(told('ExecStart=/bin/true').text).toBe('none\n');
  });
});

describe('what the server tells of it', () => {
  it('is read, and believed only when it came to its end', () => {
    const output = 'motd\nbind=wide\npaths=relative\nhosts=any\nlogin=default\ncrontab=yes\ndone\n';
    expect(parsePutRightLook(output)).toEqual({ ok: true, value: bad });
    expect(parsePutRightLook('done\n')).toMatchObject({ ok: true, value: { bind: 'unknown', login: 'unknown' } });
    expect(parsePutRightLook('bind=wide\n')).toMatchObject({ ok: false, error: { code: 'protocol-error' } });
  });
});
