/** Binding local ports: all addresses or none, loopback only, and why not. */
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyoneListens, bindFailure } from '../../../main/adapters/engine/bind.ts';
import { freePort } from '../../support/sshd.ts';
import { connectTo, startRig, type Rig } from './rig.ts';

let rig: Rig;
const servers: Server[] = [];

beforeEach(() => {
  rig = startRig();
});

afterEach(async () => {
  await rig.close();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const base = { kind: 'listen', routeId: 'route', target: { host: '127.0.0.1', port: 9 }, holdMs: 1_000 } as const;

async function occupy(host: string): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as { port: number }).port;
}

async function failureOf(addresses: readonly string[], port: number): Promise<string | undefined> {
  rig.send({ ...base, forwardId: 'f', addresses, port });
  const { failure } = await rig.next('listen-failed');
  expect(failure.hint).toBeTruthy();
  expect(failure.message).not.toMatch(/\bE[A-Z]{4,}\b/);
  return failure.code;
}

describe('listening', () => {
  it('binds 127.0.0.1 and ::1', async () => {
    const port = await rig.forward(9, { addresses: ['127.0.0.1', '::1'] });
    await Promise.all([
      connectTo(port).then((client) => client.socket.destroy()),
      connectTo(port, '::1').then((client) => client.socket.destroy()),
    ]);
  });

  it('binds all or none', async () => {
    const port = await occupy('::1');
    expect(await failureOf(['127.0.0.1', '::1'], port)).toBe('port-taken');
    expect(await anyoneOn('127.0.0.1', port)).toBe(false);
  });

  it('tells a taken port', async () => {
    expect(await failureOf(['127.0.0.1'], await occupy('127.0.0.1'))).toBe('port-taken');
    expect(await failureOf(['127.0.0.1'], await occupy('0.0.0.0'))).toBe('port-taken');
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'localhost', '127.1', '10.0.0.1', ''])('refuses %j', async (address) => {
    const port = await freePort();
    expect(await failureOf([address], port)).toBe('not-allowed');
    expect(await failureOf(['127.0.0.1', address], port)).toBe('not-allowed');
    expect(await anyoneListens(port)).toBe(false);
  });

  it.each([
    ['EADDRINUSE', 'linux', 5001, 'port-taken', /another local port/],
    ['EADDRINUSE', 'darwin', 5000, 'port-taken', /AirPlay/],
    ['EACCES', 'linux', 80, 'port-forbidden', /below 1024/],
    ['EACCES', 'win32', 8080, 'port-forbidden', /excludedportrange/],
    ['EADDRNOTAVAIL', 'linux', 8080, 'address-unavailable', /127/],
  ] as const)('explains %s on %s', (errno, platform, port, code, hint) => {
    const error = Object.assign(new Error(`listen ${errno}`), { code: errno });
    const failure = bindFailure('127.0.0.1', port, platform, error);
    expect(failure).toMatchObject({ code, detail: `listen ${errno}` });
    expect(failure.hint).toMatch(hint);
  });

  it('looks first, where binding does not tell (macOS)', async () => {
    await rig.close();
    rig = startRig({ platform: 'darwin' });
    // Beside a listener on ::1 alone, 127.0.0.1 could be bound here.
    expect(await failureOf(['127.0.0.1'], await occupy('::1'))).toBe('port-taken');
    await rig.forward(9);
  });

  it('frees the port, and takes it again at once', async () => {
    const port = await rig.forward(9, { forwardId: 'f' });
    rig.send({ kind: 'unlisten', forwardId: 'f' });
    rig.send({ ...base, forwardId: 'f', addresses: ['127.0.0.1'], port });
    await rig.next('unlistened');
    await rig.next('listening');
    rig.send({ kind: 'unlisten', forwardId: 'f' });
    await rig.next('unlistened');
    expect(await anyoneListens(port)).toBe(false);
    expect(rig.all('listen-failed')).toEqual([]);
  });

  it('that is taken back before it came about tells so and binds nothing', async () => {
    const port = await freePort();
    rig.send({ ...base, forwardId: 'f', addresses: ['127.0.0.1'], port });
    rig.send({ kind: 'unlisten', forwardId: 'f' });
    rig.send({ kind: 'unlisten', forwardId: 'f' });
    await rig.next('unlistened');
    expect(rig.events.map((event) => event.kind)).toEqual(['unlistened']);
    expect(await anyoneListens(port)).toBe(false);
  });

  it('counts only the forwards of now', async () => {
    expect(await failureOf(['127.0.0.1'], await occupy('127.0.0.1'))).toBe('port-taken');
    await rig.forward(9, { forwardId: 'gone' });
    rig.send({ kind: 'unlisten', forwardId: 'gone' });
    await rig.next('unlistened');
    await rig.forward(9, { forwardId: 'here' });
    rig.send({ kind: 'report-traffic', on: true });
    const { forwards } = await rig.next('traffic');
    expect(forwards.map((each) => each.forwardId)).toEqual(['here']);
  });

  it('tells nothing of forwards that are not there', async () => {
    rig.send({ kind: 'unlisten', forwardId: 'nobody' });
    rig.send({ kind: 'check-target', forwardId: 'nobody' });
    await rig.forward(9);
    expect(rig.events.map((event) => event.kind)).toEqual(['listening']);
  });
});

async function anyoneOn(host: string, port: number): Promise<boolean> {
  try {
    const { socket } = await connectTo(port, host);
    socket.destroy();
    return true;
  } catch {
    return false;
  }
}
