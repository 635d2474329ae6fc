/** Questions to targets past the listeners, most of them to servers that lie, drip, flood, or say nothing. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AskRequest, EngineCommand } from '../../../main/core/engine.ts';
import { startSshDouble, type ChannelFate, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { startRig, startTarget, type Rig, type Target } from './rig.ts';

type AskCommand = Extract<EngineCommand, { kind: 'ask' }>;

let rig: Rig;
let double: SshDouble;
let connectionId: string;
let fate: ChannelFate;
let targets: { stop(): Promise<unknown> }[];
let ids = 0;

beforeEach(async () => {
  fate = { kind: 'connect' };
  targets = [];
  rig = startRig();
  double = await startSshDouble({ channel: () => fate });
  connectionId = await rig.connectRoute(double);
});

afterEach(async () => {
  await rig.close();
  await double.stop();
  await Promise.all(targets.map((each) => each.stop()));
});

const get = (more: Partial<Extract<AskRequest, { kind: 'http' }>> = {}): AskRequest => ({
  kind: 'http',
  method: 'GET',
  path: '/',
  headers: { Host: 'localhost:5001' },
  login: null,
  maxBytes: 10_000,
  ...more,
});
const listen = (more: Partial<Extract<AskRequest, { kind: 'bytes' }>> = {}): AskRequest => ({
  kind: 'bytes',
  send: '',
  maxBytes: 1_000,
  enoughBytes: 1_000,
  ...more,
});

function start(port: number, request: AskRequest, more: Partial<AskCommand> = {}): string {
  ids += 1;
  const askId = `a${String(ids)}`;
  const target = { host: '127.0.0.1', port };
  rig.send({ kind: 'ask', connectionId, askId, target, request, timeoutMs: 10_000, ...more });
  return askId;
}

async function answer(askId: string) {
  const event = await waitFor(
    `the answer to ${askId}`,
    () => rig.all('answered').find((each) => each.askId === askId),
    { timeoutMs: 15_000 },
  );
  return event.answer;
}

const ask = (port: number, request: AskRequest, more: Partial<AskCommand> = {}) => answer(start(port, request, more));

async function serve(run: (socket: Socket) => void): Promise<Target> {
  const target = await startTarget((socket) => {
    socket.on('end', () => socket.end());
    run(socket);
    socket.resume();
  });
  targets.push(target);
  return target;
}

/** Answers the first bytes of every client with this. */
const says = (text: string | Buffer, end = true) =>
  serve((socket) => {
    socket.once('data', () => {
      socket.write(text);
      if (end) socket.end();
    });
  });

const nothingLeft = (target?: Target) =>
  waitFor(
    () => `every channel to be gone; ${String(double.openChannels)} open, ${String(target?.sockets.size)} sockets`,
    () => double.openChannels === 0 && (target?.sockets.size ?? 0) === 0,
  );

