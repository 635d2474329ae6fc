import { describe, expect, it } from 'vitest';
import { parseAdded } from '../../../main/core/keys/authorized-keys.ts';
import { notProven } from '../../../main/core/keys/not-proven.ts';
import { keyPurpose } from '../../../main/core/secrets.ts';
import type { CallValue } from '../../../main/shared/contract.ts';
import { done, failed, failure, type Reply } from '../../../main/shared/failure.ts';
import { describeKey, keyTypeWords } from '../../../main/shared/keys.ts';
import { CoreDouble, labVm, otherKey, publicKey } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

const path = '~/.ssh/id_ed25519';
const ready = () => ({ kind: 'ready', pem: 'PEM', keyType: 'ssh-ed25519' }) as const;

/** A server that is up, and an installation on its way: the line is on the server, and the proof dials. */
async function begin(app: CoreDouble, useIt = true, answers: readonly string[] = ['added']) {
  if (!app.privateKeys.has(path)) app.privateKeys.set(path, ready);
  const serverId = await app.bringUp();
  const firstId = app.engine.connectionId;
  const told = [...answers];
  app.engine.answersExec = () => ({ exitCode: 0, stdout: `${told.shift() ?? 'removed'}\n` });
  const reply = app.core.call('keys.install', { serverId, path, useIt }) as Promise<Reply<CallValue<'keys.install'>>>;
  await settle();
  return { serverId, firstId, reply };
}

/** The server takes the key that the proof offers. */
async function proveWell(app: CoreDouble): Promise<void> {
  await app.reachLogin();
  expect(app.engine.last('try-login').login).toEqual({ kind: 'key', pem: 'PEM' });
  await app.accept();
}

