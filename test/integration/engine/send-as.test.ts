/** A forward that speaks HTTP under another name: Node’s own server behind it, clients of all manners before it. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, Agent, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { available, startSshd, type Sshd } from '../../support/sshd.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { connectTo, startRig, startTarget, type Rig } from './rig.ts';

const name = 'mlflow-server.local';
const sendAs = { host: name, origin: 'host', aliases: [] } as const;
const megabyte = 1024 * 1024;
const hash = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const missing = available();

interface Way {
  readonly what: string;
  readonly skip: string | null;
  start(): Promise<{ connect(rig: Rig): Promise<string>; cut(): void; stop(): Promise<void> }>;
}

const ways: readonly Way[] = [
  {
    what: 'the SSH double',
    skip: null,
    start: async () => {
      const double: SshDouble = await startSshDouble();
      return {
        connect: (rig) => rig.connectRoute(double),
        cut: () => {
          double.drop();
        },
        stop: () => double.stop(),
      };
    },
  },
  {
    what: 'OpenSSH',
    skip: missing,
    start: async () => {
      const sshd: Sshd = await startSshd();
      return {
        connect: (rig) =>
          rig.connectRoute({ host: sshd.host, port: sshd.port, user: sshd.user }, [
            { kind: 'none' },
            { kind: 'key', pem: sshd.pem },
          ]),
        cut: () => {
          sshd.killSessions();
        },
        stop: () => sshd.stop(),
      };
    },
  },
];

describe.each(ways)('HTTP under another name, over $what', ({ skip, start }) => {
  let way: Awaited<ReturnType<Way['start']>>;
  let rig: Rig;
  const endings: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    if (skip === null) way = await start();
  });
  afterAll(async () => {
    if (skip === null) await way.stop();
  });
  beforeEach(() => {
    rig = startRig();
  });
  afterEach(async () => {
    await rig.close();
    while (endings.length > 0) await endings.pop()?.();
  });

  const run = it.skipIf(skip !== null);

  /** Node’s own server, which answers to the one name only. */
  async function web(
    answer: RequestListener,
    upgrade?: (request: IncomingMessage, socket: Socket, head: Buffer) => void,
  ) {
    const server = createServer((request, response) => {
      if (request.headers.host === name) answer(request, response);
      else response.writeHead(403).end('wrong name');
    });
    server.on('upgrade', (request, socket, head) => {
      if (request.headers.host === name) upgrade?.(request, socket as Socket, head);
      else socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endings.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }
  const forward = (targetPort: number, more: Parameters<Rig['forward']>[1] = {}) =>
    rig.forward(targetPort, { sendAs, ...more });
  async function upTo(answer: RequestListener): Promise<number> {
    const port = await forward(await web(answer));
    await way.connect(rig);
    return port;
  }
  const ask = (port: number, path = '/', ...more: readonly string[]) =>
    [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${String(port)}`, ...more, '', ''].join('\r\n');

  async function fetched(port: number, path: string, body?: Buffer, agent?: Agent) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port, path, method: body ? 'POST' : 'GET', ...(agent ? { agent } : {}) },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
          incoming.on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.on('error', reject).end(body);
    });
  }

  run('a forward without it is refused, one with it is answered', async () => {
    const target = await web((_request, response) => response.end('hello'));
    const port = await forward(target);
    const plain = await rig.forward(target);
    await way.connect(rig);
    expect(await fetched(plain, '/')).toMatchObject({ status: 403 });
    expect(await fetched(port, '/')).toMatchObject({ status: 200, body: Buffer.from('hello') });
  });

  run('one connection is kept for many requests, and its bytes are counted', async () => {
    const sockets = new Set<Socket>();
    const port = await upTo((request, response) => {
      sockets.add(request.socket);
      response.end(request.url);
    });
    rig.send({ kind: 'report-traffic', on: true });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 20; count += 1) {
      expect((await fetched(port, `/${String(count)}`, undefined, agent)).body.toString()).toBe(`/${String(count)}`);
    }
    expect(sockets.size).toBe(1);
    await waitFor('counters', () => {
      const entry = rig.all('traffic').at(-1)?.forwards[0];
      return entry && entry.bytesUp > 20 * 50 && entry.bytesDown > 20 * 50 && entry.clients === 1;
    });
    agent.destroy();
  });

  run('requests that do not wait for answers, in any pieces, are answered in turn', async () => {
    const asked: (() => void)[] = [];
    const port = await upTo((request, response) => {
      asked.push(() => response.end(`<${request.url ?? ''}>`));
      // The last one is ready first.
      if (asked.length === 4) for (const answer of asked.reverse()) answer();
    });
    const client = await connectTo(port);
    const all = Buffer.from(['/0', '/1', '/2', '/3'].map((path) => ask(port, path)).join(''));
    for (let at = 0; at < all.length; at += 7) {
      await new Promise((resolve) => client.socket.write(all.subarray(at, at + 7), resolve));
    }
    await waitFor('four answers', () => client.received().toString().includes('</3>'));
    expect(
      client
        .received()
        .toString()
        .match(/<[^>]*>/g),
    ).toEqual(['</0>', '</1>', '</2>', '</3>']);
    client.socket.end();
    await client.closed;
  });

  run(
    '50 MB go both ways whole, with a length and in chunks',
    async () => {
      const port = await upTo((request, response) => {
        if (request.url === '/length') response.setHeader('Content-Length', request.headers['content-length'] ?? '');
        request.pipe(response);
      });
      const data = randomBytes(50 * megabyte);
      const sized = await fetched(port, '/length', data);
      expect([sized.headers['content-length'], hash(sized.body)]).toEqual([String(data.length), hash(data)]);
      const chunked = await new Promise<Buffer>((resolve, reject) => {
        const outgoing = httpRequest({ host: '127.0.0.1', port, path: '/', method: 'PUT' }, (incoming) => {
          const chunks: Buffer[] = [];
          incoming
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () => {
              resolve(Buffer.concat(chunks));
            });
        });
        outgoing.on('error', reject);
        let at = 0;
        const more = (): void => {
          while (at < data.length) {
            const piece = data.subarray(at, (at += 33_333));
            if (!outgoing.write(piece)) {
              outgoing.once('drain', more);
              return;
            }
          }
          outgoing.end();
        };
        more();
      });
      expect(hash(chunked)).toBe(hash(data));
    },
    120_000,
  );

  run(
    'a client that does not read stops the server, and gets all in the end',
    async () => {
      const data = randomBytes(30 * megabyte);
      let taken = 0;
      const port = await upTo((_request, response) => {
        response.writeHead(200, { 'Content-Length': data.length });
        const more = (): void => {
          while (taken < data.length) {
            const piece = data.subarray(taken, (taken += 65_536));
            if (!response.write(piece)) {
              response.once('drain', more);
              return;
            }
          }
          response.end();
        };
        more();
      });
      const client = await connectTo(port);
      client.socket.pause();
      client.socket.write(ask(port));
      let before = -1;
      await waitFor(
        'the server to be stopped',
        () => {
          const stands = taken > 0 && taken === before;
          before = taken;
          return stands;
        },
        { everyMs: 400, timeoutMs: 20_000 },
      );
      expect(taken).toBeLessThan(data.length);
      client.socket.resume();
      await waitFor('all of it', () => client.received().length > data.length, { timeoutMs: 30_000 });
      const received = client.received();
      expect(hash(received.subarray(received.indexOf('\r\n\r\n') + 4))).toBe(hash(data));
      client.socket.destroy();
      await client.closed;
    },
    60_000,
  );

  run('a stream of small chunks comes as it is sent', async () => {
    let next: () => void = () => undefined;
    const port = await upTo((_request, response) => {
      let count = 0;
      next = () => response.write(`data: ${String((count += 1))}\n\n`);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      next();
    });
    const client = await connectTo(port);
    client.socket.write(ask(port));
    for (let count = 1; count <= 5; count += 1) {
      await waitFor(`event ${String(count)}`, () => client.received().includes(`data: ${String(count)}\n\n`));
      expect(client.received().includes(`data: ${String(count + 1)}`)).toBe(false);
      next();
    }
    client.socket.destroy();
    await client.closed;
  });

  run('a body that waits for the server’s word gets it', async () => {
    const port = await upTo((request, response) => {
      request.pipe(response);
    });
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { Expect: '100-continue', 'Content-Length': 5 };
      const outgoing = httpRequest({ host: '127.0.0.1', port, method: 'PUT', headers }, (incoming) => {
        incoming.setEncoding('utf8').on('data', resolve);
      });
      outgoing
        .on('continue', () => outgoing.end('hello'))
        .on('error', reject)
        .flushHeaders();
    });
    expect(answer).toBe('hello');
  });

  run('HEAD, 204 and 304 leave the connection usable; trailers come along', async () => {
    const port = await upTo((request, response) => {
      if (request.url === '/204' || request.url === '/304') response.writeHead(Number(request.url.slice(1))).end();
      else if (request.url === '/trailers') {
        response.writeHead(200, { Trailer: 'X-Sum' });
        response.write('body');
        response.addTrailers({ 'X-Sum': '42' });
        response.end();
      } else response.writeHead(200, { 'Content-Length': 4 }).end(request.method === 'HEAD' ? undefined : 'last');
    });
    const client = await connectTo(port);
    const paths = ['/204', '/304', '/trailers', '/'];
    client.socket.write(ask(port, '/').replace('GET', 'HEAD') + paths.map((path) => ask(port, path)).join(''));
    await waitFor('the last answer', () => client.received().toString().endsWith('last'));
    const text = client.received().toString();
    expect(text.match(/HTTP\/1\.1 \d+/g)?.map((each) => each.slice(9))).toEqual(['200', '204', '304', '200', '200']);
    expect(text).toContain('\r\nX-Sum: 42\r\n\r\n');
    client.socket.destroy();
    await client.closed;
  });

  run('redirects and cookies lead back here', async () => {
    const port = await upTo((_request, response) => {
      response.setHeader('Set-Cookie', ['a=b; Domain=mlflow-server.local; Path=/', 'c=d; HttpOnly']);
      response.writeHead(302, { Location: `http://${name}/next` }).end();
    });
    const { headers } = await fetched(port, '/');
    expect(headers.location).toBe(`http://127.0.0.1:${String(port)}/next`);
    expect(headers['set-cookie']).toEqual(['a=b; Path=/', 'c=d; HttpOnly']);
  });

  run('a WebSocket goes on as bytes, both ways', async () => {
    const target = await web(
      (_request, response) => response.end(),
      (request, socket, head) => {
        const key = createHash('sha1')
          .update(`${String(request.headers['sec-websocket-key'])}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64');
        const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
        socket.write([...lines, `Sec-WebSocket-Accept: ${key}`, '', ''].join('\r\n'));
        socket.write(head);
        socket.pipe(socket);
      },
    );
    const port = await forward(target);
    await way.connect(rig);
    const client = await connectTo(port);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
    const early = Buffer.from('\x81\x03abc', 'latin1');
    const data = randomBytes(5 * megabyte);
    // With what a hasty client says before it has the answer.
    client.socket.write(ask(port, '/socket', ...upgrade));
    client.socket.write(early);
    await waitFor('the echo', () => client.received().includes(early));
    expect(client.received().toString()).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const begin = client.received().indexOf('\r\n\r\n') + 4 + early.length;
    client.socket.end(data);
    await client.ended;
    expect(hash(client.received().subarray(begin))).toBe(hash(data));
  });

  run('a name of others and what is no HTTP are answered here; the server hears nothing', async () => {
    const target = await startTarget((socket) => socket.resume());
    endings.push(() => target.stop());
    const port = await forward(target.port, { holdMs: 60_000 });
    let heard = 0;
    for (const isUp of [false, true]) {
      if (isUp) await way.connect(rig);
      for (const [text, status] of [
        [`GET / HTTP/1.1\r\nHost: evil.example:${String(port)}\r\n\r\n`, '421 Misdirected Request'],
        [`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`, '421 Misdirected Request'],
        ['SSH-2.0-OpenSSH_9.2\r\n', '400 Bad Request'],
        ['\x16\x03\x01\x02\x00', '400 Bad Request'],
      ] as const) {
        const client = await connectTo(port);
        client.socket.write(Buffer.from(text, 'latin1'));
        await client.ended;
        expect(client.received().toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
        client.socket.end();
        expect(await client.closed).toBeNull();
      }
      heard += [...target.sockets].reduce((sum, each) => sum + each.bytesRead, 0);
    }
    expect(heard).toBe(0);
    expect(rig.all('client-let-go')).toEqual([]);
  });

  run('a client that has much more to say still reads why it is refused', async () => {
    const port = await upTo((_request, response) => response.end());
    const client = await connectTo(port);
    const head = `POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: ${String(3 * megabyte)}\r\n\r\n`;
    client.socket.end(Buffer.concat([Buffer.from(head), Buffer.alloc(3 * megabyte)]));
    await client.ended;
    expect(client.received().toString()).toMatch(/ 421 /);
    expect(await client.closed).toBeNull();
  });

  run('clients wait while there is no connection, and are answered when there is', async () => {
    const target = await web((request, response) => response.end(request.url));
    const port = await forward(target);
    const answers = ['/a', '/b', '/c'].map((path) => fetched(port, path));
    rig.send({ kind: 'report-traffic', on: true });
    await waitFor('three held', () => rig.all('traffic').at(-1)?.forwards[0]?.held === 3);
    await way.connect(rig);
    expect((await Promise.all(answers)).map(({ body }) => body.toString())).toEqual(['/a', '/b', '/c']);
  });

  run('a client without a connection is reset when the hold is over', async () => {
    const port = await forward(9, { holdMs: 200 });
    const client = await connectTo(port);
    client.socket.write(ask(port));
    expect(await client.closed).toBe('ECONNRESET');
    expect((await rig.next('client-let-go')).heldMs).toBeGreaterThanOrEqual(195);
  });

  run('a client that leaves ends the request at the server', async () => {
    let left = false;
    const port = await upTo((request, response) => {
      request.socket.on('close', () => (left = true));
      response.writeHead(200).write('begin');
    });
    const client = await connectTo(port);
    client.socket.write(ask(port));
    await waitFor('the begin', () => client.received().includes('begin'));
    client.socket.destroy();
    await waitFor('the server to notice', () => left);
  });

  run('a server that breaks off breaks off here', async () => {
    const port = await upTo((_request, response) => {
      response.writeHead(200, { 'Content-Length': 1_000 });
      response.write('begin', () => response.destroy());
    });
    await expect(fetched(port, '/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  run(
    'a connection that is lost in the middle of a stream resets it, and the next request waits for the new one',
    async () => {
      const target = await web((request, response) => {
        if (request.url === '/next') response.end('here again');
        else response.writeHead(200).write('begin');
      });
      const port = await forward(target, { holdMs: 20_000 });
      await way.connect(rig);
      const client = await connectTo(port);
      client.socket.write(ask(port));
      await waitFor('the begin', () => client.received().includes('begin'));
      way.cut();
      expect(await client.closed).toBe('ECONNRESET');
      await rig.next('closed');
      const next = fetched(port, '/next');
      await way.connect(rig);
      expect((await next).body.toString()).toBe('here again');
    },
  );

  run('what is no HTTP behind it passes as it is', async () => {
    const target = await startTarget((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
      socket.on('data', () => socket.end('Protocol mismatch.\r\n'));
    });
    endings.push(() => target.stop());
    const port = await forward(target.port);
    await way.connect(rig);
    const client = await connectTo(port);
    client.socket.write(ask(port));
    await client.ended;
    expect(client.received().toString()).toBe('SSH-2.0-OpenSSH_9.2\r\nProtocol mismatch.\r\n');
    client.socket.end();
    await client.closed;
  });
});
