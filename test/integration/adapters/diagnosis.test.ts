import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiagnosis, tellingVariables, type DiagnosisOptions } from '../../../main/adapters/diagnosis.ts';

let folder: string;
const servers: Server[] = [];
const sockets = new Set<Socket>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-diagnosis-'));
  await mkdir(join(folder, '.ssh'));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((each) => new Promise((resolve) => each.close(resolve))));
  await rm(folder, { recursive: true });
});

const here = (options: Partial<DiagnosisOptions> = {}) =>
  createDiagnosis({ homeDir: folder, dataDir: folder, env: {}, patienceMs: 400, ...options });

async function listen(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    greet(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

it('knows the public half of a key, whoever may read it', async () => {
  const line = `ssh-ed25519 ${Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'.padEnd(51, 'k')).toString('base64')} ada@thinkpad\n`;
  await writeFile(join(folder, '.ssh', 'key.pub'), line, { mode: 0o644 });
  expect(await here().keyFile('~/.ssh/key.pub')).toEqual({ kind: 'public', other: null });
  await writeFile(join(folder, '.ssh', 'key'), 'private', { mode: 0o600 });
  expect(await here().keyFile('~/.ssh/key.pub')).toEqual({ kind: 'public', other: '~/.ssh/key' });
});

describe('a port', () => {
  it.each<[string, (socket: Socket) => void, object]>([
    [
      'an SSH server',
      (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
      { kind: 'ssh', software: 'SSH-2.0-OpenSSH_9.2p1 Debian-2' },
    ],
    [
      'one that says other things first',
      (socket) => socket.write('welcome\r\nSSH-2.0-dropbear\r\n'),
      { kind: 'ssh', software: 'SSH-2.0-dropbear' },
    ],
    [
      'one whose greeting comes in pieces',
      (socket) => socket.write('SSH-2', () => socket.write('.0-x\r\n')),
      { kind: 'ssh', software: 'SSH-2.0-x' },
    ],
    [
      'another service',
      (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      { kind: 'other', said: 'HTTP/1.1 400 Bad Request' },
    ],
    ['one that hangs up', (socket) => socket.end(), { kind: 'other', said: '' }],
    ['one that resets', (socket) => socket.resetAndDestroy(), { kind: 'other', said: '' }],
    ['one that says nothing', () => undefined, { kind: 'silent' }],
    [
      'one that never stops',
      (socket) => socket.write('\u0000'.repeat(100_000)),
      { kind: 'other', said: '·'.repeat(80) },
    ],
  ])('of %s', async (_what, greet, look) => {
    const port = await listen(greet);
    expect(await here().reach('127.0.0.1', port)).toMatchObject(look);
  });

  it('that nobody listens on is refused', async () => {
    const port = await listen(() => undefined);
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    expect(await here().reach('127.0.0.1', port)).toEqual({ kind: 'refused' });
  });

  it('of a name that nobody knows has no way', async () => {
    expect(await here({ patienceMs: 5_000 }).reach('no-such-host.invalid', 22)).toMatchObject({ kind: 'no-route' });
  });

  it('is let go when it ends', async () => {
    const closed = new Promise<void>((resolve) => {
      void listen((socket) => {
        socket.on('close', resolve);
        diagnosis.stop();
      }).then((port) => diagnosis.reach('127.0.0.1', port));
    });
    const diagnosis = here({ patienceMs: 60_000 });
    await closed;
  });
});

describe('a key file', () => {
  it('is yours alone, open to others, or absent', async () => {
    const path = join(folder, '.ssh', 'lab');
    await writeFile(path, 'key');
    await chmod(path, 0o644);
    expect(await here().keyFile('~/.ssh/lab')).toEqual({ kind: 'open', mode: '0644' });
    expect(await here().tightenKey('~/.ssh/lab')).toMatchObject({ ok: true });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await here().keyFile(path)).toEqual({ kind: 'private' });
    expect(await here().keyFile('~/.ssh/other')).toEqual({ kind: 'absent' });
    expect(await here().tightenKey('~/.ssh/other')).toMatchObject({ ok: false });
  });

  it('may be a folder, which stays as it is', async () => {
    const path = join(folder, '.ssh', 'keys');
    await mkdir(path);
    for (const mode of [0o700, 0o755]) {
      await chmod(path, mode);
      expect(await here().keyFile(path)).toEqual({ kind: 'no-file', isFolder: true });
      expect(await here().tightenKey(path)).toMatchObject({ ok: false, error: { code: 'conflict' } });
      expect((await stat(path)).mode & 0o777).toBe(mode);
    }
  });
});

describe('this machine', () => {
  it('tells its variables without the logins in them, those in lower case first', () => {
    expect(
      tellingVariables({
        http_proxy: 'http://ada:secret@proxy:3128',
        HTTP_PROXY: 'http://other',
        NO_PROXY: '',
        SECRET_TOKEN: 'x',
        MLFLOW_TRACKING_URI: 'http://127.0.0.1:5001',
      }),
    ).toEqual({ HTTP_PROXY: 'http://proxy:3128', MLFLOW_TRACKING_URI: 'http://127.0.0.1:5001' });
  });

  it('tells how much room there is for its data', async () => {
    expect((await here().machine()).dataFreeBytes).toBeGreaterThan(0);
    expect((await here({ dataDir: join(folder, 'none') }).machine()).dataFreeBytes).toBeNull();
  });

  it('knows an agent that is absent or silent', async () => {
    expect(await here().agent()).toEqual({ kind: 'absent' });
    expect(await here({ env: { SSH_AUTH_SOCK: join(folder, 'none') } }).agent()).toMatchObject({ kind: 'silent' });
  });

  it('finds names as programs do', async () => {
    expect(await here({ patienceMs: 5_000 }).resolve('localhost')).toMatchObject({ kind: 'found' });
    expect((await here({ patienceMs: 5_000 }).resolve('no-such-host.invalid')).kind).not.toBe('found');
  });
});