describe('a key for a server', () => {
  it('is put there by stdin, proven on a connection of its own, and used without making the first one anew', async () => {
    const app = new CoreDouble();
    const { serverId, firstId, reply } = await begin(app);
    const exec = app.engine.last('exec-start');
    expect(exec).toMatchObject({ connectionId: firstId, input: 'ssh-ed25519 AAAAPEM ada@thinkpad\n' });
    expect(exec.script).not.toContain('AAAAPEM');
    const proofId = app.engine.connectionId;
    expect(proofId).not.toBe(firstId);
    await proveWell(app);
    expect(await reply).toEqual(done({ added: true, used: true, fingerprint: publicKey.fingerprint, notes: [] }));
    expect(app.engine.last('disconnect').connectionId).toBe(proofId);
    expect(app.server().profile.login).toEqual({ kind: 'key', path });
    expect(app.connection.kind).toBe('up');
    expect(app.engine.all('connect')).toHaveLength(2);

    // After a loss it is the key that logs in.
    app.engine.emit({ kind: 'closed', connectionId: firstId, failure: failure('link-lost', 'Lost.') });
    await app.clock.pass(60_000);
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'key', pem: 'PEM' });
    expect(serverId).toBe(app.server().profile.id);
  });

  it('leaves the login as it is unless it is to be used', async () => {
    const app = new CoreDouble();
    const { reply } = await begin(app, false);
    await proveWell(app);
    expect(await reply).toMatchObject({ ok: true, value: { used: false } });
    expect(app.server().profile.login).toEqual(labVm.login);
  });

  it('is taken off again when the server does not let it in, by its own line', async () => {
    const app = new CoreDouble();
    const { firstId, reply } = await begin(app, true, ['made folder\nmade file\nadded', 'removed']);
    await app.reachLogin();
    await app.refuse();
    expect(app.engine.last('try-login').login).toBeNull();
    await app.lose('login-rejected');
    expect(await reply).toMatchObject({
      ok: false,
      error: { code: 'login-rejected', hint: expect.stringContaining('taken off the server again') as string },
    });
    expect(app.engine.last('exec-start')).toMatchObject({
      connectionId: firstId,
      input: 'ssh-ed25519 AAAAPEM ada@thinkpad\nfolder file\n',
    });
    expect(app.server().profile.login).toEqual(labVm.login);
    expect(app.connection.kind).toBe('up');
  });

  it('is not taken off when it had been there before', async () => {
    const app = new CoreDouble();
    const { reply } = await begin(app, true, ['present options']);
    await app.reachLogin();
    await app.refuse();
    await app.lose('login-rejected');
    expect(await reply).toMatchObject({ ok: false, error: { hint: expect.stringContaining('Nothing was changed') } });
    expect(app.engine.all('exec-start')).toHaveLength(1);
  });

  it('is not offered to another machine that answers there, and nobody is asked about its host key', async () => {
    const app = new CoreDouble();
    const { reply } = await begin(app);
    const { connectionId } = app.engine;
    app.engine.emit({ kind: 'host-key', connectionId, ...otherKey });
    await settle();
    expect(app.engine.last('trust-host-key')).toMatchObject({ trust: false });
    expect(app.core.snapshot().prompts).toEqual([]);
    await app.lose('host-key-rejected');
    expect(await reply).toMatchObject({ ok: false, error: { code: 'host-key-changed' } });
    expect(app.server().profile.login).toEqual(labVm.login);
  });

  it('never falls back to the password that is kept', async () => {
    const app = new CoreDouble();
    await begin(app);
    await app.reachLogin();
    await app.refuse(['password', 'keyboard-interactive']);
    const kinds = app.engine.all('try-login').slice(2);
    expect(kinds.map(({ login }) => login?.kind ?? null)).toEqual(['none', 'key', null]);
    await app.core.stop();
  });

  it('waits 30 s for a server that says nothing, not for a person', async () => {
    const app = new CoreDouble();
    const { reply } = await begin(app);
    await app.reachLogin();
    await app.clock.pass(30_000);
    expect(await reply).toMatchObject({ ok: false, error: { code: 'timed-out' } });
  });

  it('has its passphrase asked for before anything is changed; once proven it is kept for the server', async () => {
    const app = new CoreDouble();
    app.privateKeys.set(path, (passphrase) => {
      if (passphrase === 'open sesame') return ready();
      return { kind: passphrase === null ? 'needs-passphrase' : 'wrong-passphrase' };
    });
    const { serverId, reply } = await begin(app);
    expect(app.engine.all('exec-start')).toEqual([]);
    const answer = { kind: 'secret', secret: 'open sesame', remember: true } as const;
    await app.call('prompts.answer', { promptId: app.prompt('passphrase').id, answer });
    await proveWell(app);
    expect(await reply).toMatchObject({ ok: true });
    const kept = JSON.parse(app.keychain.get(`server/${serverId}/passphrase`) ?? '{}') as unknown;
    expect(kept).toEqual({ purpose: keyPurpose(path), secret: 'open sesame' });
    expect(JSON.stringify(app.core.snapshot()) + JSON.stringify(app.log)).not.toContain('open sesame');
  });

  it('whose passphrase is not told is a login that is cancelled, with nothing changed', async () => {
    const app = new CoreDouble();
    app.privateKeys.set(path, () => ({ kind: 'needs-passphrase' }));
    const { reply } = await begin(app);
    await app.call('prompts.cancel', { promptId: app.prompt('passphrase').id });
    expect(await reply).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(app.engine.all('exec-start')).toEqual([]);
  });

  it('needs a connection, is put there once at a time, and not on the demo server', async () => {
    const app = new CoreDouble();
    app.privateKeys.set(path, ready);
    await app.core.start();
    const { serverId } = await app.call('servers.add', { draft: labVm });
    expect(await app.core.call('keys.install', { serverId, path, useIt: true })).toMatchObject({
      error: { code: 'conflict', message: 'lab-vm is not connected.' },
    });
    const demo = await app.call('demo.start', {});
    expect(await app.core.call('keys.install', { serverId: demo.serverId, path, useIt: true })).toMatchObject({
      error: { code: 'not-allowed' },
    });
    const other = new CoreDouble();
    const begun = await begin(other);
    const second = await other.core.call('keys.install', { serverId: begun.serverId, path, useIt: true });
    expect(second).toMatchObject({ error: { code: 'conflict', message: 'A key is being put on lab-vm just now.' } });
    await other.core.stop();
    expect(await begun.reply).toMatchObject({ ok: false });
    expect(other.clock.pending).toBe(0);
  });

  it('is not used by a profile that goes elsewhere by now, nor when it can’t be saved', async () => {
    const app = new CoreDouble();
    const { serverId, reply } = await begin(app);
    const { name, address, port, login } = labVm;
    await app.reachLogin();
    const proofId = app.engine.connectionId;
    await app.call('servers.edit', { serverId, draft: { name, address, port, login, user: 'root' } });
    app.engine.emit({ kind: 'ready', connectionId: proofId, software: 'x', cipher: 'y' });
    expect(await reply).toMatchObject({ ok: false, error: { code: 'conflict' } });
    expect(app.server().profile.login).toEqual(login);

    const full = new CoreDouble();
    const begun = await begin(full);
    full.files.servers.full = true;
    await proveWell(full);
    expect(await begun.reply).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
    expect(full.server().profile.login).toEqual(login);
    expect(full.connection.kind).toBe('up');
  });
});

