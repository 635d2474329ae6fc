/** The HTTP client against servers that behave, and servers that do not. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpClient, randomPieces } from '../../../main/adapters/http-client.ts';
import type { HttpRequest } from '../../../main/core/setup/verify/http-client.ts';
import { waitFor, within } from '../../support/wait.ts';

const client = createHttpClient();
const opened: (() => void)[] = [];
afterEach(() => {
  client.closeIdle();
  for (const close of opened.splice(0)) close();
});

interface Asked {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly port: number | undefined;
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({ method: request.method, headers: request.headers, port: request.socket.remotePort });
    answer(request, response);
  });
  opened.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: await listen(server), asked, server };
}

/** Answers with bytes of its own, or does something else to the socket. */
async function serveRaw(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    answer(socket);
  });
  opened.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: await listen(server), sockets };
}

async function listen(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const ask = (url: string, more: Partial<HttpRequest> = {}) =>
  client.request({
    method: 'GET',
    url,
    login: null,
    body: null,
    read: 'text',
    maxBytes: 10_000,
    idleMs: 5_000,
    totalMs: 10_000,
    ...more,
  });

const hashOf = (pieces: Iterable<Buffer>) => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
};

describe('a request', () => {
  it('sends what it is told and nothing that tells more', async () => {
    const { url, asked } = await serve((_request, response) => response.end('hällo'));
    const reply = await ask(`${url.replace('//', '//x:y@')}/a`, {
      login: { user: 'ada', password: 'ü:%' },
      headers: { 'X-Own': '1' },
    }).done;
    expect(reply).toMatchObject({
      ok: true,
      value: { status: 200, body: { kind: 'text', text: 'hällo', truncated: false }, sent: null },
    });
    const { headers } = asked[0]!;
    expect(Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe('ada:ü:%');
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'host',
      'x-own',
    ]);
  });

  it('goes past every proxy setting', async () => {
    const { url } = await serve((_request, response) => response.end('OK'));
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : 'http://127.0.0.1:1';
    try {
      expect(await ask(url).done).toMatchObject({ ok: true });
    } finally {
      for (const name of names) Reflect.deleteProperty(process.env, name);
    }
  });

  it('uses one connection for several, and a new one where the kept one was closed meanwhile', async () => {
    const { url, asked, server } = await serve((_request, response) => response.end('OK'));
    for (let each = 0; each < 3; each += 1) await ask(url).done;
    expect(new Set(asked.map((each) => each.port)).size).toBe(1);
    server.closeIdleConnections();
    expect(await ask(url).done).toMatchObject({ ok: true });
    expect(new Set(asked.map((each) => each.port)).size).toBe(2);
  });

  it('is sent again where the kept connection is cut in the moment of its use', async () => {
    let count = 0;
    const { url } = await serve((request, response) => {
      count += 1;
      if (count === 2) request.socket.destroy();
      else request.resume().on('end', () => response.end('OK'));
    });
    await ask(url).done;
    const body = { kind: 'random', seed: 's', bytes: 300_000 } as const;
    const reply = await ask(url, { method: 'PUT', body }).done;
    expect(reply).toMatchObject({
      ok: true,
      value: { sent: { bytes: 300_000, sha256: hashOf(randomPieces('s', 300_000)) } },
    });
    expect(count).toBe(3);
  });

  it('leaves no connection open', async () => {
    const { url, server } = await serve((_request, response) => response.end('OK'));
    await ask(url).done;
    client.closeIdle();
    await waitFor(
      'the connection to end',
      () =>
        new Promise<boolean>((resolve) => {
          server.getConnections((_error, count) => {
            resolve(count === 0);
          });
        }),
    );
  });
});

describe('bytes', () => {
  it('are the same for a seed, whatever their number', () => {
    for (const bytes of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const all = Buffer.concat([...randomPieces('seed', bytes)]);
      expect(all).toHaveLength(bytes);
      expect(
        Buffer.concat([...randomPieces('seed', 300_000)])
          .subarray(0, bytes)
          .equals(all),
      ).toBe(true);
    }
    expect(hashOf(randomPieces('a', 100))).not.toBe(hashOf(randomPieces('b', 100)));
  });

  it.each([0, 1, 65_537, 20_000_000])('%i go there and back with the same hash', async (bytes) => {
    const { url, asked } = await serve((request, response) => {
      if (request.method === 'PUT')
        request.pipe(createHash('sha256')).on('data', (hash: Buffer) => response.end(hash.toString('hex')));
      else {
        for (const piece of randomPieces('x', bytes)) response.write(piece);
        response.end();
      }
    });
    const moved: number[] = [];
    const onProgress = (each: number) => void moved.push(each);
    const sent = await ask(url, { method: 'PUT', body: { kind: 'random', seed: 'x', bytes }, onProgress }).done;
    const back = await ask(url, { read: 'hash', maxBytes: bytes, onProgress }).done;
    const digest = { bytes, sha256: hashOf(randomPieces('x', bytes)) };
    expect(sent).toMatchObject({ ok: true, value: { sent: digest, body: { text: digest.sha256 } } });
    expect(back).toMatchObject({ ok: true, value: { body: { kind: 'hash', truncated: false, ...digest } } });
    expect(asked[0]?.headers['content-length']).toBe(String(bytes));
    if (bytes > 0) expect(moved.filter((each) => each === bytes).length).toBeGreaterThanOrEqual(2);
  });

  it('of an answer that is no 2xx are a text', async () => {
    const { url } = await serve((_request, response) => response.writeHead(404).end('gone'));
    expect(await ask(url, { read: 'hash' }).done).toMatchObject({
      value: { status: 404, body: { kind: 'text', text: 'gone' } },
    });
  });
});

