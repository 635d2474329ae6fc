/** What listens on a server, from what ss prints to the offer of a tunnel. */
import { beforeEach, describe, expect, it } from 'vitest';
import { parseListening, reachedAt } from '../../../../main/core/services/listening.ts';
import { CoreDouble, labVm } from '../../../support/core-double.ts';
import { database, greeter, html, mlflowPages, web, type World } from './worlds.ts';

const line = (address: string, port: number, program: string) =>
  `@@mooring-port ss=LISTEN 0 128 ${address}:${String(port)} 0.0.0.0:* users:(("${program}",pid=7,fd=3)) uid:1000 ino:1 sk:1 cgroup:/system.slice/${program}.service <->`;

const usual = [
  line('0.0.0.0', 22, 'sshd'),
  line('127.0.0.1', 5000, 'mlflow'),
  line('0.0.0.0', 8888, 'jupyter-lab'),
  line('127.0.0.1', 5432, 'postgres'),
  line('127.0.0.1', 80, 'nginx'),
];

const worlds: Readonly<Record<number, World>> = {
  5000: web(mlflowPages),
  8888: web({ '*': html('Jupyter Server') }),
  5432: database(),
  80: web({ '*': html('Course') }),
  7777: greeter('SSH-2.0-x'),
};

let app: CoreDouble;
let listening: readonly string[];

beforeEach(() => {
  app = new CoreDouble();
  listening = usual;
  app.engine.answersExec = ({ script }) => ({
    exitCode: 0,
    stdout: script.includes('@@mooring-port') ? listening.join('\n') : '',
  });
  app.engine.answersAsk = ({ target, request }) => (worlds[target.port] ?? web({}))(request);
});

describe('what ss prints', () => {
  it('is told from what anything else prints', () => {
    expect(parseListening(`hello\n${usual.join('\r\n')}\nLISTEN 0 1 0.0.0.0:99 x`)?.map((each) => each.port)).toEqual([
      22, 80, 5000, 5432, 8888,
    ]);
    expect(parseListening('')).toBeNull();
    expect(parseListening('@@mooring-port owner=0 root')).toBeNull();
  });

  it.each([
    [['0.0.0.0'], '127.0.0.1'],
    [['::'], '127.0.0.1'],
    [['127.0.0.53'], '127.0.0.53'],
    [['::1'], '::1'],
    [['::1', '127.0.0.1'], '127.0.0.1'],
    [['10.0.0.4'], '10.0.0.4'],
  ])('%j is reached at %s', (addresses, expected) => {
    expect(reachedAt({ addresses })).toBe(expected);
  });
});

