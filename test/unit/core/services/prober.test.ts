/** When is asked, and when not. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AskRequest, EngineCommand } from '../../../../main/core/engine.ts';
import { forwardDraftOf } from '../../../../main/shared/forward.ts';
import type { ServiceView } from '../../../../main/shared/services.ts';
import { CoreDouble, labVm } from '../../../support/core-double.ts';
import { settle } from '../../../support/fake-clock.ts';
import { database, frozen, mlflowGuarded, mlflowPages, searchPath, web, html, type World } from './worlds.ts';

type Ask = Extract<EngineCommand, { kind: 'ask' }>;

let app: CoreDouble;
let world: World;

beforeEach(() => {
  app = new CoreDouble();
  world = web(mlflowPages);
  app.engine.answersAsk = ({ request }) => world(request);
  app.engine.answersExec = () => ({ exitCode: 0, stdout: '' });
});

const asks = (): readonly Ask[] => app.engine.commands.filter((each): each is Ask => each.kind === 'ask');
const paths = (): readonly string[] =>
  asks().map(({ request }) => (request.kind === 'http' ? request.path : request.kind));
const service = (): ServiceView | null => app.server().forwards[0]?.service ?? null;
/** Turns the forward’s state to up, and lets the first probe through. */
async function comeUp(draft = labVm): Promise<string> {
  const serverId = await app.bringUp(draft);
  await app.clock.pass(2_000);
  return serverId;
}
const forwardId = (): string => app.server().profile.forwards[0]?.id ?? '';
const look = () => app.core.subscribe(() => undefined, { looking: true });
const other = (service: 'postgres' | 'mlflow', label: string, port: number) => ({
  label,
  service,
  bind: { address: '127.0.0.1', port, alsoIpv6: false },
  target: { host: '127.0.0.1', port },
});

describe('a forward that came up', () => {
  it('is asked once, in depth, and left alone while nobody looks', async () => {
    await comeUp();
    expect(paths()).toEqual(['/health', '/version', '/', searchPath]);
    expect(service()).toMatchObject({ product: 'MLflow 3.17.2', latencyMs: 4, health: { state: 'ok' } });
    await app.clock.pass(3_600_000);
    expect(asks()).toHaveLength(4);
  });

  it('is asked under its local address, through the connection that is up', async () => {
    await comeUp();
    const { connectionId, target, request } = asks()[0]!;
    expect(connectionId).toBe(app.engine.connectionId);
    expect(target).toEqual({ host: '127.0.0.1', port: 5000 });
    expect(request.kind === 'http' && request.headers['Host']).toBe('127.0.0.1:5001');
  });

  it('is asked again while somebody looks, seldom and lightly, and ever more seldom', async () => {
    await comeUp();
    const stop = look();
    await app.clock.pass(70_000);
    expect(paths().slice(4)).toEqual(['/health', '/health', '/health', '/health', '/version', '/']);
    await app.clock.pass(3_600_000);
    const hourly = paths().filter((each) => each === '/').length;
    expect(hourly).toBeGreaterThan(8);
    expect(hourly).toBeLessThan(20);
    expect(paths().filter((each) => each === searchPath)).toHaveLength(1);
    stop();
    const before = asks().length;
    await app.clock.pass(3_600_000);
    expect(asks()).toHaveLength(before);
  });

  it('is asked soon again when it was long ago and somebody begins to look', async () => {
    await comeUp();
    await app.clock.pass(1_000_000);
    look();
    await app.clock.pass(1_000);
    expect(paths().slice(4)).toEqual(['/health', '/version', '/']);
  });

  it('with something broken is asked sooner, in depth, and also while nobody looks', async () => {
    world = web({ '*': html('Welcome to nginx!', 'Welcome to nginx!') });
    await comeUp();
    expect(service()).toMatchObject({ service: { state: 'failed' } });
    world = web(mlflowPages);
    await app.clock.pass(12_000);
    expect(service()).toMatchObject({ service: { state: 'ok' } });
    expect(app.log.map((each) => each.message)).toEqual(
      expect.arrayContaining([
        'MLflow: the default page of nginx answers there, not MLflow.',
        'MLflow: the service is well again.',
      ]),
    );
    const healed = asks().length;
    await app.clock.pass(3_600_000);
    expect(asks()).toHaveLength(healed);
  });

  it('keeps the login that only a deep probe finds out', async () => {
    await comeUp();
    look();
    const login = service()?.login;
    await app.clock.pass(70_000);
    expect(service()?.login).toEqual(login);
    expect(asks().length).toBeGreaterThan(4);
  });

  it('is asked by hand, whenever a person wants', async () => {
    const serverId = await comeUp();
    world = frozen;
    const reply = await app.call('services.check', { serverId, forwardId: forwardId() });
    expect(reply.service.health.state).toBe('failed');
    expect(service()?.health.state).toBe('failed');
  });

  it('is asked anew when it is led elsewhere, and not for a new name', async () => {
    const serverId = await comeUp();
    const [draft] = labVm.forwards;
    await app.call('forwards.edit', { serverId, forwardId: forwardId(), draft: { ...draft!, label: 'Renamed' } });
    await app.clock.pass(2_000);
    expect(asks()).toHaveLength(4);
    const target = { host: '127.0.0.1', port: 5005 };
    await app.call('forwards.edit', { serverId, forwardId: forwardId(), draft: { ...draft!, target } });
    await app.clock.pass(2_000);
    expect(
      asks()
        .slice(4)
        .every((each) => each.target.port === 5005),
    ).toBe(true);
    expect(asks().length).toBe(8);
  });
});

