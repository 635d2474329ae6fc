/** Answers that come late, twice or crosswise: a local port is asked for once at a time and never lost. */
import { describe, expect, it } from 'vitest';
import type { ForwardDraft } from '../../../main/shared/forward.ts';
import type { PortHolder } from '../../../main/shared/snapshot.ts';
import { CoreDouble, labVm } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

const objects: ForwardDraft = {
  label: 'S3 API',
  service: 's3',
  bind: { address: '127.0.0.1', port: 9000, alsoIpv6: true },
  target: { host: '127.0.0.1', port: 9000 },
};

const taken = { code: 'port-taken', message: 'Port 5001 is taken.' } as const;

async function withTakenPort() {
  const app = new CoreDouble();
  app.engine.takenPorts.add(5001);
  const serverId = await app.bringUp();
  expect(app.server().forwards[0]?.state.kind).toBe('port-taken');
  return { app, serverId };
}

describe('a taken port', () => {
  it('is asked for once, however often “Retry” is pressed', async () => {
    const { app, serverId } = await withTakenPort();
    app.engine.answersPorts = false;
    const before = app.engine.all('listen').length;
    await app.call('connection.retry', { serverId });
    await app.call('connection.retry', { serverId });
    await app.clock.pass(60_000);
    expect(app.engine.all('listen')).toHaveLength(before + 1);
    app.engine.emit({ kind: 'listening', forwardId: app.engine.last('listen').forwardId });
    expect(app.server().forwards[0]?.state.kind).toBe('up');
  });

  it('has one timer when two looks for its holder overlap', async () => {
    const { app, serverId } = await withTakenPort();
    const answers: ((holder: PortHolder | null) => void)[] = [];
    app.localPorts.holder = () => new Promise((resolve) => answers.push(resolve));
    await app.clock.pass(2000);
    await app.call('connection.retry', { serverId });
    expect(answers).toHaveLength(2);
    // The newer look is answered first; the older one has nothing more to say.
    answers[1]?.({ pid: 2, program: 'newer' });
    await settle();
    const timers = app.clock.pending;
    answers[0]?.({ pid: 1, program: 'older' });
    await settle();
    expect(app.server().forwards[0]?.state).toMatchObject({ holder: { program: 'newer' } });
    expect(app.clock.pending).toBe(timers);
    await app.call('wanted.set', { serverId, on: false });
    const listens = app.engine.all('listen').length;
    await app.clock.pass(60_000);
    expect(app.engine.all('listen')).toHaveLength(listens);
  });

  it('is not explained any more once it was switched off and on', async () => {
    const { app, serverId } = await withTakenPort();
    const answers: ((holder: PortHolder | null) => void)[] = [];
    app.localPorts.holder = () => new Promise((resolve) => answers.push(resolve));
    await app.clock.pass(2000);
    app.engine.takenPorts.clear();
    await app.call('wanted.set', { serverId, on: false });
    app.engine.answersPorts = false;
    await app.call('wanted.set', { serverId, on: true });
    answers[0]?.(null);
    await settle();
    expect(app.server().forwards[0]?.state.kind).toBe('starting');
  });

  it('is looked at on every address: who holds it, and what is free on all', async () => {
    const app = new CoreDouble();
    app.engine.takenPorts.add(9000);
    const inUse: Record<string, readonly number[]> = { '127.0.0.1': [9003], '::1': [9000, 9001, 9002] };
    app.localPorts.holder = (address, port) =>
      Promise.resolve(inUse[address]?.includes(port) ? { pid: 7, program: 'minio' } : null);
    app.localPorts.nextFree = (address, port) => {
      let free = port + 1;
      while (inUse[address]?.includes(free)) free += 1;
      return Promise.resolve(free);
    };
    await app.bringUp({ ...labVm, forwards: [objects] });
    expect(app.server().forwards[0]?.state).toMatchObject({
      kind: 'port-taken',
      holder: { program: 'minio' },
      freePort: 9004,
    });
  });

  it('has no port to offer where one of its addresses has none', async () => {
    const app = new CoreDouble();
    app.engine.takenPorts.add(9000);
    app.localPorts.nextFree = (address) => Promise.resolve(address === '::1' ? null : 9001);
    await app.bringUp({ ...labVm, forwards: [objects] });
    expect(app.server().forwards[0]?.state).toMatchObject({ kind: 'port-taken', freePort: null });
  });

  it('is known as ours on the second address too', async () => {
    const app = new CoreDouble();
    const bind = { address: '::1', port: 9000, alsoIpv6: false };
    await app.bringUp({ ...labVm, forwards: [{ ...objects, bind }] });
    const second = await app.call('servers.add', { draft: { ...labVm, name: 'other', forwards: [objects] } });
    app.engine.takenPorts.add(9000);
    await app.call('wanted.set', { serverId: second.serverId, on: true });
    expect(app.server('other').forwards[0]?.state).toMatchObject({
      failure: { message: 'Port 9000 is already used by lab-vm/S3 API in Mooring.' },
    });
  });
});

describe('a listener that fails while it is being taken back', () => {
  async function takenBack() {
    const app = new CoreDouble();
    app.engine.answersPorts = false;
    const serverId = await app.startLabVm();
    const { forwardId } = app.engine.last('listen');
    await app.call('wanted.set', { serverId, on: false });
    expect(app.engine.last('unlisten').forwardId).toBe(forwardId);
    return { app, serverId, forwardId };
  }

  it('makes way for the next one', async () => {
    const { app, serverId, forwardId } = await takenBack();
    await app.call('wanted.set', { serverId, on: true });
    expect(app.engine.all('listen')).toHaveLength(1);
    app.engine.emit({ kind: 'listen-failed', forwardId, failure: taken });
    expect(app.engine.all('listen')).toHaveLength(2);
    app.engine.emit({ kind: 'listening', forwardId: app.engine.last('listen').forwardId });
    expect(app.server().forwards[0]?.state.kind).toBe('holding');
  });

  it('stays off when it is not wanted', async () => {
    const { app, forwardId } = await takenBack();
    app.engine.emit({ kind: 'listen-failed', forwardId, failure: taken });
    await app.clock.pass(60_000);
    expect(app.engine.all('listen')).toHaveLength(1);
    expect(app.server().forwards[0]?.state.kind).toBe('off');
  });
});
