/** Routes: clients wait while there is no connection, and go on when there is one. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSshDouble, type ChannelFate, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { connectTo, startRig, startTarget, type Rig, type Target } from './rig.ts';

let rig: Rig;
let double: SshDouble;
let target: Target;
let fate: ChannelFate = { kind: 'connect' };

beforeEach(async () => {
  fate = { kind: 'connect' };
  rig = startRig();
  double = await startSshDouble({ channel: () => fate });
  target = await startTarget((socket: Socket) => socket.pipe(socket));
});

afterEach(async () => {
  await rig.close();
  await double.stop();
  await target.stop();
});

/** What the forward tells of its clients, once `fits`. */
async function traffic(fits: (entry: { clients: number; held: number }) => boolean): Promise<void> {
  rig.send({ kind: 'report-traffic', on: true });
  await waitFor(
    () => JSON.stringify(rig.all('traffic').at(-1)),
    () => {
      const entry = rig.all('traffic').at(-1)?.forwards[0];
      return entry && fits(entry);
    },
  );
}

describe('a client without a connection', () => {
  it('waits, and goes on with what it said', async () => {
    const port = await rig.forward(target.port);
    const client = await connectTo(port);
    client.socket.end('hello');
    await traffic(({ clients, held }) => clients === 1 && held === 1);
    await rig.connectRoute(double);
    await client.ended;
    expect(client.received().toString()).toBe('hello');
    expect(rig.all('client-let-go')).toEqual([]);
  });

  it('is reset when the hold is over', async () => {
    const port = await rig.forward(target.port, { holdMs: 200 });
    const client = await connectTo(port);
    client.socket.write('hello');
    expect(await client.closed).toBe('ECONNRESET');
    const { heldMs } = await rig.next('client-let-go');
    expect(heldMs).toBeGreaterThanOrEqual(195);
    expect(heldMs).toBeLessThan(1_000);
  });

  it('is refused at once where nothing is held', async () => {
    const port = await rig.forward(target.port, { holdMs: 0 });
    await expectRefusal(port);
    expect(await rig.next('client-let-go')).toMatchObject({ heldMs: 0 });
  });

  it('waits as long as was said last', async () => {
    const port = await rig.forward(target.port, { holdMs: 60_000 });
    const client = await connectTo(port);
    await traffic(({ held }) => held === 1);
    rig.send({ kind: 'set-hold', holdMs: 50 });
    expect(await client.closed).toBe('ECONNRESET');
  });

  it.each(['destroy', 'resetAndDestroy'] as const)('may leave (%s)', async (leave) => {
    const port = await rig.forward(target.port, { holdMs: 60_000 });
    const client = await connectTo(port);
    await traffic(({ held }) => held === 1);
    client.socket[leave]();
    await rig.next('client-let-go');
    await traffic(({ clients, held }) => clients === 0 && held === 0);
  });

  it('is read no further than need be', async () => {
    const port = await rig.forward(target.port, { holdMs: 60_000 });
    const client = await connectTo(port);
    const data = Buffer.alloc(64 * 1024 * 1024);
    client.socket.end(data);
    await traffic(({ held }) => held === 1);
    // The kernel takes some megabytes on both sides; the rest stays with the program.
    expect(client.socket.writableLength).toBeGreaterThan(32 * 1024 * 1024);
    await rig.connectRoute(double);
    await client.ended;
    expect(client.received().equals(data)).toBe(true);
  });

  it('is one of 1024 at most', async () => {
    const port = await rig.forward(target.port, { holdMs: 60_000 });
    const clients = await Promise.all(Array.from({ length: 1_024 }, () => connectTo(port)));
    await traffic(({ held }) => held === 1_024);
    await expectRefusal(port);
    await rig.connectRoute(double);
    await traffic(({ held }) => held === 0);
    for (const { socket } of clients) socket.destroy();
  });
});

describe('a connection that is lost', () => {
  it('leaves the port bound, and the next one takes over', async () => {
    const port = await rig.forward(target.port);
    await rig.connectRoute(double);
    const before = await connectTo(port);
    before.socket.write('x');
    await waitFor('an answer', () => before.received().length === 1);
    double.drop();
    expect(await before.closed).toBe('ECONNRESET');
    await rig.next('closed');
    const during = await connectTo(port);
    during.socket.end('hello again');
    await rig.connectRoute(double);
    await during.ended;
    expect(during.received().toString()).toBe('hello again');
    expect(rig.all('listening')).toHaveLength(1);
  });

  it('gives back clients whose channel was not open yet', async () => {
    fate = { kind: 'ignore' };
    const port = await rig.forward(target.port);
    await rig.connectRoute(double);
    const client = await connectTo(port);
    client.socket.end('patience');
    await waitFor('the server to be asked', () => double.askedChannels === 1);
    fate = { kind: 'connect' };
    double.drop();
    await rig.next('closed');
    await rig.connectRoute(double);
    await client.ended;
    expect(client.received().toString()).toBe('patience');
  });

  it('lets them go when none comes back in time', async () => {
    fate = { kind: 'ignore' };
    const port = await rig.forward(target.port, { holdMs: 200 });
    await rig.connectRoute(double);
    const client = await connectTo(port);
    await waitFor('the server to be asked', () => double.askedChannels === 1);
    double.drop();
    expect(await client.closed).toBe('ECONNRESET');
    await rig.next('client-let-go');
  });
});

describe('a connection that is taken off its route', () => {
  it('keeps its clients; new ones wait', async () => {
    const port = await rig.forward(target.port);
    await rig.connectRoute(double);
    const old = await connectTo(port);
    old.socket.write('a');
    await waitFor('an answer', () => old.received().length === 1);
    rig.send({ kind: 'set-route', routeId: 'route', connectionId: null });
    const young = await connectTo(port);
    young.socket.end('b');
    await traffic(({ clients, held }) => clients === 2 && held === 1);
    old.socket.end('c');
    await old.ended;
    expect(old.received().toString()).toBe('ac');
    const second = rig.connect(double, [{ kind: 'none' }]);
    await rig.next('ready', (event) => event.connectionId === second);
    rig.send({ kind: 'set-route', routeId: 'route', connectionId: second });
    await young.ended;
    expect(young.received().toString()).toBe('b');
  });

  it('serves no route of another name, and none before it is ready', async () => {
    const port = await rig.forward(target.port, { routeId: 'other', holdMs: 60_000 });
    const client = await connectTo(port);
    await rig.connectRoute(double);
    const early = rig.connect(double);
    await rig.next('host-key');
    rig.send({ kind: 'set-route', routeId: 'other', connectionId: early });
    await traffic(({ held }) => held === 1);
    client.socket.destroy();
  });
});

/** The reset may come before or after the program sees its connection made. */
async function expectRefusal(port: number): Promise<void> {
  const code = await connectTo(port).then(
    (client) => client.closed,
    (error: NodeJS.ErrnoException) => error.code,
  );
  expect(code).toBe('ECONNRESET');
}
