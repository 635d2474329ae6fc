/** What is left after `close`: nothing. And what a server full of tricks can do to the process: nothing. */
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { connectTo, startRig, startTarget } from './rig.ts';

const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (endings.length > 0) await endings.pop()?.();
});

/** What keeps the process alive now and did not before. The test runner has a timer of its own. */
function newSince(before: readonly string[]): readonly string[] {
  const known = [...before];
  return process.getActiveResourcesInfo().filter((each) => {
    const index = known.indexOf(each);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}

async function startDouble(): Promise<SshDouble> {
  const double = await startSshDouble();
  endings.push(() => double.stop());
  return double;
}

describe('close', () => {
  it('leaves no socket, timer or listener, whatever was going on', async () => {
    const double = await startDouble();
    const target = await startTarget((socket) => socket.pipe(socket));
    endings.push(() => target.stop());
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const silentSockets = new Set<Socket>();
    silent.on('connection', (socket: Socket) => silentSockets.add(socket));
    const before = process.getActiveResourcesInfo();

    const rig = startRig({ agentSocketPath: '/nonexistent' });
    const port = await rig.forward(target.port);
    const heldPort = await rig.forward(target.port, { routeId: 'nowhere', holdMs: 60_000 });
    await rig.connectRoute(double);
    const clients = await Promise.all([connectTo(port), connectTo(port), connectTo(heldPort)]);
    clients[0]?.socket.write('x');
    await waitFor('an answer', () => clients[0]?.received().length === 1);
    // Connections in every state.
    rig.connect(double);
    await rig.next('host-key');
    rig.connect({ host: '127.0.0.1', port: (silent.address() as { port: number }).port });
    rig.connect({ host: 'no-such-host.invalid', port: 22 });
    rig.connect(double);
    rig.send({ kind: 'report-traffic', on: true });
    const connectionId = rig.all('ready')[0]?.connectionId ?? '';
    rig.send({ kind: 'check-link', connectionId, timeoutMs: 60_000 });
    await rig.close();

    expect(rig.all('closed').map((event) => event.failure)).toHaveLength(5);
    const count = rig.events.length;
    expect(await Promise.all(clients.map((client) => client.closed))).toEqual(Array(3).fill('ECONNRESET'));
    for (const socket of silentSockets) socket.destroy();
    await waitFor('the servers to see it', () => double.connections.length === 0 && target.sockets.size === 0);
    await waitFor(
      () => `nothing new to be left but ${newSince(before).join()}`,
      () => newSince(before).length === 0,
    );
    expect(rig.events).toHaveLength(count);
    await new Promise((resolve) => silent.close(resolve));
    rig.send({ kind: 'report-traffic', on: true });
    await rig.close();
    expect(rig.events).toHaveLength(count);
  });

  it('has no timers while nothing is asked for', async () => {
    const before = process.getActiveResourcesInfo();
    const rig = startRig();
    rig.send({ kind: 'report-traffic', on: true });
    rig.send({ kind: 'report-traffic', on: false });
    await rig.forward(9);
    expect(newSince(before)).not.toContain('Timeout');
    await rig.close();
    expect(newSince(before)).toEqual([]);
  });
});

describe('a server that sends rubbish', () => {
  // A seed, so that what fails can be had again.
  const randomFrom = (seed: number) => () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };

  /** Relays to an SSH server, spoils a byte now and then of what that says, and falls silent in the end. */
  async function startSpoiler(port: number, seed: number, from: number): Promise<number> {
    const random = randomFrom(seed);
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      let passed = 0;
      far.on('data', (data: Buffer) => {
        for (let index = 0; index < data.length; index += 1) {
          passed += 1;
          if (passed > from && random() < 0.1) data[index] = Math.floor(random() * 256);
        }
        if (passed < Math.max(from, 1_100) + 800) near.write(data);
      });
      near.pipe(far);
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy()).on('close', () => near.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endings.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as { port: number }).port;
  }

  it.each([0, 30, 600, 900, 1_100])('after %i bytes ends the connection, not the process', async (from) => {
    const double = await startDouble();
    for (let seed = 1; seed <= 12; seed += 1) {
      const rig = startRig();
      const port = await startSpoiler(double.port, seed, from);
      const connectionId = rig.connect({ host: '127.0.0.1', port, timeoutMs: 300, deadAfterMs: 400 }, [
        { kind: 'none' },
        { kind: 'password', password: 'x' },
        { kind: 'questions' },
      ]);
      const { failure } = await rig.next('closed', (event) => event.connectionId === connectionId);
      expect(['not-ssh', 'protocol-error', 'timed-out', 'link-lost', 'login-rejected']).toContain(failure?.code);
      await rig.close();
    }
  });
});
