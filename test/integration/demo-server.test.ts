import { createHash } from 'node:crypto';
import net from 'node:net';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDemoServer, type DemoServerOptions } from '../../main/adapters/demo-server/demo-server.ts';
import type { DemoAddress, DemoServer } from '../../main/core/ports.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

async function startDemo(options: DemoServerOptions = {}): Promise<{ demo: DemoServer; address: DemoAddress }> {
  const demo = createDemoServer(options);
  closers.push(() => demo.stop());
  const started = await demo.start();
  if (!started.ok) throw new Error(started.error.message);
  return { demo, address: started.value };
}

interface Session {
  readonly client: Client;
  readonly fingerprint: string;
  readonly closed: Promise<void>;
}

function login(address: DemoAddress, wanted: { user?: string; password?: string } = {}): Promise<Session> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let fingerprint = '';
    const closed = new Promise<void>((ended) => {
      client.once('close', () => {
        ended();
      });
    });
    client.once('ready', () => {
      resolve({ client, fingerprint, closed });
    });
    client.on('error', reject);
    closers.push(() => client.destroy());
    client.connect({
      host: address.address,
      port: address.port,
      username: wanted.user ?? address.user,
      password: wanted.password ?? address.password,
      hostVerifier: (key: Buffer) => {
        fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        return true;
      },
    });
  });
}

function openChannel(client: Client, host: string, port: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
}

/** One HTTP/1.0-style request over a channel, as text. */
async function get(client: Client, { target }: DemoAddress, path: string, method = 'GET'): Promise<string> {
  const channel = await openChannel(client, target.host, target.port);
  channel.write(`${method} ${path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n`);
  const parts: Buffer[] = [];
  for await (const part of channel) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('latin1');
}

/** Opens `/stream` and resolves with each line as it comes. */
async function openStream(client: Client, { target }: DemoAddress) {
  const channel = await openChannel(client, target.host, target.port);
  channel.write('GET /stream HTTP/1.1\r\nHost: demo\r\n\r\n');
  let text = '';
  channel.on('data', (part: Buffer) => (text += part.toString()));
  return { channel, lines: () => text.match(/data: \{.*\}/g)?.length ?? 0 };
}

/** Sends bytes to the SSH port and waits until the server hangs up. */
function poke(port: number, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => undefined);
    socket.resume();
    socket.once('close', () => {
      resolve();
    });
  });
}

const tcpHandles = () => process.getActiveResourcesInfo().filter((each) => /^TCP/.test(each));