describe('a key that was made here', () => {
  it('has its passphrase typed once: the first server it opens keeps it', async () => {
    const app = new CoreDouble();
    await app.core.start();
    await app.call('keys.make', { passphrase: 'open sesame', remember: true });
    const serverId = await app.startLabVm({ ...labVm, login: { kind: 'key', path } });
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'key', pem: 'MADE' });
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.keychain.size).toBe(0);
    await app.accept();
    expect(app.keychain.get(`server/${serverId}/passphrase`)).toContain('open sesame');
  });

  it('does not have it in the keychain where nobody said so', async () => {
    const app = new CoreDouble();
    await app.core.start();
    await app.call('keys.make', { passphrase: 'open sesame' });
    await app.startLabVm({ ...labVm, login: { kind: 'key', path } });
    await app.reachLogin();
    await app.accept();
    expect(app.server().secrets).toEqual([{ kind: 'passphrase', keptIn: 'run' }]);
    expect(app.keychain.size).toBe(0);
  });
});

describe('what the server answers', () => {
  it.each([
    ['broken mkdir: cannot create directory ‘/home/u/.ssh’: Read-only file system', 'its disk is read-only'],
    ['broken sh: write error: No space left on device', 'its disk is full'],
    ['broken sh: cannot create /home/u/.ssh/authorized_keys: Permission denied', 'this account may not write there'],
    ['broken its home folder /nowhere does not exist', 'its home folder /nowhere does not exist'],
  ])('%s', (said, why) => {
    expect(parseAdded(`loose /home/u\n${said}\n`, 'lab')).toMatchObject({
      error: { code: 'storage-failed', message: `The key could not be put on lab: ${why}.` },
    });
  });

  it('an answer without its word is none', () => {
    expect(parseAdded('made file\n', 'lab')).toMatchObject({ error: { code: 'protocol-error' } });
  });

  const refused = failure('login-rejected', 'lab did not accept the login.');
  const hintFor = (said: string) => {
    const added = parseAdded(said, 'lab');
    if (!added.ok) throw new Error(said);
    return notProven({ name: 'lab', user: 'u' }, refused, added.value, done(null)).hint;
  };
  it.each([
    ['sshd pubkey no\nadded', /PubkeyAuthentication/],
    ['sshd files /etc/ssh/keys/%u\nadded', /keys in \/etc\/ssh\/keys\/%u, not/],
    ['sshd files .ssh/authorized_keys /etc/k\nloose /home/a b\nadded', /chmod go-w '\/home\/a b'/],
    ['sshd files %h/.ssh/authorized_keys\nadded', /journalctl/],
    ['present options', /begins with options/],
  ])('why %j is refused', (said, hint) => {
    expect(hintFor(said)).toMatch(hint);
  });

  it('a line that could not be taken off again is told', () => {
    const added = parseAdded('added', 'lab');
    if (!added.ok) throw new Error('no');
    const lost = failed(failure('link-lost', 'Gone.'));
    expect(notProven({ name: 'lab', user: 'u' }, refused, added.value, lost).hint).toContain('could not be taken off');
    const other = failure('unreachable', 'No route to lab.', { hint: 'Check the network.' });
    expect(notProven({ name: 'lab', user: 'u' }, other, added.value, done(null))).toMatchObject({
      code: 'unreachable',
      message: 'The login with the key could not be proven: No route to lab.',
    });
  });
});

it('says a key in a line', () => {
  const key = { path, comment: 'ada@thinkpad', fingerprint: null, hasPassphrase: true, hasPublicFile: true };
  expect(describeKey({ ...key, keyType: 'ssh-ed25519' })).toBe('ED25519 · ada@thinkpad · passphrase');
  expect(['ssh-rsa', 'ecdsa-sha2-nistp521', 'ssh-dss', null].map(keyTypeWords)).toEqual([
    'RSA',
    'ECDSA 521',
    'DSA',
    'key',
  ]);
});
