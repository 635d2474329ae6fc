import { describe, expect, it } from 'vitest';
import { describeTaken } from '../../../main/core/tunnels/describe-taken.ts';
import { engineSendAs } from '../../../main/core/tunnels/engine-send-as.ts';
import { forwardDraftOf, type Forward, type ForwardDraft } from '../../../main/shared/forward.ts';
import { CoreDouble, labVm } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

const s3: ForwardDraft = {
  label: 'S3 API',
  service: 's3',
  bind: { address: '127.0.0.1', port: 9000, alsoIpv6: true },
  target: { host: '127.0.0.1', port: 9000 },
};

describe('a local port that is taken', () => {
  it('names the holder, offers a port, changes nothing, and comes up when it is free', async () => {
    const app = new CoreDouble();
    app.engine.takenPorts.add(5001);
    await app.bringUp();
    const state = app.server().forwards[0]?.state;
    expect(state).toMatchObject({
      kind: 'port-taken',
      holder: { pid: 4242, program: 'python3' },
      freePort: 5002,
      failure: { code: 'port-taken', message: 'Port 5001 is held by python3 (process 4242).' },
    });
    expect(app.server().profile.forwards[0]?.bind.port).toBe(5001);
    const warned = app.log.filter((each) => each.message.includes('held by')).length;
    await app.clock.pass(60_000);
    expect(app.log.filter((each) => each.message.includes('held by'))).toHaveLength(warned);
    expect(app.server().forwards[0]?.state.kind).toBe('port-taken');
    app.engine.takenPorts.clear();
    await app.clock.pass(2000);
    expect(app.server().forwards[0]?.state.kind).toBe('up');
  });

  it('explains AirPlay, and ourselves', async () => {
    expect(describeTaken(5000, { pid: 1, program: 'ControlCe' }, null).message).toContain('AirPlay');
    expect(describeTaken(5000, null, null).message).toBe('Port 5000 is held by another program.');
    const app = new CoreDouble();
    await app.bringUp();
    const second = await app.call('servers.add', { draft: { ...labVm, name: 'other' } });
    app.engine.takenPorts.add(5001);
    await app.call('wanted.set', { serverId: second.serverId, on: true });
    expect(app.server('other').forwards[0]?.state).toMatchObject({
      kind: 'port-taken',
      failure: { message: 'Port 5001 is already used by lab-vm/MLflow in Mooring.' },
    });
  });

  it('stops looking when it is switched off', async () => {
    const app = new CoreDouble();
    app.engine.takenPorts.add(5001);
    const serverId = await app.bringUp();
    await app.call('wanted.set', { serverId, on: false });
    const listens = app.engine.all('listen').length;
    await app.clock.pass(60_000);
    expect(app.engine.all('listen')).toHaveLength(listens);
    expect(app.server().forwards[0]?.state.kind).toBe('off');
  });

  it('moves to the offered port when told', async () => {
    const app = new CoreDouble();
    app.engine.takenPorts.add(5001);
    const serverId = await app.bringUp();
    const forward = app.server().profile.forwards[0]!;
    const { label, service, target } = forward;
    const bind = { ...forward.bind, port: 5002 };
    await app.call('forwards.edit', { serverId, forwardId: forward.id, draft: { label, service, target, bind } });
    expect(app.server().forwards[0]?.state.kind).toBe('up');
    expect(app.engine.last('listen').port).toBe(5002);
  });
});

describe('a forward that sends a name of its own', () => {
  it('is bound anew when that changes, and only then', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const forward = app.server().profile.forwards[0]!;
    const forwardId = forward.id;
    const draft = forwardDraftOf(forward);
    expect(app.engine.last('listen').sendAs).toBeUndefined();
    const edit = (more: object) => app.call('forwards.edit', { serverId, forwardId, draft: { ...draft, ...more } });
    await edit({ sendAs: { host: 'mlflow-server.local' } });
    expect(app.engine.last('listen').sendAs).toEqual({
      host: 'mlflow-server.local',
      origin: 'localhost',
      aliases: [],
    });
    const listens = app.engine.all('listen').length;
    await edit({ sendAs: { host: 'mlflow-server.local' }, label: 'Other' });
    expect(app.engine.all('listen')).toHaveLength(listens);
    await edit({});
    expect(app.engine.last('listen').sendAs).toBeUndefined();
    expect(app.server().profile.forwards[0]?.sendAs).toBeUndefined();
    expect(app.server().forwards[0]?.state.kind).toBe('up');
  });

  it('takes the names of the hosts file that lead to it, but not those that share port 80', () => {
    const bind = { address: '127.0.0.1', port: 5001, alsoIpv6: false };
    const forward = (more: Partial<Forward>): Forward => ({
      ...s3,
      ...{ id: 'f', wanted: true, service: 'http', bind, target: { host: '127.0.0.1', port: 5000 } },
      ...{ sendAs: { host: 'lab.local' } },
      ...more,
    });
    const web = forward({ id: 'w', target: { host: '127.0.0.1', port: 80 } });
    const names = [
      { name: 'a.local', to: { kind: 'tunnel' } },
      { name: 'b.local', to: { kind: 'address', address: '127.0.0.1' } },
      { name: 'c.local', to: { kind: 'address', address: '127.0.0.2' } },
      { name: 'd.local', to: { kind: 'server' } },
    ] as const;
    const of = (each: Forward, on = true) => engineSendAs(each, { forwards: [web, forward({})], hosts: { on, names } });
    expect(of(forward({}))).toEqual({ host: 'lab.local', origin: 'host', aliases: ['a.local', 'b.local'] });
    expect(of(forward({}), false)?.aliases).toEqual([]);
    expect(of(web)?.aliases).toEqual([]);
    expect(of(forward({ service: 's3' }))).toBeNull();
  });
});

