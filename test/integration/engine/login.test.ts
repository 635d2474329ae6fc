/** The login conversation, against a server whose every answer is chosen. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentPaths } from '../../../main/adapters/engine/agent.ts';
import { available, makeKey } from '../../support/sshd.ts';
import { makeKeyPair, startSshDouble, type SshDouble, type SshDoubleOptions } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { startRig, type Rig } from './rig.ts';

let rig: Rig;
let double: SshDouble;
const endings: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  rig = startRig({ agentSocketPath: '/nonexistent/agent' });
});

afterEach(async () => {
  await rig.close();
  while (endings.length > 0) await endings.pop()?.();
});

async function serve(options: SshDoubleOptions): Promise<SshDouble> {
  double = await startSshDouble(options);
  endings.push(() => double.stop());
  return double;
}

function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'mooring-login-'));
  endings.push(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

describe('password', () => {
  const stages = [[{ kind: 'password', password: 'right pässword' }]] as const;

  it('gets in, and what the server takes is told on the way', async () => {
    rig.connect(await serve({ stages }), [
      { kind: 'none' },
      { kind: 'password', password: 'wrong' },
      { kind: 'password', password: 'right pässword' },
    ]);
    await rig.next('ready');
    expect(rig.all('login-wanted').map(({ methods, partial, trouble }) => ({ methods, partial, trouble }))).toEqual([
      { methods: null, partial: false, trouble: null },
      { methods: ['password'], partial: false, trouble: null },
      { methods: ['password'], partial: false, trouble: null },
    ]);
    expect(double.logins).toEqual(['none', 'password', 'password:accepted']);
  });

  it('is given up with null', async () => {
    rig.connect(await serve({ stages }), [{ kind: 'password', password: 'wrong' }]);
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'login-rejected' } });
  });

  it('is rejected when the server has had enough', async () => {
    const wrong = { kind: 'password', password: 'wrong' } as const;
    rig.connect(await serve({ stages, maxTries: 3 }), [wrong, wrong, wrong, wrong]);
    const { failure } = await rig.next('closed');
    expect(failure).toMatchObject({ code: 'login-rejected', detail: 'Too many authentication failures' });
    expect(double.logins).toHaveLength(3);
  });

  it('is cut off when the server hangs up in place of a verdict, which may be a no', async () => {
    const wrong = { kind: 'password', password: 'wrong' } as const;
    rig.connect(await serve({ stages, hangUpAtTry: 2 }), [wrong, wrong]);
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'login-cut-off' } });
  });

  it('is not blamed when the link is lost at the first try', async () => {
    rig.connect(await serve({ stages, hangUpAtTry: 1 }), [{ kind: 'password', password: 'right pässword' }]);
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'link-lost' } });
  });

  it('may take its time', async () => {
    const connectionId = rig.connect({ ...(await serve({ stages })), timeoutMs: 300 });
    await rig.next('host-key');
    rig.send({ kind: 'trust-host-key', connectionId, trust: true });
    await rig.next('login-wanted');
    const startMs = performance.now();
    await waitFor('longer than the limit', () => performance.now() - startMs > 600);
    rig.send({ kind: 'try-login', connectionId, login: { kind: 'password', password: 'right pässword' } });
    await rig.next('ready');
  });
});

describe('key', () => {
  it.each(['ed25519', 'rsa', 'ecdsa'] as const)('of type %s gets in', async (type) => {
    const pair = makeKeyPair(type);
    rig.connect(await serve({ stages: [[{ kind: 'publickey', publicKeys: [pair.public] }]] }), [
      { kind: 'key', pem: pair.private },
    ]);
    await rig.next('ready');
    expect(double.logins).toEqual(['publickey:accepted']);
  });

  it.each([
    ['nonsense', 'no key at all'],
    ['a public key', makeKeyPair().public],
    ['a broken key', `${makeKeyPair().private.slice(0, 150)}\n-----END OPENSSH PRIVATE KEY-----\n`],
    ['a locked key', makeKeyPair('ed25519', 'open sesame').private],
    ['nothing', ''],
  ])('that is %s is trouble, not a try', async (_name, pem) => {
    rig.connect(await serve({}), [{ kind: 'key', pem }, { kind: 'none' }]);
    await rig.next('ready');
    expect(rig.all('login-wanted')[1]?.trouble?.code).toBe('key-unreadable');
    expect(double.logins).toEqual(['none:accepted']);
  });

  it('that the server does not know is a no', async () => {
    const [known, other] = [makeKeyPair(), makeKeyPair()];
    rig.connect(await serve({ stages: [[{ kind: 'publickey', publicKeys: [known.public] }]] }), [
      { kind: 'key', pem: other.private },
    ]);
    await rig.next('login-wanted', (event) => event.methods?.[0] === 'publickey');
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'login-rejected' } });
  });
});

describe('questions', () => {
  const rounds = [
    { title: 'First', instructions: 'Read\r\nwell', questions: [{ text: 'Password: ', echo: false, answer: 'pw' }] },
    { questions: [] },
    {
      questions: [
        { text: 'Code: ', echo: true, answer: '123456' },
        { text: 'Colour? ', echo: true, answer: 'blé' },
      ],
    },
  ];

  it('come in rounds; empty ones are answered by themselves', async () => {
    const connectionId = rig.connect(await serve({ stages: [[{ kind: 'questions', rounds }]] }), [
      { kind: 'questions' },
    ]);
    expect(await rig.next('questions')).toEqual({
      kind: 'questions',
      connectionId,
      title: 'First',
      instructions: 'Read\nwell',
      questions: [{ text: 'Password: ', echo: false }],
    });
    rig.send({ kind: 'answer-questions', connectionId, answers: ['pw'] });
    const second = await rig.next('questions');
    expect(second.questions.map(({ text }) => text)).toEqual(['Code: ', 'Colour? ']);
    rig.send({ kind: 'answer-questions', connectionId, answers: ['123456', 'blé'] });
    await rig.next('ready');
  });

  it('may be thought about', async () => {
    const target = await serve({ stages: [[{ kind: 'questions', rounds: rounds.slice(0, 1) }]] });
    const connectionId = rig.connect({ ...target, timeoutMs: 300 }, [{ kind: 'questions' }]);
    await rig.next('questions');
    const startMs = performance.now();
    await waitFor('longer than the limit', () => performance.now() - startMs > 600);
    rig.send({ kind: 'answer-questions', connectionId, answers: ['pw'] });
    await rig.next('ready');
  });

  it('wrongly answered, or with too few answers, are a no', async () => {
    const connectionId = rig.connect(await serve({ stages: [[{ kind: 'questions', rounds }]] }), [
      { kind: 'questions' },
      { kind: 'questions' },
    ]);
    await rig.next('questions');
    rig.send({ kind: 'answer-questions', connectionId, answers: ['wrong'] });
    await rig.next('questions');
    rig.send({ kind: 'answer-questions', connectionId, answers: [] });
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'login-rejected' } });
  });

  it('can be given up, or left for another try', async () => {
    const stages = [
      [
        { kind: 'questions', rounds },
        { kind: 'password', password: 'pw' },
      ],
    ] as const;
    const connectionId = rig.connect(await serve({ stages }), [{ kind: 'questions' }]);
    await rig.next('questions');
    rig.send({ kind: 'try-login', connectionId, login: { kind: 'password', password: 'pw' } });
    await rig.next('ready');
    const second = rig.connect(double, [{ kind: 'questions' }]);
    await rig.next('questions');
    rig.send({ kind: 'try-login', connectionId: second, login: null });
    expect(await rig.next('closed')).toMatchObject({ connectionId: second, failure: { code: 'login-rejected' } });
  });
});

describe('two factors', () => {
  const code = { kind: 'questions', rounds: [{ questions: [{ text: 'Code: ', echo: true, answer: '42' }] }] } as const;

  it.each(['ed25519', 'rsa'] as const)('key (%s), then a code', async (type) => {
    const pair = makeKeyPair(type);
    const stages = [[{ kind: 'publickey', publicKeys: [pair.public] }], [code]] as const;
    const connectionId = rig.connect(await serve({ stages }), [
      { kind: 'key', pem: pair.private },
      { kind: 'questions' },
    ]);
    expect(await rig.next('login-wanted', (event) => event.methods !== null)).toMatchObject({
      methods: ['keyboard-interactive'],
      partial: true,
    });
    await rig.next('questions');
    rig.send({ kind: 'answer-questions', connectionId, answers: ['42'] });
    await rig.next('ready');
    expect(double.logins).toEqual(['publickey:accepted', 'keyboard-interactive:accepted']);
  });
});

describe('agent', () => {
  it('is where the system says', () => {
    expect(agentPaths('/mine', 'linux', { SSH_AUTH_SOCK: '/theirs' })).toEqual(['/mine']);
    expect(agentPaths(undefined, 'linux', { SSH_AUTH_SOCK: '/theirs' })).toEqual(['/theirs']);
    expect(agentPaths(undefined, 'linux', {})).toEqual([]);
    expect(agentPaths(undefined, 'win32', {})).toEqual(['\\\\.\\pipe\\openssh-ssh-agent', 'pageant']);
  });

  it('that is not there is trouble, not a try', async () => {
    rig.connect(await serve({}), [{ kind: 'agent' }, { kind: 'none' }]);
    await rig.next('ready');
    expect(rig.all('login-wanted')[1]).toMatchObject({ trouble: { code: 'agent-unavailable' } });
    expect(double.logins).toEqual(['none:accepted']);
  });

  it.each([
    ['hangs up', (socket: Socket) => socket.end()],
    ['cuts', (socket: Socket) => socket.destroy()],
    ['talks rubbish', (socket: Socket) => socket.write('\0\0\0\x05rubbish rubbish')],
    ['fails', (socket: Socket) => socket.write(Buffer.of(0, 0, 0, 1, 5))],
    ['holds no keys', (socket: Socket) => socket.write(Buffer.of(0, 0, 0, 5, 12, 0, 0, 0, 0))],
  ])('that %s is trouble, not a try', async (_name, answer) => {
    const path = await fakeAgent((socket) => socket.once('data', () => answer(socket)));
    await rig.close();
    rig = startRig({ agentSocketPath: path });
    rig.connect(await serve({}), [{ kind: 'agent' }, { kind: 'none' }]);
    await rig.next('ready');
    expect(rig.all('login-wanted')[1]).toMatchObject({ trouble: { code: 'agent-unavailable' } });
  });

  it('that never answers leaves nothing behind when the connection ends', async () => {
    let asked = false;
    const path = await fakeAgent((socket) => {
      socket.once('data', () => {
        asked = true;
      });
    });
    await rig.close();
    rig = startRig({ agentSocketPath: path });
    const connectionId = rig.connect(await serve({}), [{ kind: 'agent' }]);
    await waitFor('the agent to be asked', () => asked);
    rig.send({ kind: 'disconnect', connectionId });
    expect(await rig.next('closed')).toMatchObject({ failure: null });
    await waitFor('its socket to close', () => !process.getActiveResourcesInfo().includes('PipeConnectWrap'));
  });

  describe.skipIf(available())('of OpenSSH', () => {
    it.each(['ed25519', 'rsa', 'ecdsa'] as const)('signs by a key of type %s', async (type) => {
      const agent = await startAgent([type]);
      rig = startRig({ agentSocketPath: agent.socketPath });
      rig.connect(await serve({ stages: [[{ kind: 'publickey', publicKeys: agent.publicKeys }]] }), [
        { kind: 'agent' },
      ]);
      await rig.next('ready');
      expect(double.logins).toEqual(['publickey:accepted']);
    });

    it('offers its keys one by one', async () => {
      const agent = await startAgent(['ed25519', 'rsa', 'ecdsa']);
      rig = startRig({ agentSocketPath: agent.socketPath });
      const known = [agent.publicKeys[2] ?? ''];
      rig.connect(await serve({ stages: [[{ kind: 'publickey', publicKeys: known }]] }), [{ kind: 'agent' }]);
      await rig.next('ready');
      expect(double.logins).toEqual(['publickey', 'publickey', 'publickey:accepted']);
      expect(rig.all('login-wanted')).toHaveLength(1);
    });

    it('with keys that nobody knows is a no', async () => {
      const agent = await startAgent(['ed25519', 'ecdsa']);
      rig = startRig({ agentSocketPath: agent.socketPath });
      const stages = [[{ kind: 'publickey', publicKeys: [makeKeyPair().public] }]] as const;
      rig.connect(await serve({ stages }), [{ kind: 'agent' }]);
      expect(await rig.next('login-wanted', (event) => event.methods !== null)).toMatchObject({ trouble: null });
      expect(double.logins).toEqual(['publickey', 'publickey']);
    });

    it('is enough for one factor of two, whatever other keys it holds', async () => {
      const agent = await startAgent(['rsa', 'ed25519']);
      rig = startRig({ agentSocketPath: agent.socketPath });
      const stages = [
        [{ kind: 'publickey', publicKeys: [agent.publicKeys[0] ?? ''] }],
        [{ kind: 'password', password: 'pw' }],
      ] as const;
      rig.connect(await serve({ stages }), [{ kind: 'agent' }, { kind: 'password', password: 'pw' }]);
      await rig.next('ready');
      expect(rig.all('login-wanted')[1]).toMatchObject({ methods: ['password'], partial: true });
      expect(double.logins).toEqual(['publickey:accepted', 'password:accepted']);
    });

    it('that refuses to sign is trouble', async () => {
      // ssh-add -c wants a confirmation that nobody can give here.
      const agent = await startAgent(['ed25519'], ['-c']);
      rig = startRig({ agentSocketPath: agent.socketPath });
      rig.connect(await serve({ stages: [[{ kind: 'publickey', publicKeys: agent.publicKeys }]] }), [
        { kind: 'agent' },
      ]);
      expect(await rig.next('login-wanted', (event) => event.trouble !== null)).toMatchObject({
        trouble: { code: 'agent-unavailable' },
      });
    });
  });
});

describe('a hostile server', () => {
  it('can’t let us in before a login was tried', async () => {
    const connectionId = rig.connect(await serve({}));
    await rig.next('host-key');
    double.connections[0]?.wire._authsQueue.push('none');
    double.connections[0]?.wire.authSuccess();
    rig.send({ kind: 'trust-host-key', connectionId, trust: true });
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'protocol-error' } });
    expect(rig.all('ready')).toEqual([]);
  });

  it('can’t ask for ever', async () => {
    const rounds = Array.from({ length: 200 }, () => ({ questions: [] }));
    rig.connect(await serve({ stages: [[{ kind: 'questions', rounds }]] }), [{ kind: 'questions' }]);
    expect(await rig.next('closed')).toMatchObject({ failure: { code: 'protocol-error' } });
  });
});

async function fakeAgent(serveAgent: (socket: Socket) => void): Promise<string> {
  const path = join(tempDir(), 'agent');
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serveAgent(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return path;
}

/** A real ssh-agent with new keys of the given types, in this order. */
async function startAgent(
  types: readonly ('ed25519' | 'rsa' | 'ecdsa')[],
  addOptions: readonly string[] = [],
): Promise<{ readonly socketPath: string; readonly publicKeys: readonly string[] }> {
  await rig.close();
  const dir = tempDir();
  const socketPath = join(dir, 'agent');
  const env = { PATH: process.env['PATH'], SSH_AUTH_SOCK: socketPath, SSH_ASKPASS: '/bin/false' };
  const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', socketPath], { env, stdio: 'ignore' });
  endings.push(async () => {
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill();
    await ended;
  });
  const keyPaths = types.map((type, index) => makeKey(dir, `key${String(index)}`, type));
  await waitFor('ssh-agent', () => {
    try {
      execFileSync('ssh-add', ['-q', ...addOptions, ...keyPaths], { env, stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  return { socketPath, publicKeys: keyPaths.map((path) => readFileSync(`${path}.pub`, 'utf8').trim()) };
}