describe('an HTTP question', () => {
  it('is asked as told, and answered whole', async () => {
    const server = createServer((request, response) => {
      const { method, url, headers } = request;
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.end(JSON.stringify({ method, url, headers }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    targets.push({ stop: () => new Promise((resolve) => server.close(resolve)) });
    const { port } = server.address() as AddressInfo;
    const login = { kind: 'basic', user: 'ada', password: 'pässword' } as const;
    const reply = await ask(port, get({ path: '/a?b=c', login }));
    if (!reply.ok || reply.value.kind !== 'http') throw new Error(JSON.stringify(reply));
    const { status, headers, text, truncated, tookMs } = reply.value;
    expect({ status, truncated, cookie: headers['set-cookie'] }).toEqual({
      status: 200,
      truncated: false,
      cookie: 'a=1, b=2',
    });
    expect(tookMs).toBeGreaterThan(0);
    const asked = JSON.parse(text) as { method: string; url: string; headers: Record<string, string> };
    expect(asked).toMatchObject({
      method: 'GET',
      url: '/a?b=c',
      headers: { host: 'localhost:5001', connection: 'close' },
    });
    expect(Buffer.from(asked.headers['authorization']?.slice(6) ?? '', 'base64').toString()).toBe('ada:pässword');
    await nothingLeft();
  });

  it('is signed for S3 as AWS’s own example is', async () => {
    const target = await serve((socket) => {
      socket.once('data', (data: Buffer) => {
        const head = data.toString();
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${String(Buffer.byteLength(head))}\r\n\r\n${head}`);
      });
    });
    const login = { kind: 'aws', accessKeyId: 'AKID', secretAccessKey: 'not to be seen', region: 'us-east-1' } as const;
    const reply = await ask(target.port, get({ login }));
    const text = reply.ok && reply.value.kind === 'http' ? reply.value.text : '';
    expect(text).toMatch(/^x-amz-date: \d{8}T\d{6}Z\r$/im);
    expect(text).toMatch(
      /Credential=AKID\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[\da-f]{64}/,
    );
    expect(text).not.toContain('not to be seen');
  });

  it('reads no more than it was told to', async () => {
    let written = 0;
    const target = await serve((socket) => {
      const piece = Buffer.alloc(64_000, 'x');
      const pour = () => {
        while (!socket.destroyed && socket.write(piece)) written += piece.length;
      };
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.on('drain', pour);
        pour();
      });
    });
    const reply = await ask(target.port, get({ maxBytes: 5_000 }));
    expect(reply).toMatchObject({ ok: true, value: { status: 200, truncated: true, text: 'x'.repeat(5_000) } });
    await nothingLeft(target);
    // Windows and buffers on the way, and not the flood.
    expect(written).toBeLessThan(30_000_000);
  });

  it.each([
    [
      'headers without end',
      (socket: Socket) => {
        const pour = () => {
          while (!socket.destroyed && socket.write(`X-More: ${'y'.repeat(1_000)}\r\n`));
        };
        socket.write('HTTP/1.1 200 OK\r\n');
        socket.on('drain', pour);
        pour();
      },
    ],
    ['binary', (socket: Socket) => socket.end(Buffer.from([0, 1, 2, 255, 254, 0, 0, 0, 13, 10, 13, 10]))],
    ['an SSH greeting', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a TLS alert', (socket: Socket) => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 70]))],
  ])('is told what came in place of HTTP: %s', async (_name, run) => {
    const target = await serve((socket) => {
      socket.once('data', () => run(socket));
    });
    const reply = await ask(target.port, get());
    expect(reply).toMatchObject({ ok: true, value: { kind: 'not-http' } });
    const start =
      reply.ok && reply.value.kind === 'not-http' ? Buffer.from(reply.value.base64, 'base64') : Buffer.alloc(0);
    expect(start.length).toBeGreaterThan(5);
    expect(start.length).toBeLessThanOrEqual(512);
    await nothingLeft(target);
  });

  it.each([
    ['is closed at once', (socket: Socket) => socket.end(), 'closed the connection without an answer'],
    ['is reset', (socket: Socket) => socket.resetAndDestroy(), 'closed the connection without an answer'],
    [
      'is broken off in its middle',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
      'broke off in the middle of its answer',
    ],
  ])('fails when it %s', async (_name, run, words) => {
    const target = await serve((socket) => {
      socket.once('data', () => run(socket));
    });
    const reply = await ask(target.port, get());
    expect(reply).toMatchObject({ ok: false, error: { code: 'protocol-error' } });
    expect(reply.ok ? '' : reply.error.message).toContain(words);
    await nothingLeft(target);
  });

  it.each([
    ['says nothing', () => undefined],
    ['drips its headers', (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-Slow: ')],
    ['drips its body', (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')],
  ])('gives up in time on a target that %s', async (_name, run) => {
    const target = await serve((socket) => {
      run(socket);
    });
    const reply = await ask(target.port, get(), { timeoutMs: 300 });
    expect(reply).toMatchObject({ ok: false, error: { code: 'timed-out' } });
    await nothingLeft(target);
  });

  it('is refused when it could not be one', async () => {
    const target = await says('');
    const reply = await ask(target.port, get({ headers: { Host: 'a\r\nX: y' } }));
    expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    await nothingLeft(target);
  });
});

function drip(socket: Socket, head: string): void {
  socket.write(head);
  const timer = setInterval(() => socket.write('z'), 20);
  socket.on('close', () => {
    clearInterval(timer);
  });
}

describe('bytes', () => {
  it('go there, and what comes back is told', async () => {
    const target = await serve((socket) => socket.pipe(socket));
    const send = Buffer.from([0, 255, 10, 1]).toString('base64');
    expect(await ask(target.port, listen({ send, enoughBytes: 4 }))).toMatchObject({
      ok: true,
      value: { kind: 'bytes', base64: send, end: 'enough' },
    });
    await nothingLeft(target);
  });

  it('need not go: a greeting, the end, and silence are answers', async () => {
    const greets = await serve((socket) => socket.write('220 hello\r\n'));
    expect(await ask(greets.port, listen(), { timeoutMs: 200 })).toMatchObject({
      ok: true,
      value: { base64: Buffer.from('220 hello\r\n').toString('base64'), end: 'quiet' },
    });
    const closes = await serve((socket) => socket.end());
    expect(await ask(closes.port, listen())).toMatchObject({ ok: true, value: { base64: '', end: 'closed' } });
    const silent = await serve(() => undefined);
    expect(await ask(silent.port, listen(), { timeoutMs: 200 })).toMatchObject({
      ok: true,
      value: { base64: '', end: 'quiet' },
    });
  });

  it('are cut at their limit', async () => {
    const target = await serve((socket) => socket.write(Buffer.alloc(3_000_000, 7)));
    const reply = await ask(target.port, listen({ maxBytes: 100, enoughBytes: 5_000 }));
    expect(reply.ok && reply.value.kind === 'bytes' && Buffer.from(reply.value.base64, 'base64').length).toBe(100);
    await nothingLeft(target);
  });
});

describe('a question to PostgreSQL', () => {
  const postgres = (password: string | null = null): AskRequest => ({
    kind: 'postgres',
    user: 'ada',
    database: 'mlflow',
    password,
  });

  it('tells what answers in its place', async () => {
    const target = await says('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await ask(target.port, postgres())).toMatchObject({
      ok: true,
      value: { tls: null, login: null, base64: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('base64') },
    });
    await nothingLeft(target);
  });

  it.each([
    ['md5', Buffer.from([0x52, 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4]), { login: 'wanted', method: 'md5' }],
    ['password', Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]), { login: 'wanted', method: 'password' }],
    [
      'an error',
      errorMessage('SFATAL\0C3D000\0Mdatabase "mlflow" does not exist\0\0'),
      { login: null, error: { code: '3D000', message: 'database "mlflow" does not exist' } },
    ],
  ])('shows no password to a server that wants %s', async (_name, response, expected) => {
    const heard: Buffer[] = [];
    const target = await serve((socket) => {
      socket.on('data', (data: Buffer) => {
        heard.push(data);
        socket.write(data.length === 8 ? 'N' : response);
      });
    });
    expect(await ask(target.port, postgres('geheim'))).toMatchObject({ ok: true, value: { tls: false, ...expected } });
    expect(Buffer.concat(heard).toString('latin1')).toContain('user\0ada\0database\0mlflow\0');
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('geheim');
    await nothingLeft(target);
  });

  it.each([
    ['claims TLS and has none', (data: Buffer) => (data.length === 8 ? 'S' : 'garbage, no TLS at all')],
    [
      'sends a message of 2 GB',
      (data: Buffer) => (data.length === 8 ? 'N' : Buffer.from('R\x7f\xff\xff\xff....', 'latin1')),
    ],
    [
      'lets in whoever can’t prove to know it',
      (data: Buffer) => {
        if (data.length === 8) return 'N';
        if (data[0] === 0x70) return Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
        return Buffer.concat([Buffer.from([0x52, 0, 0, 0, 23, 0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')]);
      },
    ],
  ])('ends with one that %s', async (_name, reply) => {
    const target = await serve((socket) => {
      socket.on('data', (data: Buffer) => socket.write(reply(data)));
    });
    expect(await ask(target.port, postgres('geheim'), { timeoutMs: 2_000 })).toMatchObject({
      ok: false,
      error: { code: 'protocol-error' },
    });
    await nothingLeft(target);
  });
});

function errorMessage(fields: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, Buffer.from(fields)]);
}

describe('any question', () => {
  it('tells why the target is not reached', async () => {
    const closed = await serve(() => undefined);
    const { port } = closed;
    await closed.stop();
    expect(await ask(port, get())).toMatchObject({ ok: false, error: { code: 'target-refused' } });
    fate = { kind: 'refuse', reason: 1, description: 'no' };
    expect(await ask(port, get())).toMatchObject({ ok: false, error: { code: 'forward-forbidden' } });
    fate = { kind: 'ignore' };
    expect(await ask(port, get(), { timeoutMs: 200 })).toMatchObject({
      ok: false,
      error: { code: 'target-unreachable' },
    });
  });

  it('is cancelled, lost with its connection, and unknown without one', async () => {
    const target = await serve(() => undefined);
    const cancelled = start(target.port, get());
    await waitFor('the target to be reached', () => target.sockets.size === 1);
    rig.send({ kind: 'ask-cancel', askId: cancelled });
    expect(await answer(cancelled)).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    await nothingLeft(target);
    const lost = start(target.port, get());
    await waitFor('the target to be reached', () => target.sockets.size === 1);
    double.drop();
    expect(await answer(lost)).toMatchObject({ ok: false, error: { code: 'link-lost' } });
    expect(await ask(target.port, get())).toMatchObject({ ok: false, error: { code: 'link-lost' } });
    expect(rig.all('answered').filter((event) => event.askId === lost)).toHaveLength(1);
  });

  it('leaves the counters of a forward alone', async () => {
    const target = await says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await rig.forward(target.port);
    rig.send({ kind: 'report-traffic', on: true });
    expect(await ask(target.port, get())).toMatchObject({ ok: true, value: { text: 'ok' } });
    const [first] = rig.all('traffic').flatMap((event) => event.forwards);
    expect(first).toMatchObject({ bytesDown: 0, bytesUp: 0, clients: 0 });
  });

  it('of two hundred at once is answered each', async () => {
    const target = await says('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(target.port, get())));
    expect(answers.every((each) => each.ok)).toBe(true);
    await nothingLeft(target);
  });
});