describe('a server that misbehaves', () => {
  it('sends more than is wanted: the rest is not read', async () => {
    let sent = 0;
    const { url } = await serve((_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write('<p>'.repeat(20_000))) sent += 60_000;
        response.once('drain', pour);
      };
      pour();
    });
    expect(await ask(url).done).toMatchObject({
      value: { body: { truncated: true, text: expect.stringMatching(/^(<p>)+<$/) as string } },
    });
    expect(await ask(url, { read: 'hash' }).done).toMatchObject({
      value: { body: { truncated: true, bytes: 10_000 } },
    });
    expect(sent).toBeLessThan(50_000_000);
  });

  it('redirects: that is an answer, and nothing is followed', async () => {
    const { url, asked } = await serve((_request, response) => response.writeHead(302, { Location: '/x' }).end());
    expect(await ask(url).done).toMatchObject({ value: { status: 302, headers: { location: '/x' } } });
    expect(asked).toHaveLength(1);
  });

  it('refuses an upload at once: the rest is not sent', async () => {
    const { url } = await serve((_request, response) => response.writeHead(413).end('too large'));
    const body = { kind: 'random', seed: 's', bytes: 500_000_000 } as const;
    const reply = await within(4_000, 'the refusal', ask(url, { method: 'PUT', body }).done);
    expect(reply).toMatchObject({ value: { status: 413, body: { text: 'too large' } } });
    if (reply.ok) expect(reply.value.sent?.bytes).toBeLessThan(100_000_000);
  });

  it('takes nothing of an upload', async () => {
    const { url } = await serveRaw((socket) => socket.pause());
    const body = { kind: 'random', seed: 's', bytes: 500_000_000 } as const;
    const reply = await ask(url, { method: 'PUT', body, idleMs: 200 }).done;
    expect(reply).toMatchObject({
      ok: false,
      error: { code: 'timed-out', message: expect.stringMatching(/0\.2 s$/) as string },
    });
  });

  it.each([
    ['says nothing', () => undefined, 'timed-out'],
    ['stops in the middle', (s: Socket) => s.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc'), 'timed-out'],
    ['hangs up', (s: Socket) => s.end(), 'link-lost'],
    ['hangs up in the middle', (s: Socket) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc'), 'link-lost'],
    ['resets', (s: Socket) => s.resetAndDestroy(), 'link-lost'],
    ['speaks SSH', (s: Socket) => s.write('SSH-2.0-OpenSSH_9.2\r\n'), 'protocol-error'],
    ['has endless headers', (s: Socket) => s.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`), 'protocol-error'],
  ])('%s', async (_name, answer, code) => {
    const { url, sockets } = await serveRaw((socket) => socket.once('data', () => void answer(socket)));
    expect(await ask(url, { idleMs: 300 }).done).toMatchObject({ ok: false, error: { code } });
    await waitFor('the connection to end', () => sockets.size === 0);
  });

  it('answers byte by byte without end', async () => {
    const { url } = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(await ask(url, { totalMs: 300 }).done).toMatchObject({
      error: { code: 'timed-out', message: expect.stringMatching(/took longer than 0\.3 s/) as string },
    });
  });

  it('is not there, or has no name', async () => {
    const { url, server } = await serve(() => undefined);
    server.close();
    expect(await ask(url).done).toMatchObject({
      error: { code: 'refused', message: `${url.slice(7)} refused the connection` },
    });
    expect(await ask('http://no-such-name.invalid/').done).toMatchObject({ error: { code: 'address-unknown' } });
    expect(await ask('ftp://h/').done).toMatchObject({ error: { code: 'invalid-argument' } });
    expect(await ask('http://').done).toMatchObject({ error: { code: 'invalid-argument' } });
    expect(await ask(url, { headers: { 'X-A': 'a\r\nb' } }).done).toMatchObject({
      error: { code: 'invalid-argument' },
    });
  });

  it('speaks no TLS', async () => {
    const { url } = await serve((_request, response) => response.end());
    expect(await ask(url.replace('http:', 'https:')).done).toMatchObject({ error: { code: 'protocol-error' } });
  });
});

describe('cancelling', () => {
  it('ends it at once, in every phase, and later changes nothing', async () => {
    const { url, sockets } = await serveRaw((socket) => socket.resume());
    const body = { kind: 'random', seed: 's', bytes: 500_000_000 } as const;
    const early = ask(url);
    early.cancel();
    const running = ask(url, { method: 'PUT', body });
    await waitFor('bytes to arrive', () => [...sockets].some((each) => each.bytesRead > 100_000));
    running.cancel();
    for (const each of [early, running]) expect(await each.done).toMatchObject({ error: { code: 'cancelled' } });
    running.cancel();
    await waitFor('the connection to end', () => sockets.size === 0);
  });
});
