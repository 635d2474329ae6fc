import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { basePart, judgeMachine } from '../../../../../main/core/setup/plan/base.ts';
import { judgePort } from '../../../../../main/core/setup/plan/judge-machine.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';
import type { PlanRemark } from '../../../../../main/shared/setup/plan.ts';
import { contextOf, localContext, newFolder, plainFacts, runPart, stackOf } from './contexts.ts';

const mebibyte = 2 ** 20;
const disk = plainFacts.disks![0]!;
const booted = plainFacts.systemd as Extract<ServerFacts['systemd'], { kind: 'booted' }>;
const silent: ServerFacts['index'] = { kind: 'silent', url: 'https://pypi.org/simple/pip/', why: 'timed out' };
const python = (version: string, path = '/usr/bin/python3') => ({
  path,
  version,
  pip: null,
  venv: null,
  externallyManaged: null,
});

interface Case {
  readonly name: string;
  readonly facts?: Partial<ServerFacts>;
  readonly values?: Parameters<typeof contextOf>[0];
  readonly isThere?: boolean;
  /** Level and a part of the message of each remark. */
  readonly remarks: readonly (readonly [PlanRemark['level'], string])[];
}

const cases: readonly Case[] = [
  { name: 'a plain server', remarks: [] },
  {
    name: 'macOS',
    facts: { system: { ...plainFacts.system, kernelName: 'Darwin' } },
    remarks: [['stop', 'This is Darwin']],
  },
  {
    name: 'another Linux',
    facts: { system: { ...plainFacts.system, id: 'rocky', family: ['rocky', 'rhel'], name: 'Rocky Linux 9.4' } },
    remarks: [['warning', 'Rocky Linux 9.4 is not supported']],
  },
  {
    name: 'something made of Ubuntu',
    facts: { system: { ...plainFacts.system, id: 'pop', family: ['pop', 'ubuntu', 'debian'] } },
    remarks: [],
  },
  { name: 'no systemd', facts: { systemd: { kind: 'absent' } }, remarks: [['stop', 'not started by systemd']] },
  {
    name: 'the whole system without sudo',
    values: { scope: 'system' },
    facts: { sudo: { kind: 'none' } },
    remarks: [['stop', 'ubuntu may not use sudo']],
  },
  {
    name: 'nobody knows of sudo',
    facts: { sudo: { kind: 'unknown', why: 'sudo did not answer in time' } },
    remarks: [['stop', 'Whether ubuntu may use sudo could not be found out: sudo did not answer in time']],
  },
  {
    name: 'nobody knows of sudo, and nobody needs to',
    values: { scope: 'user' },
    facts: { sudo: { kind: 'unknown', why: 'sudo did not answer in time' } },
    remarks: [
      ['note', 'Everything is put under the account ubuntu'],
      ['note', 'linger'],
    ],
  },
  {
    name: 'the whole system with some commands of sudo',
    values: { scope: 'system' },
    facts: { sudo: { kind: 'limited', needsTerminal: false } },
    remarks: [['stop', 'only some commands']],
  },
  {
    name: 'an account without root',
    facts: { sudo: { kind: 'none' } },
    remarks: [
      ['note', 'under the account ubuntu, without root'],
      ['note', 'to let ubuntu linger'],
    ],
  },
  {
    name: 'an account without root that lingers',
    facts: { sudo: { kind: 'none' }, systemd: { ...booted, linger: true } },
    remarks: [['note', 'under the account ubuntu']],
  },
  {
    name: 'an account whose systemd is not reached',
    facts: { sudo: { kind: 'none' }, systemd: { ...booted, user: { kind: 'unreached', why: 'no bus' } } },
    remarks: [['stop', 'not reached: no bus']],
  },
  {
    name: 'apt cut off, first start not over',
    facts: { packages: { ...plainFacts.packages, interrupted: true, firstBoot: 'running' } },
    remarks: [
      ['warning', 'was cut off before'],
      ['note', 'prepares itself'],
    ],
  },
  {
    name: 'little memory',
    facts: { machine: { ...plainFacts.machine, memoryFreeBytes: 700 * mebibyte } },
    remarks: [['warning', 'of memory are free']],
  },
  {
    name: 'little memory, since it runs already',
    facts: { machine: { ...plainFacts.machine, memoryFreeBytes: 700 * mebibyte } },
    isThere: true,
    remarks: [],
  },
  {
    name: 'little disk',
    facts: { disks: [{ ...disk, freeBytes: 1500 * mebibyte }] },
    remarks: [['stop', 'free on /; 2 GB are needed']],
  },
  {
    name: 'little disk where programs go only',
    facts: { disks: [disk, { ...disk, mount: '/opt', freeBytes: 100 * mebibyte }] },
    remarks: [['stop', 'free on /opt']],
  },
  {
    name: 'little disk elsewhere',
    facts: { disks: [disk, { ...disk, mount: '/boot', freeBytes: 100 * mebibyte }] },
    remarks: [],
  },
  {
    name: 'little disk beside what is there',
    facts: { disks: [{ ...disk, freeBytes: 1500 * mebibyte }] },
    isThere: true,
    remarks: [['warning', '2 GB are needed']],
  },
  {
    name: 'a data folder on a full disk',
    values: { 'mlflow.data-dir': '/data/mlflow' },
    facts: { disks: [disk, { ...disk, mount: '/data', freeBytes: 0 }] },
    remarks: [['stop', 'free on /data']],
  },
  {
    name: 'a home from which nothing can be run',
    facts: { sudo: { kind: 'none' }, disks: [disk, { ...disk, mount: '/home', noExec: true }] },
    remarks: [
      ['stop', 'noexec'],
      ['note', 'without root'],
      ['note', 'linger'],
    ],
  },
  { name: 'an old Python', facts: { pythons: [python('3.8.10')] }, remarks: [['warning', 'uv fetches Python 3.12']] },
  {
    name: 'an old Python and no way out',
    facts: { pythons: [python('3.8.10')], index: silent },
    remarks: [
      ['stop', 'no way to a newer one'],
      ['stop', 'package index'],
    ],
  },
  { name: 'no Python, but apt', facts: { pythons: [] }, remarks: [] },
  {
    name: 'no Python at all',
    facts: { pythons: [], sudo: { kind: 'none' } },
    remarks: [
      ['stop', 'There is no Python here'],
      ['note', 'without root'],
      ['note', 'linger'],
    ],
  },
  {
    name: 'a Python in somebody’s home only',
    facts: { pythons: [python('3.8.10'), python('3.12.1', '/home/ubuntu/miniconda3/bin/python')] },
    remarks: [['warning', 'is not one that MLflow can run on']],
  },
  { name: 'no package index', facts: { index: silent }, remarks: [['stop', 'timed out']] },
  {
    name: 'a package index that refuses',
    facts: { index: { kind: 'refuses', url: 'https://nexus/simple', status: 407 } },
    remarks: [['stop', 'it answered 407']],
  },
  { name: 'no package index any more', facts: { index: silent }, isThere: true, remarks: [['warning', 'timed out']] },
  {
    name: 'a clock an hour behind',
    facts: { clock: { skewMs: -3_600_000, uncertaintyMs: 100 } },
    remarks: [['warning', 'behind this machine’s']],
  },
  { name: 'a clock that may be right', facts: { clock: { skewMs: 301_000, uncertaintyMs: 2_000 } }, remarks: [] },
  {
    name: 'a port that a program has',
    facts: {
      ports: [
        { port: 5000, addresses: ['::'], program: { name: 'docker-proxy', pid: 812 }, unit: null, user: 'root' },
        { port: 5001, addresses: ['::'], program: null, unit: null, user: null },
      ],
    },
    remarks: [['stop', 'Port 5000 is taken by docker-proxy (812), run by root.']],
  },
  {
    name: 'a port that our own unit has',
    facts: {
      ports: [{ port: 5000, addresses: ['127.0.0.1'], program: null, unit: 'mooring-mlflow.service', user: 'ubuntu' }],
    },
    remarks: [],
  },
  {
    name: 'a port that is taken on another address',
    facts: { ports: [{ port: 5000, addresses: ['10.0.0.4'], program: null, unit: null, user: 'root' }] },
    remarks: [],
  },
  {
    name: 'a port of another environment',
    values: { environment: 'dev' },
    facts: {
      ports: [{ port: 5000, addresses: ['127.0.0.1'], program: null, unit: 'mooring-mlflow.service', user: 'ubuntu' }],
    },
    remarks: [['stop', 'Port 5000 is that of the environment main on this server.']],
  },
];

