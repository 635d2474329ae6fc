/** How the death of a link is noticed, and that a living one is left alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRelay, type Relay } from '../../support/relay.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { startRig, type Rig } from './rig.ts';

let rig: Rig;
let double: SshDouble;
let relay: Relay;

beforeEach(async () => {
  rig = startRig();
  double = await startSshDouble();
  relay = await startRelay({ port: double.port });
});

afterEach(async () => {
  await rig.close();
  await relay.stop();
  await double.stop();
});

const pass = async (durationMs: number): Promise<void> => {
  const startMs = performance.now();
  await waitFor('time to pass', () => performance.now() - startMs > durationMs, { timeoutMs: durationMs + 5_000 });
};

describe('a dead link', () => {
  it.each([1_000, 2_000])('is noticed within %i ms', async (deadAfterMs) => {
    await rig.connectRoute({ ...relay, deadAfterMs });
    // Once in the middle of a quiet time, too.
    await pass(deadAfterMs * 0.6);
    const deadMs = performance.now();
    relay.blackhole();
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
    expect(performance.now() - deadMs).toBeLessThanOrEqual(deadAfterMs);
    expect(performance.now() - deadMs).toBeGreaterThan(deadAfterMs / 2);
  });

  it('is noticed when the server freezes', async () => {
    await rig.connectRoute({ ...double, deadAfterMs: 800 });
    const deadMs = performance.now();
    double.freeze();
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
    expect(performance.now() - deadMs).toBeLessThanOrEqual(800);
  });
});

describe('a living link', () => {
  it('stays, though nothing is sent over it', async () => {
    await rig.connectRoute({ ...relay, deadAfterMs: 400 });
    await pass(2_000);
    expect(rig.all('closed')).toEqual([]);
  });

  it('stays, though the server never answers a ping, as long as it says anything', async () => {
    await rig.connectRoute({ ...double, deadAfterMs: 400 });
    const wire = double.connections[0]?.wire;
    if (!wire) throw new Error('no connection');
    wire.requestFailure = () => undefined;
    const talk = setInterval(() => {
      wire.ping();
    }, 50);
    await pass(2_000);
    clearInterval(talk);
    expect(rig.all('closed')).toEqual([]);
    await rig.next('closed');
  });

  it('tells its latency, but not at every ping', async () => {
    await rig.connectRoute({ ...relay, deadAfterMs: 400 });
    const { latencyMs } = await rig.next('latency');
    expect(latencyMs).toBeGreaterThan(0);
    expect(latencyMs).toBeLessThan(300);
    await pass(1_500);
    expect(rig.all('latency')).toHaveLength(1);
  });

  it('survives that this process was busy', async () => {
    await rig.connectRoute({ ...relay, deadAfterMs: 400 });
    const endMs = performance.now() + 1_200;
    while (performance.now() < endMs);
    await pass(800);
    expect(rig.all('closed')).toEqual([]);
  });
});

describe('asking whether the link lives', () => {
  it('ends a dead one in time', async () => {
    const connectionId = await rig.connectRoute(relay);
    await rig.next('latency');
    relay.blackhole();
    const askedMs = performance.now();
    rig.send({ kind: 'check-link', connectionId, timeoutMs: 300 });
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
    expect(performance.now() - askedMs).toBeLessThan(600);
  });

  it('leaves a living one alone', async () => {
    const connectionId = await rig.connectRoute(relay);
    rig.send({ kind: 'check-link', connectionId, timeoutMs: 200 });
    rig.send({ kind: 'check-link', connectionId, timeoutMs: 300 });
    await pass(500);
    expect(rig.all('closed')).toEqual([]);
  });

  it('does nothing before the login', async () => {
    const connectionId = rig.connect(relay);
    rig.send({ kind: 'check-link', connectionId, timeoutMs: 1 });
    await rig.next('host-key');
    await pass(50);
    expect(rig.all('closed')).toEqual([]);
  });
});