describe('discovering', () => {
  it('guesses each service and offers a tunnel to what has none', async () => {
    const serverId = await app.bringUp();
    const { found } = await app.call('services.discover', { serverId });
    expect(found.map((each) => [each.port, each.kind, each.draft?.bind.port ?? null])).toEqual([
      [80, 'http', 8080],
      [5000, 'mlflow', null],
      [5432, 'postgres', 5432],
      [8888, 'jupyter', 8888],
    ]);
    expect(found.map((each) => each.draft?.label ?? each.forwardId)).toEqual([
      'HTTP',
      app.server().profile.forwards[0]?.id,
      'PostgreSQL',
      'Jupyter',
    ]);
    expect(found.map((each) => each.isOpen)).toEqual([false, false, false, true]);
  });

  it('offers no label or local port twice, and what it offers is taken', async () => {
    listening = [line('127.0.0.1', 8080, 'a'), line('127.0.0.1', 8081, 'b'), line('127.0.0.1', 80, 'c')];
    const serverId = await app.bringUp();
    const { found } = await app.call('services.discover', { serverId });
    const drafts = found.flatMap(({ draft }) => draft ?? []);
    expect(new Set(drafts.map((each) => each.bind.port)).size).toBe(3);
    expect(new Set(drafts.map((each) => each.label)).size).toBe(3);
    for (const draft of drafts) await app.call('forwards.add', { serverId, draft });
  });

  it('tells what Mooring made from elsewhere, by its unit', async () => {
    const unit = (port: number, name: string) => line('127.0.0.1', port, 'python3').replace('python3.service', name);
    listening = [
      unit(5000, 'mooring-mlflow-old.service'),
      unit(5007, 'mooring-mlflow-hand.service'),
      unit(9000, 'mooring-storage.service'),
      unit(9100, 'mooring-mlflow-adopted-9100.service'),
      unit(9200, 'mooring-other.service'),
    ];
    const serverId = await app.bringUp();
    const { found } = await app.call('services.discover', { serverId });
    // The first has a tunnel.
    expect(found.map((each) => each.adoptable)).toEqual([undefined, 'hand', 'main', 'adopted-9100', undefined]);
  });

  it('fails in words where the server is away or does not tell', async () => {
    const serverId = await app.bringUp();
    listening = [];
    expect(await app.core.call('services.discover', { serverId })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
    await app.lose();
    expect(await app.core.call('services.discover', { serverId })).toMatchObject({
      ok: false,
      error: { code: 'conflict' },
    });
  });
});

describe('something new', () => {
  const looks = () =>
    app.engine.commands.filter((each) => each.kind === 'exec-start' && each.script.includes('@@mooring-port'));

  it('is no port of a stack that setup is at, or was', async () => {
    await app.bringUp();
    const saved = app.files.servers.saved as { servers: { stacks: unknown[] }[] };
    const draft = { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5007 } };
    saved.servers[0]?.stacks.push({ draft, environment: 'dev', adminUser: 'admin' });
    const before = app;
    app = new CoreDouble({ inherit: before });
    app.engine.answersExec = before.engine.answersExec;
    await app.core.start();
    await app.reachLogin();
    await app.accept();
    const stop = app.core.subscribe(() => undefined, { looking: true });
    await app.clock.pass(10_000);
    listening = [...usual, line('127.0.0.1', 5007, 'python'), line('127.0.0.1', 8889, 'jupyter')];
    await app.clock.pass(130_000);
    expect(app.server().newPorts).toMatchObject([{ port: 8889 }]);
    stop();
  });

  it('is said once, quietly, while somebody looks, and gone when it is, or seen', async () => {
    const serverId = await app.bringUp();
    const stop = app.core.subscribe(() => undefined, { looking: true });
    await app.clock.pass(10_000);
    expect(app.server().newPorts).toEqual([]);
    listening = [
      ...usual,
      line('127.0.0.1', 8889, 'jupyter'),
      line('127.0.0.1', 45_000, 'node'),
      line('127.0.0.1', 631, 'cupsd'),
    ];
    await app.clock.pass(130_000);
    expect(app.server().newPorts).toMatchObject([{ port: 8889, program: 'jupyter' }]);
    listening = usual;
    await app.clock.pass(130_000);
    expect(app.server().newPorts).toEqual([]);
    listening = [...usual, line('127.0.0.1', 8890, 'tensorboard')];
    await app.clock.pass(130_000);
    expect(app.server().newPorts).toHaveLength(1);
    await app.call('services.dismiss-new', { serverId });
    await app.clock.pass(130_000);
    expect(app.server().newPorts).toEqual([]);
    stop();
  });

  it('is looked for seldom, and not at all while nobody looks or the account may not', async () => {
    await app.bringUp();
    await app.clock.pass(3_600_000);
    expect(looks()).toHaveLength(0);
    app.engine.answersExec = null;
    const stop = app.core.subscribe(() => undefined, { looking: true });
    await app.clock.pass(6_000);
    const [first] = looks();
    if (first?.kind !== 'exec-start') throw new Error('no look');
    const failure = { code: 'not-allowed', message: 'no shell' } as const;
    app.engine.emit({ kind: 'exec-ended', execId: first.execId, exitCode: null, signal: null, failure });
    await app.clock.pass(3_600_000);
    expect(looks()).toHaveLength(1);
    stop();
  });
});

it('labVm is what these tests take it for', () => {
  expect(labVm.forwards.map((each) => each.target.port)).toEqual([5000]);
});