describe('a target that refuses', () => {
  it('keeps the connection, says so, looks again quietly, and recovers', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    const { forwardId } = app.engine.last('listen');
    const failure = { code: 'target-refused', message: 'Nothing listens on port 5000 of lab-vm.' } as const;
    app.engine.emit({ kind: 'target', forwardId, failure });
    const { sinceMs } = app.server().forwards[0]?.state as { sinceMs: number };
    expect(app.connection.kind).toBe('up');
    const checks = app.engine.all('check-target').length;
    await app.clock.pass(5000);
    expect(app.engine.all('check-target')).toHaveLength(checks + 1);
    app.engine.emit({ kind: 'target', forwardId, failure });
    expect(app.server().forwards[0]?.state).toMatchObject({ kind: 'target-failed', sinceMs });
    app.engine.emit({ kind: 'target', forwardId, failure: null });
    expect(app.server().forwards[0]?.state).toEqual({ kind: 'up', checked: true });
    await app.clock.pass(120_000);
    expect(app.engine.all('check-target')).toHaveLength(checks + 1);
  });
});

describe('forwards of a server', () => {
  it('are added, edited and removed while it is up, without touching the others', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const { forwardId } = await app.call('forwards.add', { serverId, draft: s3 });
    expect(app.engine.last('listen')).toMatchObject({ addresses: ['127.0.0.1', '::1'], port: 9000, holdMs: 10_000 });
    expect(app.server().forwards.map((each) => each.state.kind)).toEqual(['up', 'up']);
    const listens = app.engine.all('listen').length;
    await app.call('forwards.edit', { serverId, forwardId, draft: { ...s3, label: 'Objects' } });
    expect(app.engine.all('listen')).toHaveLength(listens);
    await app.call('forwards.edit', { serverId, forwardId, draft: { ...s3, target: { host: 'minio', port: 9000 } } });
    expect(app.engine.last('listen').target).toEqual({ host: 'minio', port: 9000 });
    await app.call('forwards.remove', { serverId, forwardId });
    expect(app.server().forwards).toHaveLength(1);
    expect(app.engine.all('connect')).toHaveLength(1);
    expect(app.engine.all('unlisten')).toHaveLength(2);
  });

  it('toggle one by one; one alone brings its server up alone', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp({ ...labVm, forwards: [...labVm.forwards, s3] });
    const [mlflow, objects] = app.server().profile.forwards;
    await app.call('wanted.set', { serverId, forwardId: mlflow!.id, on: false });
    expect(app.server().forwards.map((each) => each.state.kind)).toEqual(['off', 'up']);
    await app.call('wanted.set', { serverId, on: false });
    expect(app.server().forwards.map((each) => each.state.kind)).toEqual(['off', 'off']);
    await app.call('wanted.set', { serverId, on: true });
    expect(app.server().forwards.map((each) => each.state.kind)).toEqual(['off', 'holding']);
    await app.call('wanted.set-all', { on: false });
    await app.call('wanted.set', { serverId, forwardId: mlflow!.id, on: true });
    expect(app.server().profile.forwards.map((each) => each.wanted)).toEqual([true, false]);
    await app.call('wanted.set', { serverId, forwardId: mlflow!.id, on: false });
    await app.call('wanted.set', { serverId, forwardId: objects!.id, on: false });
    expect(app.server().profile.wanted).toBe(true);
    await app.call('wanted.set', { serverId, on: false });
    await app.call('wanted.set', { serverId, on: true });
    expect(app.server().profile.forwards.map((each) => each.wanted)).toEqual([true, true]);
  });

  it('sum their traffic over new listeners, and count only while somebody looks', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const stop = app.core.subscribe(() => undefined, { looking: true });
    expect(app.engine.last('report-traffic').on).toBe(true);
    const count = (bytesDown: number) => {
      const { forwardId } = app.engine.last('listen');
      app.engine.emit({ kind: 'traffic', forwards: [{ forwardId, bytesDown, bytesUp: 1, clients: 2, held: 0 }] });
    };
    count(100);
    await app.call('wanted.set', { serverId, on: false });
    expect(app.server().forwards[0]?.traffic).toEqual({ bytesDown: 100, bytesUp: 1, clients: 0, held: 0 });
    await app.call('wanted.set', { serverId, on: true });
    count(50);
    expect(app.server().forwards[0]?.traffic.bytesDown).toBe(150);
    stop();
    expect(app.engine.last('report-traffic').on).toBe(false);
  });

  it('let the core stop with nothing left', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.lose();
    await app.core.stop();
    await settle();
    expect(app.clock.pending).toBe(0);
    expect(app.engine.closed).toBe(true);
    expect(app.demoStops).toBe(1);
  });
});
