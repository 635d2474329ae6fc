import { describe, expect, it } from 'vitest';
import { CoreDouble, labVm, otherKey, presentedKey } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

describe('coming up', () => {
  it('dials, trusts a pinned key, logs in with the kept password and takes the route', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'right');
    expect(app.connection).toMatchObject({ kind: 'connecting', step: 'dialling', attempt: 1 });
    await app.reachLogin();
    expect(app.engine.last('trust-host-key').trust).toBe(true);
    expect(app.engine.all('try-login').map((each) => each.login?.kind)).toEqual(['none', 'password']);
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
    await app.accept();
    expect(app.connection).toMatchObject({ kind: 'up', software: 'OpenSSH_9.2' });
    expect(app.engine.last('set-route')).toMatchObject({ routeId: serverId, connectionId: app.engine.connectionId });
    expect(app.server().forwards[0]?.state).toEqual({ kind: 'up', checked: false });
    expect(app.engine.last('check-target')).toBeDefined();
  });

  it('binds the listener before the connection is there', async () => {
    const app = new CoreDouble();
    await app.startLabVm();
    expect(app.server().forwards[0]?.state).toEqual({ kind: 'holding' });
  });

  it('ignores what an attempt says that no longer counts', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const old = app.engine.connectionId;
    await app.lose();
    await app.clock.pass(60_000);
    expect(app.engine.connectionId).not.toBe(old);
    app.engine.emit({ kind: 'ready', connectionId: old, software: 'x', cipher: 'x' });
    app.engine.emit({ kind: 'closed', connectionId: old, failure: null });
    await settle();
    expect(app.connection.kind).toBe('connecting');
    await app.call('wanted.set', { serverId, on: false });
    expect(app.connection).toEqual({ kind: 'off' });
  });
});

describe('coming back', () => {
  it('retries the network for ever with a growing pause and a visible countdown', async () => {
    const app = new CoreDouble();
    await app.startLabVm();
    // Right after the start the network may be on its way, and the pauses do not grow: see waking.test.ts.
    await app.clock.pass(30_000);
    const pauses: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      await app.lose('unreachable');
      const { connection } = app;
      if (connection.kind !== 'waiting') throw new Error(connection.kind);
      pauses.push(connection.retryAtMs - app.clock.nowMs());
      await app.clock.pass(connection.retryAtMs - app.clock.nowMs());
      expect(app.connection.kind).toBe('connecting');
    }
    // The jitter double says one half: 250 ms, 500 ms … up to half of the longest pause.
    expect(pauses.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect(pauses.at(-1)).toBe(15_000);
    expect(app.core.snapshot().prompts).toEqual([]);
  });

  it('tries at once after a link that had held, and keeps listening', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.clock.pass(60_000);
    await app.lose();
    expect(app.connection).toMatchObject({ kind: 'waiting', retryAtMs: app.clock.nowMs() });
    expect(app.server().forwards[0]?.state.kind).toBe('holding');
    expect(app.engine.last('set-route').connectionId).toBeNull();
    await app.clock.pass(0);
    await app.reachLogin();
    await app.accept();
    expect(app.connection.kind).toBe('up');
    expect(app.server().forwards[0]?.state.kind).toBe('up');
    expect(app.engine.all('listen')).toHaveLength(1);
  });

  it('does not hammer a server that lets in and throws out at once', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    const pauses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await app.lose();
      const { connection } = app;
      if (connection.kind !== 'waiting') throw new Error(connection.kind);
      pauses.push(connection.retryAtMs - app.clock.nowMs());
      await app.clock.pass(pauses.at(-1)!);
      await app.reachLogin();
      await app.accept();
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000]);
  });

  it('tries at once when the network changes, and asks a standing link whether it lives', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    app.networkSignature = 'eth0';
    await app.clock.pass(500);
    expect(app.engine.last('check-link').connectionId).toBe(app.engine.connectionId);
    await app.lose();
    for (let round = 0; round < 8; round += 1) {
      await app.clock.pass(30_000);
      await app.lose('unreachable');
    }
    const { connection } = app;
    if (connection.kind !== 'waiting') throw new Error(connection.kind);
    expect(connection.retryAtMs - app.clock.nowMs()).toBeGreaterThan(5000);
    app.networkSignature = 'wlan1';
    await app.clock.pass(500);
    expect(app.connection.kind).toBe('connecting');
  });

  it('tries at once when the laptop wakes', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.clock.sleep(8 * 3600_000);
    await app.clock.pass(500);
    expect(app.engine.all('check-link')).toHaveLength(1);
    await app.lose();
    await app.clock.pass(1);
    expect(app.connection.kind).toBe('connecting');
  });

  it('says when it is offline', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    app.networkSignature = '';
    await app.clock.pass(500);
    expect(app.core.snapshot().network).toEqual({ online: false });
  });
});