describe('the demo server', () => {
  it('lets in with the data it gives, and shows the key it names', async () => {
    const { demo, address } = await startDemo();
    expect(address).toMatchObject({ address: '127.0.0.1', keyType: 'ssh-ed25519' });
    const session = await login(address);
    expect(session.fingerprint).toBe(address.fingerprint);
    const blob = Buffer.from(address.key, 'base64');
    expect(blob.subarray(4, 15).toString()).toBe('ssh-ed25519');
    expect(await demo.start()).toEqual({ ok: true, value: address });
  });

  it.each([{ password: 'wrong' }, { password: '' }, { user: 'root' }])('keeps %j out', async (wanted) => {
    const { address } = await startDemo();
    await expect(login(address, wanted)).rejects.toThrow(/authentication/);
  });

  it('serves its look-alike through a channel', async () => {
    const { address } = await startDemo();
    const { client } = await login(address);
    expect(await get(client, address, '/health')).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\n\r\nOK$/);
    expect(await get(client, address, '/version')).toContain('0.0.0+demo');
    const page = await get(client, address, '/');
    expect(page).toContain('Content-Security-Policy: default-src');
    expect(page).toContain('made up');
    expect(page).toContain('Twice as wide &amp; slower');
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(await get(client, address, '/nope')).toMatch(/^HTTP\/1.1 404/);
    expect(await get(client, address, '/', 'POST')).toMatch(/^HTTP\/1.1 405/);
    const download = await get(client, address, '/download?mb=3');
    expect(download.slice(download.indexOf('\r\n\r\n') + 4)).toHaveLength(3_000_000);
    for (const mb of ['0', '65', '-1', '1e1', 'x']) {
      expect(await get(client, address, `/download?mb=${mb}`)).toMatch(/^HTTP\/1.1 400/);
    }
    expect(await get(client, address, '/download', 'HEAD')).toMatch(/Content-Length: 8000000[\s\S]*\r\n\r\n$/);
  });

  it('opens channels to nothing else, and no sessions', async () => {
    const { address } = await startDemo();
    const { client } = await login(address);
    const { host, port } = address.target;
    await expect(openChannel(client, host, address.port)).rejects.toThrow(/open failure/i);
    await expect(openChannel(client, '192.0.2.1', port)).rejects.toThrow(/open failure/i);
    const exec = new Promise((resolve, reject) => {
      client.exec('id', (error, channel) => {
        if (error) reject(error);
        else resolve(channel);
      });
    });
    await expect(exec).rejects.toThrow(/open failure/i);
    const remote = new Promise((resolve, reject) => {
      client.forwardIn('127.0.0.1', 0, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    await expect(remote).rejects.toThrow();
    await (await openChannel(client, 'localhost', port)).destroy();
  });

  it('lives through port scans and garbage', async () => {
    const { address } = await startDemo();
    const garbage = [
      '',
      'GET / HTTP/1.0\r\n\r\n',
      'SSH-2.0-x\r\n',
      `SSH-2.0-x\r\n${'\u0000'.repeat(500)}`,
      'x'.repeat(100_000),
    ];
    await Promise.all(garbage.map((bytes) => poke(address.port, bytes)));
    await poke(address.port, Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(5000, 0xff)]));
    await poke(address.target.port, 'nonsense\r\n\r\n');
    const { client } = await login(address);
    expect(await get(client, address, '/health')).toContain('OK');
  });

  it('drops connections, and takes new ones', async () => {
    const { demo, address } = await startDemo();
    const first = await login(address);
    const { channel } = await openStream(first.client, address);
    const broken = new Promise((resolve) => channel.once('close', resolve));
    expect(await demo.break('drop-connection')).toEqual({ ok: true, value: null });
    await Promise.all([first.closed, broken]);
    const second = await login(address);
    expect(second.fingerprint).toBe(address.fingerprint);
  });

  it('stops answering, then recovers by itself', async () => {
    const { demo, address } = await startDemo({ frozenMs: 2500 });
    const { client } = await login(address);
    const { lines } = await openStream(client, address);
    await vi.waitFor(() => {
      expect(lines()).toBeGreaterThan(0);
    });
    await demo.break('stop-answering');
    const brokenMs = performance.now();
    const before = lines();
    const silentForMs = async (hears: () => boolean) => {
      await vi.waitFor(
        () => {
          expect(hears()).toBe(true);
        },
        { timeout: 10_000 },
      );
      return performance.now() - brokenMs;
    };
    // A new connection is accepted, but the greeting only comes after the thaw.
    let greeting = '';
    const silent = net.connect(address.port, '127.0.0.1');
    closers.push(() => silent.destroy());
    silent.on('data', (part) => (greeting += part.toString()));
    await new Promise((resolve) => silent.once('connect', resolve));
    const late = login(address);
    const [streamMs, greetingMs] = await Promise.all([
      silentForMs(() => lines() > before),
      silentForMs(() => greeting.includes('SSH-2.0-Mooring-demo')),
    ]);
    expect(streamMs).toBeGreaterThan(2400);
    expect(greetingMs).toBeGreaterThan(2400);
    expect((await late).fingerprint).toBe(address.fingerprint);
  });

  it('changes its host key', async () => {
    const { demo, address } = await startDemo();
    const first = await login(address);
    await demo.break('change-host-key');
    await first.closed;
    const second = await login(address);
    expect(second.fingerprint).not.toBe(address.fingerprint);
    const now = await demo.start();
    expect(now).toMatchObject({ ok: true, value: { port: address.port, fingerprint: second.fingerprint } });
  });

  it('says so when it does not run', async () => {
    const demo = createDemoServer();
    expect(await demo.break('drop-connection')).toMatchObject({ ok: false, error: { code: 'conflict' } });
    await demo.stop();
  });

  it('takes the preferred port, or another if that is in use', async () => {
    const first = await startDemo();
    const second = await startDemo({ preferredPort: first.address.port });
    expect(second.address.port).not.toBe(first.address.port);
    await first.demo.stop();
    const third = await startDemo({ preferredPort: first.address.port });
    expect(third.address.port).toBe(first.address.port);
  });

  it('fails in words when nothing can be bound', async () => {
    vi.spyOn(net.Server.prototype, 'listen').mockImplementation(function (this: net.Server) {
      process.nextTick(() => this.emit('error', new Error('listen EACCES')));
      return this;
    });
    const demo = createDemoServer();
    expect(await demo.start()).toMatchObject({
      ok: false,
      error: { code: 'address-unavailable', detail: 'listen EACCES' },
    });
  });

  it('leaves nothing behind when it stops, in whatever state it is', async () => {
    const expectNoSockets = () =>
      vi.waitFor(() => {
        expect(tcpHandles()).toEqual([]);
      });
    await expectNoSockets();
    for (const fault of [null, 'stop-answering', 'change-host-key'] as const) {
      const { demo, address } = await startDemo();
      const session = await login(address);
      await openStream(session.client, address);
      void login(address).catch(() => undefined);
      if (fault !== null) await demo.break(fault);
      await demo.stop();
      await session.closed;
      await expectNoSockets();
      await expect(login(address)).rejects.toThrow(/ECONNREFUSED/);
    }
    await vi.waitFor(() => {
      expect(process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length).toBeLessThan(4);
    });
  });

  it('keeps order when started and stopped at once', async () => {
    const demo = createDemoServer();
    const [started, , again] = await Promise.all([demo.start(), demo.stop(), demo.start(), demo.stop()]);
    expect([started.ok, again.ok]).toEqual([true, true]);
    expect(await demo.break('drop-connection')).toMatchObject({ ok: false });
  });
});
