/** The engine against OpenSSH's own server. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { available, freePort, makeKey, startSshd, type Sshd } from '../../support/sshd.ts';
import { waitFor, within } from '../../support/wait.ts';
import { connectTo, startRig, startTarget, type Rig, type Target } from './rig.ts';

const missing = available();

describe.skipIf(missing)(`OpenSSH${missing ? ` (${missing})` : ''}`, () => {
  let sshd: Sshd;
  let rig: Rig;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    sshd = await startSshd({ config: ['RekeyLimit 16M none'] });
  });

  afterAll(async () => {
    await sshd.stop();
  });

  beforeEach(() => {
    rig = startRig();
  });

  afterEach(async () => {
    await rig.close();
    while (endings.length > 0) await endings.pop()?.();
    await waitFor('no session to be left', () => sshd.sessions().length === 0);
  });

  const login = () => [{ kind: 'none' }, { kind: 'key', pem: sshd.pem }] as const;

  async function connect(more: Partial<Parameters<Rig['connect']>[0]> = {}): Promise<string> {
    return rig.connectRoute({ host: sshd.host, port: sshd.port, user: sshd.user, ...more }, login());
  }

  async function forwardTo(
    serve: (socket: Socket) => void,
  ): Promise<{ readonly port: number; readonly target: Target }> {
    const target = await startTarget(serve);
    endings.push(() => target.stop());
    return { port: await rig.forward(target.port), target };
  }

  const echo = (socket: Socket): void => {
    socket.pipe(socket);
  };

  it('is logged in to with a key; its host key and name are told', async () => {
    await connect();
    expect(await rig.next('host-key')).toMatchObject(sshd.hostKey);
    const ready = await rig.next('ready');
    expect(ready.software).toMatch(/^OpenSSH_/);
    expect(ready.cipher).toBe('aes128-gcm@openssh.com');
    expect(rig.all('login-wanted')[1]?.methods).toEqual(['publickey']);
    expect((await rig.next('latency')).latencyMs).toBeLessThan(1_000);
  });

  it.each(['rsa', 'ecdsa'] as const)('takes a key of type %s', async (type) => {
    const dir = sshd.dir;
    const path = makeKey(dir, `key-${type}`, type);
    const server = await startSshd({ authorizedKeys: [readFileSync(`${path}.pub`, 'utf8').trim()], hostKeyType: type });
    endings.push(() => server.stop());
    await rig.connectRoute({ host: server.host, port: server.port, user: server.user }, [
      { kind: 'key', pem: readFileSync(path, 'utf8') },
    ]);
    expect(await rig.next('host-key')).toMatchObject(server.hostKey);
  });

  it('says no to a key that it does not know, and goodbye at last', async () => {
    const stranger = makeKey(sshd.dir, `stranger-${String(process.hrtime.bigint())}`, 'ed25519');
    const pem = readFileSync(stranger, 'utf8');
    rig.connect(
      { host: sshd.host, port: sshd.port, user: sshd.user },
      Array.from({ length: 20 }, () => ({ kind: 'key', pem }) as const),
    );
    const { failure } = await rig.next('closed');
    expect(failure).toMatchObject({ code: 'login-rejected' });
    expect(failure?.detail).toMatch(/too many/i);
  });

  it('carries bytes whole, through changes of its keys', async () => {
    const { port } = await forwardTo(echo);
    await connect();
    const data = randomBytes(64 * 1024 * 1024);
    const client = await connectTo(port);
    client.socket.end(data);
    await client.ended;
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(hash(client.received())).toBe(hash(data));
    expect(rig.all('host-key')).toHaveLength(1);
  });

  it('carries ends of either direction', async () => {
    const { port } = await forwardTo((socket) => {
      let heard = '';
      socket.write('hello');
      socket.on('data', (data) => (heard += data.toString())).on('end', () => socket.end(`, you said ${heard}`));
    });
    await connect();
    const client = await connectTo(port);
    await waitFor('the greeting', () => client.received().length === 5);
    client.socket.end('goodbye');
    await client.ended;
    expect(client.received().toString()).toBe('hello, you said goodbye');
    expect(await client.closed).toBeNull();

    let late = '';
    const { port: second } = await forwardTo((socket) => {
      socket.end('done');
      socket.on('data', (data) => (late += data.toString())).on('end', () => (late += '.'));
    });
    const other = await connectTo(second);
    await other.ended;
    other.socket.end('not yet');
    await waitFor('the rest', () => late === 'not yet.');
  });

  it('tells the client that the target cut, and the target that the client did', async () => {
    const { port, target } = await forwardTo((socket) => {
      socket
        .on('end', () => socket.end())
        .once('data', (data) => {
          if (data.toString() === 'cut') socket.resetAndDestroy();
        });
    });
    await connect();
    const client = await connectTo(port);
    client.socket.write('cut');
    await within(
      5_000,
      'the client to hear of it',
      client.ended.catch(() => undefined),
    );
    client.socket.destroy();
    const other = await connectTo(port);
    other.socket.write('stay');
    await waitFor('the target', () => target.sockets.size === 1);
    other.socket.resetAndDestroy();
    await waitFor('the target to be closed', () => target.sockets.size === 0);
  });

  it('tells what became of the target', async () => {
    const port = await rig.forward(await freePort());
    await connect();
    const client = await connectTo(port);
    expect(await client.closed).toBe('ECONNRESET');
    expect(await rig.next('target')).toMatchObject({ failure: { code: 'target-refused' } });
    await rig.forward(9, { forwardId: 'nameless', target: { host: 'no-such-host.invalid', port: 80 } });
    rig.send({ kind: 'check-target', forwardId: 'nameless' });
    expect(await rig.next('target')).toMatchObject({ failure: { code: 'target-unreachable' } });
    const { target } = await forwardTo(echo);
    const [forwardId = ''] = rig
      .all('listening')
      .slice(-1)
      .map((event) => event.forwardId);
    rig.send({ kind: 'check-target', forwardId });
    expect(await rig.next('target')).toEqual({ kind: 'target', forwardId, failure: null });
    expect(target.accepted).toBe(1);
  });

  it('may forbid it', async () => {
    const server = await startSshd({ config: ['AllowTcpForwarding no'] });
    endings.push(() => server.stop());
    await rig.forward(80, { forwardId: 'f' });
    await rig.connectRoute({ host: server.host, port: server.port, user: server.user }, [
      { kind: 'key', pem: server.pem },
    ]);
    rig.send({ kind: 'check-target', forwardId: 'f' });
    expect(await rig.next('target')).toMatchObject({ failure: { code: 'forward-forbidden' } });
  });

  it('serves a thousand clients at once', async () => {
    const { port } = await forwardTo(echo);
    await connect();
    const count = 1_000;
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const client = await connectTo(port);
        client.socket.end(String(index));
        await client.ended.catch(() => undefined);
        return client.received().toString();
      }),
    );
    // sshd has as many files as the system gives it, and may have to say no to some.
    const right = answers.filter((answer, index) => answer === String(index)).length;
    expect(right).toBeGreaterThan(400);
    expect(answers.every((answer, index) => answer === '' || answer === String(index))).toBe(true);
    expect(rig.all('closed')).toEqual([]);
  });

  it('is noticed to be frozen', async () => {
    const connectionId = await connect({ deadAfterMs: 1_000 });
    const frozenMs = performance.now();
    sshd.freeze();
    const closed = await rig.next('closed');
    const noticedMs = performance.now() - frozenMs;
    sshd.thaw();
    expect(closed).toMatchObject({ connectionId, failure: { code: 'link-lost' } });
    expect(noticedMs).toBeLessThanOrEqual(1_000);
  });

  it('is gone on with after its session was killed; clients wait meanwhile', async () => {
    const { port } = await forwardTo(echo);
    await connect();
    const before = await connectTo(port);
    before.socket.write('x');
    await waitFor('an answer', () => before.received().length === 1);
    sshd.killSessions();
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
    expect(await before.closed).toBe('ECONNRESET');
    const during = await connectTo(port);
    during.socket.end('still here');
    await connect();
    await during.ended;
    expect(during.received().toString()).toBe('still here');
  });
});
