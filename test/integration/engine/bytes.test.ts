/** Bytes through a forward: whole, in order, ended as they were ended, and never more of them in memory than need be. */
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRelay } from '../../support/relay.ts';
import { startSshDouble, type ChannelFate, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor, within } from '../../support/wait.ts';
import { connectTo, startRig, startTarget, type Rig, type Target } from './rig.ts';

let rig: Rig;
let double: SshDouble;
let fate: ChannelFate = { kind: 'connect' };
const endings: (() => Promise<void>)[] = [];

beforeEach(async () => {
  fate = { kind: 'connect' };
  rig = startRig();
  double = await startSshDouble({ channel: () => fate });
});

afterEach(async () => {
  await rig.close();
  await double.stop();
  while (endings.length > 0) await endings.pop()?.();
});

async function target(serve: (socket: Socket) => void): Promise<Target> {
  const started = await startTarget(serve);
  endings.push(() => started.stop());
  return started;
}

/** A forward over a connection that is up. */
async function forwardTo(serve: (socket: Socket) => void): Promise<{ readonly port: number; readonly target: Target }> {
  const started = await target(serve);
  const port = await rig.forward(started.port);
  await rig.connectRoute(double);
  return { port, target: started };
}

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

describe('bytes', () => {
  it('go both ways, whole', async () => {
    const { port } = await forwardTo(echo);
    const data = randomBytes(8 * 1024 * 1024);
    const client = await connectTo(port);
    client.socket.end(data);
    await client.ended;
    expect(client.received().equals(data)).toBe(true);
    expect(await client.closed).toBeNull();
  });

  it('go both ways while keys are exchanged anew', async () => {
    const { port } = await forwardTo(echo);
    const data = randomBytes(24 * 1024 * 1024);
    const client = await connectTo(port);
    client.socket.end(data);
    for (let round = 1; round <= 3; round += 1) {
      await waitFor('some bytes', () => client.received().length > round * 2_000_000, { everyMs: 20 });
      await double.connections[0]?.rekey();
    }
    await client.ended;
    expect(hash(client.received())).toBe(hash(data));
  });

  it('that come before the channel is open are kept in order', async () => {
    const { port } = await forwardTo(echo);
    const client = await connectTo(port);
    client.socket.write('first ');
    client.socket.write('second ');
    client.socket.end('third');
    await client.ended;
    expect(client.received().toString()).toBe('first second third');
  });

  it('are counted', async () => {
    const { port } = await forwardTo(echo);
    rig.send({ kind: 'report-traffic', on: true });
    const client = await connectTo(port);
    client.socket.end('x'.repeat(1_000));
    await client.ended;
    const last = await waitFor('all to be told', () => {
      const entry = rig.all('traffic').at(-1)?.forwards[0];
      return entry?.bytesDown === 1_000 && entry.clients === 0 && entry;
    });
    expect(last).toMatchObject({ bytesUp: 1_000, held: 0 });
  });
});

describe('the end of a direction', () => {
  it('of the client leaves the other open', async () => {
    let heard = '';
    const { port } = await forwardTo((socket) => {
      socket.on('data', (data) => (heard += data.toString()));
      socket.on('end', () => {
        socket.write(`you said ${heard}`);
        socket.end(', and I am done');
      });
    });
    const client = await connectTo(port);
    client.socket.end('hello');
    await client.ended;
    expect(client.received().toString()).toBe('you said hello, and I am done');
  });

  it('of the target leaves the other open', async () => {
    let heard = '';
    let finished = false;
    const { port } = await forwardTo((socket) => {
      socket.end('all I have to say');
      socket.on('data', (data) => (heard += data.toString())).on('end', () => (finished = true));
    });
    const client = await connectTo(port);
    await client.ended;
    for (const word of ['but ', 'I ', 'have ', 'more']) {
      await new Promise((resolve) => client.socket.write(word, resolve));
    }
    expect(finished).toBe(false);
    client.socket.end();
    await waitFor('the target to hear the end', () => finished);
    expect(heard).toBe('but I have more');
    expect(await client.closed).toBeNull();
  });

  it('of both closes the channel and the sockets', async () => {
    const { port, target: to } = await forwardTo((socket) => socket.resume().on('end', () => socket.end()));
    const client = await connectTo(port);
    client.socket.end('x');
    await client.closed;
    await waitFor('nothing left', () => to.sockets.size === 0 && double.openChannels === 0);
  });

  it('without a byte passes, too', async () => {
    let ended = false;
    const { port } = await forwardTo((socket) => socket.resume().on('end', () => (ended = true)));
    const client = await connectTo(port);
    client.socket.end();
    await waitFor('the target to hear the end', () => ended);
    expect(client.socket.destroyed).toBe(false);
    client.socket.destroy();
  });
});