describe('logging in', () => {
  it('asks for a password that it does not have, and remembers it once it was right', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    await app.reachLogin();
    const { promptId } = app.connection as { promptId: string };
    const prompt = app.prompt('password');
    expect(prompt).toMatchObject({ id: promptId, user: 'ubuntu', host: '192.0.2.10', wasWrong: false, serverId });
    await app.call('prompts.answer', {
      promptId: prompt.id,
      answer: { kind: 'secret', secret: 'right', remember: true },
    });
    expect(app.keychain.size).toBe(0);
    await app.accept();
    expect([...app.keychain.values()].map((each) => (JSON.parse(each) as { secret: string }).secret)).toEqual([
      'right',
    ]);
    expect(app.server().secrets).toEqual([{ kind: 'password', keptIn: 'keychain' }]);
    expect(JSON.stringify([app.core.snapshot(), app.log, app.files])).not.toContain('right"');
  });

  it('asks again when the kept password is refused, and asks a person after two refusals', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'old');
    await app.reachLogin();
    await app.refuse();
    const prompt = app.prompt('password');
    expect(prompt.wasWrong).toBe(true);
    await app.call('prompts.answer', {
      promptId: prompt.id,
      answer: { kind: 'secret', secret: 'wrong', remember: true },
    });
    await app.refuse();
    expect(app.engine.last('try-login').login).toBeNull();
    await app.lose('login-rejected');
    const confirm = app.prompt('confirm');
    expect(confirm.title).toBe('The login to lab-vm did not work');
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(1);
    expect(app.keychain.get(`server/${serverId}/password`)).toContain('old');
    // Told to try again, it does not send the refused password by itself.
    await app.call('prompts.answer', { promptId: confirm.id, answer: { kind: 'confirm' } });
    await app.reachLogin();
    expect(app.prompt('password').wasWrong).toBe(true);
  });

  it('stops after two refused logins by key and asks', async () => {
    const app = new CoreDouble();
    app.privateKeys.set('~/.ssh/id_lab', () => ({ kind: 'ready', pem: 'PEM', keyType: 'ssh-ed25519' }));
    const serverId = await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/.ssh/id_lab' } });
    for (let round = 0; round < 2; round += 1) {
      await app.reachLogin(['publickey']);
      expect(app.engine.last('try-login').login).toMatchObject({ kind: 'key', pem: 'PEM' });
      await app.refuse(['publickey']);
      expect(app.engine.last('try-login').login).toBeNull();
      await app.lose('login-rejected');
      if (round === 0) expect(app.connection.kind).toBe('waiting');
      await app.clock.pass(3000);
    }
    expect(app.engine.all('connect')).toHaveLength(2);
    const confirm = app.prompt('confirm');
    expect(confirm.message).toContain('authorized_keys');
    await app.call('prompts.cancel', { promptId: confirm.id });
    expect(app.connection).toMatchObject({ kind: 'failed', failure: { code: 'login-rejected' } });
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(2);
    await app.call('connection.retry', { serverId });
    expect(app.connection.kind).toBe('connecting');
  });

  it('says what is wrong with a key file instead of blaming the server', async () => {
    const app = new CoreDouble();
    await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/nowhere' } });
    await app.reachLogin(['publickey']);
    await app.lose('login-rejected');
    expect(app.prompt('confirm').message).toContain('There is no key file ~/nowhere.');
    expect(app.engine.all('connect')).toHaveLength(1);
  });

  it('asks for a passphrase until it fits, and keeps it', async () => {
    const app = new CoreDouble();
    app.privateKeys.set('~/k', (passphrase) =>
      passphrase === null
        ? { kind: 'needs-passphrase' }
        : passphrase === 'open'
          ? { kind: 'ready', pem: 'PEM', keyType: 'ssh-rsa' }
          : { kind: 'wrong-passphrase' },
    );
    const serverId = await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/k' } });
    await app.reachLogin(['publickey']);
    const first = app.prompt('passphrase');
    expect(first).toMatchObject({ keyPath: '~/k', wasWrong: false });
    await app.call('prompts.answer', { promptId: first.id, answer: { kind: 'secret', secret: 'no', remember: false } });
    const second = app.prompt('passphrase');
    expect(second.wasWrong).toBe(true);
    await app.call('prompts.answer', {
      promptId: second.id,
      answer: { kind: 'secret', secret: 'open', remember: true },
    });
    expect(app.engine.last('try-login').login).toEqual({ kind: 'key', pem: 'PEM' });
    await app.accept();
    expect(app.keychain.get(`server/${serverId}/passphrase`)).toContain('open');
  });

  it('tries agent and keys that need nobody before it asks, and locked keys before passwords', async () => {
    const app = new CoreDouble();
    app.defaultKeys = ['~/.ssh/id_rsa', '~/.ssh/id_ed25519'];
    app.privateKeys.set('~/.ssh/id_rsa', (passphrase) =>
      passphrase === null ? { kind: 'needs-passphrase' } : { kind: 'ready', pem: 'RSA', keyType: 'ssh-rsa' },
    );
    app.privateKeys.set('~/.ssh/id_ed25519', () => ({ kind: 'ready', pem: 'ED', keyType: 'ssh-ed25519' }));
    await app.startLabVm({ ...labVm, login: { kind: 'auto' } });
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'agent' });
    await app.refuse();
    expect(app.engine.last('try-login').login).toMatchObject({ kind: 'key', pem: 'ED' });
    await app.refuse();
    const passphrase = app.prompt('passphrase');
    await app.call('prompts.answer', {
      promptId: passphrase.id,
      answer: { kind: 'secret', secret: 'x', remember: false },
    });
    await app.refuse();
    expect(app.prompt('password').wasWrong).toBe(false);
  });

  it('asks the server’s own questions as a second factor, and on reconnect parks instead of looping', async () => {
    const app = new CoreDouble();
    app.privateKeys.set('~/k', () => ({ kind: 'ready', pem: 'PEM', keyType: 'ssh-ed25519' }));
    await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/k' } });
    await app.reachLogin(['publickey']);
    await app.refuse(['keyboard-interactive'], true);
    expect(app.engine.last('try-login').login).toEqual({ kind: 'questions' });
    const { connectionId } = app.engine;
    app.engine.emit({
      kind: 'questions',
      connectionId,
      title: '2FA',
      instructions: 'From your phone',
      questions: [
        { text: 'Verification code: ', echo: true },
        { text: 'PIN: ', echo: false },
      ],
    });
    await settle();
    const prompt = app.prompt('codes');
    expect(prompt).toMatchObject({ title: '2FA', instructions: 'From your phone' });
    const short = await app.core.call('prompts.answer', {
      promptId: prompt.id,
      answer: { kind: 'codes', answers: ['1'] },
    });
    expect(short).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    await app.call('prompts.answer', { promptId: prompt.id, answer: { kind: 'codes', answers: ['123456', '0000'] } });
    expect(app.engine.last('answer-questions').answers).toEqual(['123456', '0000']);
    await app.accept();
    await app.clock.pass(60_000);
    await app.lose();
    expect(app.prompt('confirm').confirmLabel).toBe('Try again');
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(1);
  });

  it('answers a lone password question with the kept password', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'right');
    await app.reachLogin(['keyboard-interactive']);
    const { connectionId } = app.engine;
    const questions = [{ text: 'Password: ', echo: false }];
    app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions });
    await settle();
    expect(app.engine.last('answer-questions').answers).toEqual(['right']);
  });

  it('keeps a password question open when the link goes, and uses the answer for the next one', async () => {
    const app = new CoreDouble();
    await app.startLabVm();
    await app.reachLogin();
    const prompt = app.prompt('password');
    await app.lose('link-lost');
    expect(app.connection).toMatchObject({ kind: 'needs-you', promptId: prompt.id });
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(1);
    await app.call('prompts.answer', {
      promptId: prompt.id,
      answer: { kind: 'secret', secret: 'right', remember: false },
    });
    expect(app.engine.all('connect')).toHaveLength(2);
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
  });

  it('drops a code question with its link and waits for a person', async () => {
    const app = new CoreDouble();
    await app.startLabVm();
    await app.reachLogin(['keyboard-interactive']);
    const { connectionId } = app.engine;
    const questions = [{ text: 'Code: ', echo: true }];
    app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions });
    await settle();
    app.prompt('codes');
    await app.lose('link-lost');
    app.prompt('confirm');
    expect(app.connection.kind).toBe('needs-you');
  });

  it('takes its questions back when it is switched off', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    await app.reachLogin();
    app.prompt('password');
    await app.call('wanted.set', { serverId, on: false });
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.connection).toEqual({ kind: 'off' });
    expect(app.engine.last('disconnect').connectionId).toBe(app.engine.connectionId);
  });

  it('stops when a question is cancelled', async () => {
    const app = new CoreDouble();
    await app.startLabVm();
    await app.reachLogin();
    await app.call('prompts.cancel', { promptId: app.prompt('password').id });
    expect(app.engine.last('try-login').login).toBeNull();
    await app.lose('login-rejected');
    expect(app.connection).toMatchObject({ kind: 'failed', failure: { code: 'cancelled' } });
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(1);
  });
});