describe('judging a machine', () => {
  it.each(cases)('$name', ({ facts, values, isThere, remarks }) => {
    const found = judgeMachine(contextOf(values, facts, isThere === true ? stackOf() : null));
    const order = ['stop', 'warning', 'note'];
    const sorted = [...found].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
    expect(sorted.map(({ level, message }) => [level, message])).toEqual(
      remarks.map(([level, text]) => [level, expect.stringContaining(text) as string]),
    );
  });

  it('offers a port that nobody has', () => {
    const ports = [5000, 5001, 5003].map((port) => ({
      port,
      addresses: ['::'],
      program: null,
      unit: null,
      user: null,
    }));
    const [taken] = judgePort(contextOf({}, { ports }), 5000, 'mlflow', 'mlflow.port');
    expect(taken?.hint).toBe('End what is there, or choose port 5002: it is free.');
    expect(taken?.fix).toEqual({ field: 'mlflow.port', value: 5002 });
    expect(taken?.message).toContain('a program that this account can’t see');
  });

  it.each([
    ['mooring-mlflow.service', 'main'],
    ['mooring-mlflow-prod.service', 'prod'],
    ['mooring-storage-s3.service', 'main'],
    ['mooring-storage-console-lab-2.service', 'lab-2'],
  ])('does not advise to end another environment: %s', (unit, environment) => {
    const ports = [{ port: 5000, addresses: ['127.0.0.1'], program: null, unit, user: 'ubuntu' }];
    expect(judgePort(contextOf({ environment: 'dev' }, { ports }), 5000, 'mlflow', 'mlflow.port')).toEqual([
      {
        level: 'stop',
        message: `Port 5000 is that of the environment ${environment} on this server.`,
        hint: 'Choose port 5001: it is free.',
        fix: { field: 'mlflow.port', value: 5001 },
      },
    ]);
  });

  it.each([{ kind: 'none' }, { kind: 'absent' }, { kind: 'limited', needsTerminal: false }] as const)(
    'offers the login account where the whole system is out of reach: $kind',
    (sudo) => {
      const [stop] = judgeMachine(contextOf({ scope: 'system' }, { sudo }));
      expect(stop).toMatchObject({ level: 'stop', fix: { field: 'scope', value: 'user' } });
      expect(stop?.hint).toContain('or put it under the login account only.');
    },
  );
});

