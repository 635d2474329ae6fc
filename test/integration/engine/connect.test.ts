/** From dialling to the login, and every way in which that can fail. */
import { spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dialFailure } from '../../../main/adapters/engine/failures.ts';
import { freePort } from '../../support/sshd.ts';
import { startRelay, type Relay } from '../../support/relay.ts';
import { makeKeyPair, startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { startRig, type Rig } from './rig.ts';

let rig: Rig;
const endings: (() => Promise<void>)[] = [];

beforeEach(() => {
  rig = startRig();
});

afterEach(async () => {
  await rig.close();
  while (endings.length > 0) await endings.pop()?.();
});

async function startDouble(...args: Parameters<typeof startSshDouble>): Promise<SshDouble> {
  const double = await startSshDouble(...args);
  endings.push(() => double.stop());
  return double;
}

/** A server that does with each connection what the test says. */
async function startTcp(serve: (socket: Socket) => void): Promise<{ readonly host: string; readonly port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

/** Connects and returns how it ended. */
async function failureOf(target: Parameters<Rig['connect']>[0]): Promise<{ code?: string; ms: number; hint?: string }> {
  const startMs = performance.now();
  const connectionId = rig.connect(target, []);
  const { failure } = await rig.next('closed', (event) => event.connectionId === connectionId);
  expect(failure?.message).not.toMatch(/\bE[A-Z]{4,}\b|\n/);
  return { ...failure, ms: performance.now() - startMs };
}

describe('dialling', () => {
  it('tells an address that is not known', async () => {
    const failure = await failureOf({ host: 'no-such-host.invalid', port: 22 });
    expect(failure).toMatchObject({ code: 'address-unknown' });
    expect(failure.hint).toBeTruthy();
  });

  it('tells a refused connection', async () => {
    expect(await failureOf({ host: '127.0.0.1', port: await freePort() })).toMatchObject({ code: 'refused' });
  });

  it.each([
    [['EHOSTUNREACH'], 'unreachable'],
    [['ENETUNREACH'], 'unreachable'],
    [['EHOSTDOWN'], 'unreachable'],
    [['EAI_AGAIN'], 'address-unknown'],
    [['ENOTFOUND'], 'address-unknown'],
    [['ETIMEDOUT'], 'timed-out'],
    [['ENETUNREACH', 'ECONNREFUSED'], 'refused'],
    [['ETIMEDOUT', 'ENETUNREACH'], 'timed-out'],
    [['ENETUNREACH', 'EHOSTUNREACH'], 'unreachable'],
  ])('sorts %s as %s', (codes, code) => {
    const errors = codes.map((each) => Object.assign(new Error(`connect ${each} 192.0.2.1:22`), { code: each }));
    const error = errors.length === 1 ? errors[0] : new AggregateError(errors);
    const failure = dialFailure({ host: 'lab.example', port: 2222 }, error);
    expect(failure.code).toBe(code);
    expect(failure.detail).toContain(codes[0]);
    expect(failure.message).toMatch(/lab\.example/);
  });

  it('tells a port that can’t be', async () => {
    expect(await failureOf({ host: '127.0.0.1', port: 70_000 })).toMatchObject({ code: 'unreachable' });
  });

  it('gives up on an address that does not answer, in time', async () => {
    const full = await fullListener();
    const failure = await failureOf({ ...full, timeoutMs: 300 });
    expect(failure).toMatchObject({ code: 'timed-out' });
    expect(failure.ms).toBeLessThan(1_500);
  });

  it('is broken off by disconnect, with no failure', async () => {
    const full = await fullListener();
    const connectionId = rig.connect(full);
    await rig.next('step');
    rig.send({ kind: 'disconnect', connectionId });
    expect(await rig.next('closed')).toEqual({ kind: 'closed', connectionId, failure: null });
    expect(process.getActiveResourcesInfo()).not.toContain('TCPConnectWrap');
  });
});

/** A listener whose queue is full: further connections are neither taken nor refused. */
async function fullListener(): Promise<{ readonly host: string; readonly port: number }> {
  const program = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
    require('fs').writeSync(1, String(this.address().port));
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await new Promise((resolve) => fillers[0]?.once('connect', resolve));
  endings.push(async () => {
    for (const filler of fillers) filler.destroy();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });
  return { host: '127.0.0.1', port };
}

describe('greeting', () => {
  const steps = (): readonly string[] => rig.all('step').map((event) => event.step);

  it('goes step by step to the login', async () => {
    const double = await startDouble({ ident: 'TestServer_1.0 with words' });
    const connectionId = rig.connect(double);
    const hostKey = await rig.next('host-key');
    expect(steps()).toEqual(['dialling', 'greeting']);
    expect(hostKey).toMatchObject({ connectionId, keyType: 'ssh-ed25519', key: double.hostKey.key });
    expect(hostKey.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    rig.send({ kind: 'trust-host-key', connectionId, trust: true });
    expect(await rig.next('login-wanted')).toMatchObject({ methods: null, partial: false, trouble: null });
    expect(steps()).toEqual(['dialling', 'greeting', 'logging-in']);
    rig.send({ kind: 'try-login', connectionId, login: { kind: 'none' } });
    expect(await rig.next('ready')).toEqual({
      kind: 'ready',
      connectionId,
      software: 'TestServer_1.0 with words',
      cipher: 'aes128-gcm@openssh.com',
    });
  });

  it('takes a greeting in single bytes, after other lines', async () => {
    const double = await startDouble();
    const relay = await startTcp((near) => {
      void pieceByPiece(near, double.port);
    });
    rig.connect(relay, [{ kind: 'none' }]);
    await rig.next('ready');
  });

  it.each([
    ['an HTTP answer', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a line without end', 'x'.repeat(10_000)],
    ['endless lines', 'welcome to this machine\r\n'.repeat(5_000)],
    ['zero bytes', '\0'.repeat(100_000)],
  ])('tells %s from SSH', async (_name, text) => {
    const server = await startTcp((socket) => socket.write(text));
    const failure = await failureOf({ ...server, timeoutMs: 5_000 });
    expect(failure).toMatchObject({ code: 'not-ssh' });
    expect(failure.ms).toBeLessThan(2_000);
  });

  it('reads no more than it needs of a flood', async () => {
    let written = 0;
    const piece = Buffer.alloc(64 * 1024, 'welcome to this machine\r\n');
    const server = await startTcp((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && written < 200_000_000) {
          written += piece.length;
          if (!socket.write(piece)) {
            socket.once('drain', pour);
            return;
          }
        }
      };
      pour();
    });
    expect(await failureOf(server)).toMatchObject({ code: 'not-ssh' });
    expect(written).toBeLessThan(20_000_000);
  });

  it('tells a mail server by what it said when time is up', async () => {
    const server = await startTcp((socket) => socket.write('220 mail.example ESMTP\r\n'));
    expect(await failureOf({ ...server, timeoutMs: 200 })).toMatchObject({ code: 'not-ssh' });
  });

  it('gives up on a silent server in time', async () => {
    const server = await startTcp(() => undefined);
    const failure = await failureOf({ ...server, timeoutMs: 200 });
    expect(failure).toMatchObject({ code: 'timed-out' });
    expect(failure.ms).toBeLessThan(1_000);
  });

  it('gives up on a server that greets and then falls silent', async () => {
    const server = await startTcp((socket) => socket.write('SSH-2.0-Silent\r\n'));
    expect(await failureOf({ ...server, timeoutMs: 200 })).toMatchObject({ code: 'timed-out' });
  });

  it('tells a server that hangs up at once, or cuts', async () => {
    const polite = await startTcp((socket) => socket.end());
    expect(await failureOf(polite)).toMatchObject({ code: 'link-lost' });
    const rude = await startTcp((socket) => socket.resetAndDestroy());
    expect(await failureOf(rude)).toMatchObject({ code: 'link-lost' });
  });

  it.each([
    ['an old version', 'SSH-1.5-Old\r\n'],
    ['a greeting that is none', 'SSH-x\r\n'],
    ['rubbish after the greeting', `SSH-2.0-Rubbish\r\n${'\x7f'.repeat(1_000)}`],
    ['packets of zeros', `SSH-2.0-Rubbish\r\n${'\0'.repeat(1_000)}`],
  ])('ends over %s', async (_name, text) => {
    const server = await startTcp((socket) => socket.write(text, 'latin1'));
    expect(await failureOf({ ...server, timeoutMs: 3_000 })).toMatchObject({ code: 'protocol-error' });
  });

  it('tells that no common cipher was found, by name', async () => {
    const double = await startDouble({ algorithms: { cipher: ['aes256-cbc'] } });
    const failure = await failureOf(double);
    expect(failure).toMatchObject({ code: 'protocol-error', detail: expect.stringMatching(/cipher/) as string });
  });
});

/** Relays to an SSH server, but gives its greeting in single bytes after some lines of its own. */
async function pieceByPiece(near: Socket, port: number): Promise<void> {
  near.setNoDelay(true);
  const far = connect(port, '127.0.0.1');
  far.on('error', () => near.destroy());
  near.on('close', () => far.destroy());
  near.pipe(far);
  const greeting: Buffer = await new Promise((resolve) => far.once('data', resolve));
  far.pause();
  for (const byte of Buffer.concat([Buffer.from('welcome\r\nto all\n'), greeting])) {
    await new Promise((resolve) => near.write(Buffer.of(byte), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  far.pipe(near);
}

describe('the host key', () => {
  it('can be refused; nothing is tried then', async () => {
    const double = await startDouble();
    const connectionId = rig.connect(double);
    await rig.next('host-key');
    rig.send({ kind: 'trust-host-key', connectionId, trust: false });
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'host-key-rejected' } });
    expect(double.logins).toEqual([]);
    expect(rig.all('login-wanted')).toEqual([]);
  });

  it('may be thought about for longer than the time limit', async () => {
    const double = await startDouble();
    const connectionId = rig.connect({ ...double, timeoutMs: 400 });
    await rig.next('host-key');
    const startMs = performance.now();
    await waitFor('twice the limit', () => performance.now() - startMs > 800);
    rig.send({ kind: 'trust-host-key', connectionId, trust: true });
    await rig.next('login-wanted');
  });

  it('is asked for by the types that are known', async () => {
    const rsa = makeKeyPair('rsa');
    const ed25519 = makeKeyPair('ed25519');
    const double = await startDouble({ hostKeys: [ed25519.private, rsa.private] });
    rig.connect({ ...double, hostKeyTypes: ['ssh-rsa'] });
    expect(await rig.next('host-key')).toMatchObject({ keyType: 'ssh-rsa' });
    rig.connect({ ...double, hostKeyTypes: [] });
    expect(await rig.next('host-key')).toMatchObject({ keyType: 'ssh-ed25519' });
  });

  it.each(['rsa', 'ecdsa'] as const)('of type %s is told as in known_hosts', async (hostKeyType) => {
    const double = await startDouble({ hostKeyType });
    rig.connect(double, [{ kind: 'none' }]);
    const { keyType, key } = await rig.next('host-key');
    expect({ keyType, key }).toEqual(double.hostKey);
    await rig.next('ready');
  });

  it('is not asked about again when keys are exchanged anew', async () => {
    const double = await startDouble();
    await rig.connectRoute(double);
    await double.connections[0]?.rekey();
    await double.connections[0]?.rekey();
    expect(rig.all('host-key')).toHaveLength(1);
    expect(rig.all('closed')).toEqual([]);
  });
});

describe('closing', () => {
  it('tells closed once, last, and nothing of unknown ids', async () => {
    const double = await startDouble();
    const connectionId = await rig.connectRoute(double);
    rig.send({ kind: 'disconnect', connectionId: 'nobody' });
    rig.send({ kind: 'try-login', connectionId: 'nobody', login: null });
    rig.send({ kind: 'trust-host-key', connectionId, trust: false });
    rig.send({ kind: 'disconnect', connectionId });
    rig.send({ kind: 'disconnect', connectionId });
    await rig.next('closed');
    await waitFor('the server to see it', () => double.connections.length === 0);
    expect(rig.all('closed')).toEqual([{ kind: 'closed', connectionId, failure: null }]);
    expect(rig.events.at(-1)?.kind).toBe('closed');
  });

  it.each(['drop', 'end'] as const)('tells a link that the server cuts (%s)', async (how) => {
    const double = await startDouble();
    await rig.connectRoute(double);
    double[how]();
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
  });

  it('tells the server’s own goodbye', async () => {
    const double = await startDouble();
    await rig.connectRoute(double);
    double.connections[0]?.wire.disconnect(11);
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
  });

  it('ends while a person thinks, too', async () => {
    const double = await startDouble();
    const connectionId = rig.connect(double);
    await rig.next('host-key');
    double.drop();
    expect(await rig.next('closed')).toMatchObject({ connectionId, failure: { code: 'link-lost' } });
    rig.send({ kind: 'trust-host-key', connectionId, trust: true });
  });

  it('tells banners, made harmless', async () => {
    const double = await startDouble({ banner: 'Welcome\r\n\u001b[31mto all\u0007' });
    rig.connect(double, [{ kind: 'none' }]);
    expect((await rig.next('banner')).text.trim()).toBe('Welcome\n[31mto all');
  });
});

describe('a network in between', () => {
  it('may be far', async () => {
    const double = await startDouble();
    const relay: Relay = await startRelay({ port: double.port, delayMs: 60 });
    endings.push(() => relay.stop());
    await rig.connectRoute(relay);
    const { latencyMs } = await rig.next('latency');
    expect(latencyMs).toBeGreaterThanOrEqual(119);
    expect(latencyMs).toBeLessThan(400);
  });
});