describe('host keys', () => {
  async function unknown(app: CoreDouble): Promise<string> {
    await app.core.start();
    const { serverId } = await app.call('servers.add', { draft: labVm });
    await app.call('wanted.set', { serverId, on: true });
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...presentedKey });
    await settle();
    return serverId;
  }

  it('asks for an unknown key, pins it, and does not ask again', async () => {
    const app = new CoreDouble();
    await unknown(app);
    const prompt = app.prompt('host-key-unknown');
    expect(prompt.presented).toEqual({ keyType: 'ssh-ed25519', fingerprint: presentedKey.fingerprint });
    const wrong = await app.core.call('prompts.answer', {
      promptId: prompt.id,
      answer: { kind: 'accept-host-key', fingerprint: otherKey.fingerprint, alsoKnownHosts: false },
    });
    expect(wrong).toMatchObject({ ok: false, error: { code: 'conflict' } });
    await app.call('prompts.answer', {
      promptId: prompt.id,
      answer: { kind: 'accept-host-key', fingerprint: presentedKey.fingerprint, alsoKnownHosts: true },
    });
    expect(app.engine.last('trust-host-key').trust).toBe(true);
    expect(app.writtenKnownHosts).toEqual([presentedKey.key]);
    expect(app.files.hostKeys.saved).toMatchObject({ keys: [{ host: '192.0.2.10', ...presentedKey }] });
    await app.lose();
    await app.clock.pass(1000);
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...presentedKey });
    await settle();
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.engine.last('connect').hostKeyTypes).toEqual(['ssh-ed25519']);
  });

  it('honours known_hosts unless told not to', async () => {
    const app = new CoreDouble();
    app.knownHosts.push({ ...presentedKey, marker: 'none', storedIn: '~/.ssh/known_hosts:3' });
    await unknown(app);
    expect(app.engine.last('trust-host-key').trust).toBe(true);
    await app.call('settings.set', { patch: { useKnownHosts: false } });
    await app.lose();
    await app.clock.pass(1000);
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...presentedKey });
    await settle();
    app.prompt('host-key-unknown');
  });

  it('never trusts a revoked key', async () => {
    const app = new CoreDouble();
    app.knownHosts.push({ ...presentedKey, marker: 'revoked', storedIn: '~/.ssh/known_hosts:3' });
    await unknown(app);
    expect(app.engine.last('trust-host-key').trust).toBe(false);
    app.engine.emit({
      kind: 'closed',
      connectionId: app.engine.connectionId,
      failure: { code: 'host-key-rejected', message: 'x' },
    });
    await settle();
    expect(app.connection).toMatchObject({ kind: 'failed', failure: { code: 'host-key-revoked' } });
  });

  it('stops at a changed key, shows both, and goes on only when the new one is accepted', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    await app.lose();
    await app.clock.pass(60_000);
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...otherKey });
    await settle();
    const prompt = app.prompt('host-key-changed');
    expect(prompt.presented.fingerprint).toBe(otherKey.fingerprint);
    expect(prompt.known).toMatchObject([{ fingerprint: presentedKey.fingerprint, storedIn: 'Mooring' }]);
    expect(prompt.known[0]?.firstSeenMs).toBeGreaterThan(0);
    await app.call('prompts.cancel', { promptId: prompt.id });
    expect(app.engine.last('trust-host-key').trust).toBe(false);
    app.engine.emit({
      kind: 'closed',
      connectionId: app.engine.connectionId,
      failure: { code: 'host-key-rejected', message: 'x' },
    });
    await settle();
    expect(app.connection).toMatchObject({ kind: 'failed', failure: { code: 'host-key-changed' } });
    const attempts = app.engine.all('connect').length;
    app.networkSignature = 'eth9';
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(attempts);
    await app.call('connection.retry', { serverId });
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...otherKey });
    await settle();
    await app.call('prompts.answer', {
      promptId: app.prompt('host-key-changed').id,
      answer: { kind: 'accept-host-key', fingerprint: otherKey.fingerprint, alsoKnownHosts: false },
    });
    expect(app.engine.last('trust-host-key').trust).toBe(true);
  });
});