describe('a cut', () => {
  it('by the client reaches the target', async () => {
    const { port, target: to } = await forwardTo((socket) => socket.resume().on('end', () => socket.end()));
    const client = await connectTo(port);
    client.socket.write('x');
    await waitFor('the target', () => to.sockets.size === 1);
    client.socket.resetAndDestroy();
    await waitFor('the target to be closed', () => to.sockets.size === 0);
    await waitFor('the channel to be closed', () => double.openChannels === 0);
  });

  it('by the client before the channel is open leaves nothing', async () => {
    fate = { kind: 'take', use: (channel) => channel.on('error', () => undefined) };
    const { port } = await forwardTo(echo);
    const client = await connectTo(port);
    client.socket.resetAndDestroy();
    await waitFor('the server to be asked', () => double.askedChannels === 1);
    rig.send({ kind: 'report-traffic', on: true });
    await rig.next('traffic', (event) => event.forwards[0]?.clients === 0);
  });

  it('by the target reaches the client', async () => {
    const { port } = await forwardTo((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const client = await connectTo(port);
    client.socket.write('x');
    await within(5_000, 'the client to hear of it', client.closed);
  });

  it('of the connection resets the client', async () => {
    const { port } = await forwardTo((socket) => socket.write('half an answ'));
    const client = await connectTo(port);
    await waitFor('the half', () => client.received().length > 0);
    double.drop();
    expect(await client.closed).toBe('ECONNRESET');
  });

  it('of the connection does not take away an answer that is complete', async () => {
    const answer = randomBytes(4 * 1024 * 1024);
    const { port } = await forwardTo((socket) => socket.end(answer));
    const client = await connectTo(port);
    client.socket.pause();
    // All of it fits into the window and the kernel.
    rig.send({ kind: 'report-traffic', on: true });
    await waitFor('it to come over', () => (rig.all('traffic').at(-1)?.forwards[0]?.bytesDown ?? 0) > 2_000_000);
    client.socket.resume();
    await waitFor('all', () => client.received().length === answer.length, { everyMs: 1 });
    double.drop();
    await client.ended;
    expect(client.received().equals(answer)).toBe(true);
    client.socket.destroy();
  });

  it('of the forward resets the client', async () => {
    const { port } = await forwardTo((socket) => socket.write('x'));
    const client = await connectTo(port);
    await waitFor('a byte', () => client.received().length > 0);
    for (const event of rig.all('listening')) rig.send({ kind: 'unlisten', forwardId: event.forwardId });
    await rig.next('unlistened');
    expect(await client.closed).toBe('ECONNRESET');
    await waitFor('the channel to be closed', () => double.openChannels === 0);
  });
});

describe('a channel that can’t be opened', () => {
  it.each([
    [1, 'open failed', 'forward-forbidden'],
    [2, 'Connection refused', 'target-refused'],
    [2, 'No route to host', 'target-unreachable'],
    [2, '', 'target-unreachable'],
    [4, 'too much', 'target-unreachable'],
  ])('for reason %i (%s) resets the client and tells it once', async (reason, description, code) => {
    const { port } = await forwardTo(echo);
    fate = { kind: 'refuse', reason, description };
    expect(await (await connectTo(port)).closed).toBe('ECONNRESET');
    expect(await (await connectTo(port)).closed).toBe('ECONNRESET');
    expect(rig.all('target').map((event) => event.failure?.code)).toEqual([code]);
    fate = { kind: 'connect' };
    const client = await connectTo(port);
    await rig.next('target', (event) => event.failure === null);
    client.socket.destroy();
  });
});

describe('asking about the target', () => {
  it('tells each time, and sends nothing', async () => {
    let bytes = 0;
    const { target: to } = await forwardTo((socket) => {
      socket.on('data', (data) => (bytes += data.length)).on('end', () => socket.end());
    });
    const forwardId = rig.all('listening')[0]?.forwardId ?? '';
    for (let round = 0; round < 2; round += 1) {
      rig.send({ kind: 'check-target', forwardId });
      expect(await rig.next('target')).toEqual({ kind: 'target', forwardId, failure: null });
    }
    fate = { kind: 'refuse', reason: 2, description: 'Connection refused' };
    rig.send({ kind: 'check-target', forwardId });
    expect(await rig.next('target')).toMatchObject({ failure: { code: 'target-refused' } });
    await waitFor('no channel to be left', () => double.openChannels === 0 && to.sockets.size === 0);
    expect(bytes).toBe(0);
  });

  it('does nothing without a connection', async () => {
    await rig.forward(9, { forwardId: 'f' });
    rig.send({ kind: 'check-target', forwardId: 'f' });
    await rig.connectRoute(double);
    expect(rig.all('target')).toEqual([]);
    expect(double.askedChannels).toBe(0);
  });
});

describe('memory', () => {
  const total = 256 * 1024 * 1024;
  const piece = Buffer.alloc(1024 * 1024, 'x');

  const pour = (socket: Socket, counted: { bytes: number }): void => {
    const more = (): void => {
      while (counted.bytes < total && !socket.destroyed) {
        counted.bytes += piece.length;
        if (!socket.write(piece)) {
          socket.once('drain', more);
          return;
        }
      }
      if (counted.bytes >= total) socket.end();
    };
    more();
  };

  /** Bytes taken from the sender when nothing moves any more. */
  const settled = async (counted: { bytes: number }): Promise<number> => {
    let last = -1;
    let sinceMs = performance.now();
    return waitFor('the flow to stop', () => {
      if (counted.bytes !== last) {
        last = counted.bytes;
        sinceMs = performance.now();
      }
      return performance.now() - sinceMs > 300 && last;
    });
  };

  it('holds a window at most for a program that does not read', async () => {
    const counted = { bytes: 0 };
    const { port } = await forwardTo((socket) => {
      pour(socket, counted);
    });
    const client = await connectTo(port);
    client.socket.pause();
    const stalledAt = await settled(counted);
    // Window, kernel buffers of three sockets, and what the double keeps itself.
    expect(stalledAt).toBeLessThan(40 * 1024 * 1024);
    // What came to the engine: a window, and what the kernel took of it for the program.
    rig.send({ kind: 'report-traffic', on: true });
    const { forwards } = await rig.next('traffic');
    expect(forwards[0]?.bytesDown).toBeGreaterThan(2_000_000);
    expect(forwards[0]?.bytesDown).toBeLessThan(16_000_000);
    let received = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (data) => (received += data.length)).resume();
    await client.ended;
    expect(received).toBe(total);
  }, 60_000);

  it('holds a window at most for a target that does not read', async () => {
    const stalled: Socket[] = [];
    const { port } = await forwardTo((socket) => {
      socket.pause();
      stalled.push(socket);
    });
    const client = await connectTo(port);
    const counted = { bytes: 0 };
    pour(client.socket, counted);
    const stalledAt = await settled(counted);
    expect(stalledAt).toBeLessThan(40 * 1024 * 1024);
    let received = 0;
    const socket = stalled[0];
    if (!socket) throw new Error('no target');
    const ended = new Promise((resolve) => socket.on('end', resolve));
    socket.on('data', (data) => (received += data.length)).resume();
    await ended;
    expect(received).toBe(total);
  }, 60_000);

  it('does not grow over a slow link, and other channels go on beside a stalled one', async () => {
    const relay = await startRelay({ port: double.port, bytesPerSecond: 4_000_000, maxInFlightBytes: 1_000_000 });
    endings.push(() => relay.stop());
    const to = await target(echo);
    const stalling = await target((socket) => {
      pour(socket, { bytes: 0 });
    });
    const stallingPort = await rig.forward(stalling.port);
    const port = await rig.forward(to.port);
    await rig.connectRoute(relay);
    const slow = await connectTo(stallingPort);
    slow.socket.pause();
    const quick = await connectTo(port);
    quick.socket.end('still here');
    await quick.ended;
    expect(quick.received().toString()).toBe('still here');
    slow.socket.destroy();
  });

  it('is not filled by a server that ignores the window', async () => {
    const taken: ServerChannel[] = [];
    fate = { kind: 'take', use: (channel) => taken.push(channel) };
    const { port } = await forwardTo(echo);
    const client = await connectTo(port);
    client.socket.pause();
    const channel = await waitFor('the channel', () => taken[0]);
    const { id } = (channel as unknown as { outgoing: { id: number } }).outgoing;
    for (let sent = 0; sent < 20_000_000; sent += 32_768) {
      double.connections[0]?.wire.channelData(id, Buffer.alloc(32_768));
    }
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'protocol-error' } });
  });
});