describe('PostgreSQL', () => {
  it('is asked under a new name at once, and not of that any more when it is taken off', async () => {
    world = mlflowGuarded(/^127/);
    const serverId = await comeUp();
    expect(service()).toMatchObject({ health: { state: 'ok' } });
    const names = [{ name: 'lab.local', to: { kind: 'tunnel' } }] as const;
    await app.call('hosts.set', { serverId, hosts: { on: true, names } });
    await app.clock.pass(2_000);
    expect(service()).toMatchObject({
      health: { state: 'warning', words: 'MLflow answers 403 to the name lab.local' },
    });
    const fix = service()?.health.fixes[0];
    expect(fix).toEqual({ kind: 'send-as', host: '127.0.0.1:5001' });
    await app.call('hosts.set', { serverId, hosts: { on: false, names } });
    await app.clock.pass(2_000);
    expect(service()).toMatchObject({ health: { state: 'ok' } });
  });

  it('that sends a name is asked under that one', async () => {
    const serverId = await comeUp();
    const forward = app.server().profile.forwards[0]!;
    const { id } = forward;
    const draft = forwardDraftOf(forward);
    const before = asks().length;
    const edited = { ...draft, sendAs: { host: 'lab.local' } };
    await app.call('forwards.edit', { serverId, forwardId: id, draft: edited });
    await app.clock.pass(2_000);
    const hosts = asks()
      .slice(before)
      .map(({ request }) => request.kind === 'http' && request.headers['Host']);
    expect([...new Set(hosts)]).toEqual(['lab.local']);
  });

  it('is greeted once for each coming up, so that nobody’s database is kept awake', async () => {
    world = database();
    const serverId = await comeUp({ ...labVm, forwards: [other('postgres', 'DB', 5432)] });
    look();
    await app.clock.pass(3_600_000);
    expect(paths()).toEqual(['postgres']);
    await app.call('services.check', { serverId, forwardId: forwardId() });
    expect(paths()).toEqual(['postgres', 'postgres']);
  });
});

describe('the way', () => {
  it('lost: what was found is forgotten, the question is taken back', async () => {
    await comeUp();
    expect(service()).not.toBeNull();
    app.engine.answersAsk = null;
    void app.core.call('services.check', { serverId: app.server().profile.id, forwardId: forwardId() });
    await settle();
    const open = asks().at(-1)!;
    await app.lose();
    expect(service()).toBeNull();
    expect(app.engine.commands).toContainEqual({ kind: 'ask-cancel', askId: open.askId });
  });

  it('refused at its end: the port is told, and the forward looks for itself', async () => {
    world = () => ({ ok: false, error: { code: 'target-refused', message: 'Nothing listens on 127.0.0.1:5000.' } });
    await comeUp();
    expect(service()).toMatchObject({ port: { state: 'failed', words: 'Nothing listens on 127.0.0.1:5000' } });
    const checks = app.engine.commands.filter((each) => each.kind === 'check-target');
    expect(checks.length).toBeGreaterThan(1);
  });

  it('is not asked for a forward that is not up', async () => {
    await app.core.start();
    const { serverId } = await app.call('servers.add', { draft: labVm });
    const reply = await app.core.call('services.check', { serverId, forwardId: forwardId() });
    expect(reply).toMatchObject({ ok: false, error: { code: 'conflict' } });
    expect(asks()).toEqual([]);
  });
});