describe('the base', () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const folders = (values: Parameters<typeof localContext>[1] = {}) =>
    basePart(localContext(folder, values)).steps.find(({ id }) => id === 'base-folders')!;

  it('has an account of its own and lingers only where that is wanted', () => {
    const ids = (context: ReturnType<typeof contextOf>) => basePart(context).steps.map(({ id }) => id);
    expect(ids(contextOf())).toEqual(['base-folders']);
    expect(ids(contextOf({ 'mlflow.run-as': 'own' }))).toEqual(['base-account', 'base-folders']);
    expect(ids(contextOf({ 'mlflow.run-as': 'own' }, { sudo: { kind: 'none' } }))).toEqual([
      'base-linger',
      'base-folders',
    ]);
  });

  it('makes folders, and takes off those that it made as far as they are empty', () => {
    mkdirSync(`${folder}/config`);
    expect(runPart(folders(), 'check', folder).code).not.toBe(0);
    expect(runPart(folders(), 'apply', folder)).toMatchObject({ code: 0, errors: '' });
    expect(runPart(folders(), 'check', folder).code).toBe(0);
    for (const each of ['config/main', 'programs', 'data/main']) {
      renameSync(`${folder}/${each}`, `${folder}/away`);
      expect(runPart(folders(), 'check', folder).code).not.toBe(0);
      renameSync(`${folder}/away`, `${folder}/${each}`);
    }
    expect(statSync(`${folder}/data/main`).mode & 0o777).toBe(0o711);
    writeFileSync(`${folder}/data/main/mlflow.db`, '');
    runPart(folders(), 'undo', folder);
    expect(runPart(folders(), 'removeData', folder).code).toBe(0);
    expect([`${folder}/config/main`, `${folder}/programs`].filter(existsSync)).toEqual([]);
    // Somebody else’s, and what still holds data.
    expect([`${folder}/config`, `${folder}/data/main/mlflow.db`].filter(existsSync)).toHaveLength(2);
    rmSync(`${folder}/data/main/mlflow.db`);
    runPart(folders(), 'removeData', folder);
    expect(existsSync(`${folder}/data`)).toBe(false);
    // No mark either, by which this stack would be taken for one that is there.
    expect(readdirSync(`${folder}/state/stacks/main/made`)).toEqual([]);
  });

  it('leaves a data folder that was there', () => {
    mkdirSync(`${folder}/mine`);
    const step = folders({ 'mlflow.data-dir': `${folder}/mine` });
    expect(runPart(step, 'apply', folder).code).toBe(0);
    runPart(step, 'undo', folder);
    expect(runPart(step, 'removeData', folder).code).toBe(0);
    expect(existsSync(`${folder}/mine`)).toBe(true);
  });
});