describe('many clients', () => {
  it('at once all get through, a limited number of channels being opened at a time', async () => {
    const { port } = await forwardTo(echo);
    const count = 1_500;
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const client = await connectTo(port);
        client.socket.end(String(index));
        await client.ended;
        return client.received().toString();
      }),
    );
    expect(answers).toEqual(Array.from({ length: count }, (_, index) => String(index)));
    expect(rig.all('target')).toHaveLength(1);
  });

  it('wait for a target that never answers without holding up another', async () => {
    const to = await target(echo);
    const deaf = await target(echo);
    await double.stop();
    double = await startSshDouble({
      channel: (info) => (info.destPort === deaf.port ? { kind: 'ignore' } : { kind: 'connect' }),
    });
    const deafPort = await rig.forward(deaf.port);
    const port = await rig.forward(to.port);
    await rig.connectRoute(double);
    const waiting = await Promise.all(Array.from({ length: 300 }, () => connectTo(deafPort)));
    await waitFor('the server to be asked', () => double.askedChannels === 128);
    const client = await connectTo(port);
    client.socket.end('hello');
    await client.ended;
    expect(client.received().toString()).toBe('hello');
    expect(double.askedChannels).toBe(129);
    for (const { socket } of waiting) socket.destroy();
  });
});

function hash(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