describe('a short look', () => {
  const other404 = () => web({ '*': html('Welcome to nginx!', 'Welcome to nginx!') });
  const refused: World = () => ({ ok: false, error: { code: 'target-refused', message: 'Nothing listens there.' } });
  const refresh = (olderThanMs = 10_000) => app.call('services.refresh', { olderThanMs });

  it('keeps what is seen no older than 20 s while somebody looks', async () => {
    await comeUp();
    look();
    for (let passed = 0; passed < 600; passed += 5) {
      await app.clock.pass(5_000);
      expect(app.clock.nowMs() - service()!.checkedMs).toBeLessThanOrEqual(20_000);
    }
  });

  it('that is answered otherwise is followed by a full one', async () => {
    await comeUp();
    look();
    await app.clock.pass(25_000);
    world = other404();
    await app.clock.pass(20_000);
    expect(service()).toMatchObject({ service: { state: 'failed' } });
  });

  it('finds a service that was stopped, and has the tunnel look for itself', async () => {
    await comeUp();
    world = refused;
    await app.clock.pass(60_000);
    expect(service()).toMatchObject({ port: { state: 'ok' } });
    await refresh();
    expect(service()).toMatchObject({ port: { state: 'failed' } });
    expect(app.engine.commands.filter((each) => each.kind === 'check-target').length).toBeGreaterThan(1);
  });

  it('is taken when a person looks at what is older than that, and costs one question', async () => {
    await comeUp();
    await refresh();
    expect(asks()).toHaveLength(4);
    await app.clock.pass(11_000);
    await refresh();
    expect(paths().slice(4)).toEqual(['/health']);
    expect(app.clock.nowMs() - service()!.checkedMs).toBeLessThan(1_000);
    await app.clock.pass(3_600_000);
    expect(asks()).toHaveLength(5);
  });

  it('never logs in to a database: nothing is sent', async () => {
    world = database();
    await comeUp({ ...labVm, forwards: [other('postgres', 'DB', 5432)] });
    await app.clock.pass(60_000);
    await refresh();
    expect(
      asks()
        .slice(1)
        .map(({ request }) => request),
    ).toEqual([{ kind: 'bytes', send: '', maxBytes: 1, enoughBytes: 1 }]);
    expect(app.clock.nowMs() - service()!.checkedMs).toBeLessThan(1_000);
    world = refused;
    await app.clock.pass(60_000);
    await refresh();
    expect(service()).toMatchObject({ port: { state: 'failed' } });
  });
});

describe('many', () => {
  it('of one server are asked one after another', async () => {
    app.engine.answersAsk = null;
    await comeUp({ ...labVm, forwards: [1, 2, 3].map((each) => other('mlflow', `M${String(each)}`, 5000 + each)) });
    expect(asks()).toHaveLength(1);
    const answer = (request: AskRequest) => web(mlflowPages)(request);
    const seen: number[] = [];
    for (let at = 0; at < 12; at += 1) {
      const { askId, request, target } = asks()[at]!;
      seen.push(target.port);
      app.engine.emit({ kind: 'answered', askId, answer: answer(request) });
      await settle();
      await app.clock.pass(0);
    }
    expect(asks()).toHaveLength(12);
    expect([...new Set(seen)]).toHaveLength(3);
    expect(seen.join('')).toMatch(/^(5001){4}|^(5002){4}|^(5003){4}/);
  });

  it('leave nothing behind when Mooring stops', async () => {
    await comeUp();
    look();
    await app.core.stop();
    const pending = app.clock.pending;
    expect(pending).toBe(0);
  });
});

describe('a full disk', () => {
  it('of the server is told for what writes there', async () => {
    app.engine.answersExec = ({ script }) => ({
      exitCode: 0,
      stdout: script.includes('df -PTk')
        ? 'Filesystem Type 1024-blocks Used Available Capacity Mounted on\ntmpfs tmpfs 2048 2048 0 100% /srv/small disk\n'
        : '',
    });
    await comeUp();
    expect(service()).toMatchObject({
      health: { state: 'failed', words: 'the disk /srv/small disk of the server is full' },
    });
  });
});
