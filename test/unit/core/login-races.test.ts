/** What happens while a keychain, a key file or a person takes its time, and what a server can do to a login. */
import { describe, expect, it } from 'vitest';
import { CoreDouble, labVm, presentedKey } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

const passwordTries = (app: CoreDouble) =>
  app.engine.all('try-login').filter((each) => each.login?.kind === 'password');

describe('while the keychain is being read', () => {
  async function waiting(): Promise<{ app: CoreDouble; serverId: string }> {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keychainGate.close();
    await app.reachLogin();
    return { app, serverId };
  }

  it('a switch to off leaves no question and stays off', async () => {
    const { app, serverId } = await waiting();
    await app.call('wanted.set', { serverId, on: false });
    app.keychainGate.open();
    await settle();
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.connection).toEqual({ kind: 'off' });
  });

  it('a removal leaves no question', async () => {
    const { app, serverId } = await waiting();
    app.engine.commands.length = 0;
    const removal = app.core.call('servers.remove', { serverId });
    await settle();
    app.keychainGate.open();
    await removal;
    await settle();
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.core.snapshot().servers).toEqual([]);
  });

  it('a lost link is made anew, and only the new one asks', async () => {
    const { app } = await waiting();
    await app.lose('link-lost');
    app.keychainGate.open();
    await app.clock.pass(60_000);
    expect(app.core.snapshot().prompts).toEqual([]);
    await app.lose('unreachable');
    await app.clock.pass(60_000);
    expect(app.engine.all('connect').length).toBeGreaterThanOrEqual(3);
    expect(app.connection.kind).toBe('connecting');
  });
});

describe('a password that the server refuses', () => {
  it('by hanging up with a word is not sent again', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'stale');
    await app.reachLogin();
    expect(passwordTries(app)).toHaveLength(1);
    await app.lose('login-rejected');
    await app.call('prompts.answer', { promptId: app.prompt('confirm').id, answer: { kind: 'confirm' } });
    await app.reachLogin();
    expect(app.prompt('password').wasWrong).toBe(true);
    expect(passwordTries(app)).toHaveLength(1);
  });

  it('by hanging up without a word is sent a few times, for the server may be starting up; then a person is asked', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'stale');
    const startMs = app.clock.nowMs();
    for (let round = 0; round < 5; round += 1) {
      await app.reachLogin();
      await app.lose('login-cut-off');
      await app.clock.pass(30_000);
    }
    const confirm = app.prompt('confirm');
    expect(app.clock.nowMs() - startMs).toBeGreaterThan(30_000);
    expect(passwordTries(app)).toHaveLength(5);
    await app.clock.pass(3600_000);
    expect(passwordTries(app)).toHaveLength(5);
    await app.call('prompts.answer', { promptId: confirm.id, answer: { kind: 'confirm' } });
    await app.reachLogin();
    expect(app.prompt('password').wasWrong).toBe(true);
  });

  it('by asking for it again and again is given once', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'stale');
    await app.reachLogin(['keyboard-interactive']);
    const { connectionId } = app.engine;
    const questions = [{ text: 'Password: ', echo: false }];
    for (let round = 0; round < 3; round += 1) {
      app.engine.emit({ kind: 'questions', connectionId, title: '', instructions: '', questions });
      await settle();
    }
    expect(app.engine.all('answer-questions')).toHaveLength(1);
    expect(app.core.snapshot().prompts[0]).toMatchObject({ kind: 'password', wasWrong: true });
  });

  it('since it has expired is told in the server’s words, once', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'expired');
    await app.reachLogin();
    const { connectionId } = app.engine;
    const trouble = { code: 'login-rejected', message: 'The server wants the password to be changed first' } as const;
    app.engine.emit({ kind: 'login-wanted', connectionId, methods: ['password'], partial: false, trouble });
    await settle();
    expect(app.engine.last('try-login').login).toBeNull();
    await app.lose('login-rejected');
    expect(app.prompt('confirm').message).toContain('to be changed first');
    expect(passwordTries(app)).toHaveLength(1);
  });

  it('is not blamed when a code after it was wrong', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'right');
    await app.reachLogin(['keyboard-interactive']);
    const { connectionId } = app.engine;
    const ask = async (text: string) => {
      app.engine.emit({
        kind: 'questions',
        connectionId,
        title: '',
        instructions: '',
        questions: [{ text, echo: false }],
      });
      await settle();
    };
    await ask('Password: ');
    await ask('Verification code: ');
    const answer = { kind: 'codes', answers: ['000000'] } as const;
    await app.call('prompts.answer', { promptId: app.prompt('codes').id, answer });
    await app.refuse(['keyboard-interactive']);
    await ask('Password: ');
    expect(app.engine.last('answer-questions').answers).toEqual(['right']);
    expect(app.core.snapshot().prompts).toEqual([]);
  });
});

describe('a kept password', () => {
  it('is not sent to another address or user after an edit', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const { forwards, ...own } = labVm;
    expect(forwards).toHaveLength(1);
    await app.call('servers.edit', { serverId, draft: { ...own, user: 'root', address: 'other.example' } });
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...presentedKey });
    await settle();
    const { fingerprint } = presentedKey;
    await app.call('prompts.answer', {
      promptId: app.prompt('host-key-unknown').id,
      answer: { kind: 'accept-host-key', fingerprint, alsoKnownHosts: false },
    });
    await app.reachLogin();
    expect(app.prompt('password')).toMatchObject({ user: 'root', host: 'other.example', wasWrong: false });
    expect(passwordTries(app)).toHaveLength(1);
  });

  it('is known of after a restart, before it is read', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    await app.reachLogin();
    const answer = { kind: 'secret', secret: 'right', remember: true } as const;
    await app.call('prompts.answer', { promptId: app.prompt('password').id, answer });
    await app.accept();
    await app.call('wanted.set', { serverId, on: false });
    await app.core.stop();
    const again = new CoreDouble({ inherit: app });
    await again.core.start();
    expect(again.server().secrets).toEqual([{ kind: 'password', keptIn: 'keychain' }]);
    await again.call('servers.forget-secrets', { serverId });
    const later = new CoreDouble({ inherit: again });
    await later.core.start();
    expect(later.server().secrets).toEqual([]);
  });

  it('that another program has put there is not taken for ours', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keychain.set(`server/${serverId}/password`, 'not json');
    await app.reachLogin();
    expect(app.prompt('password').wasWrong).toBe(false);
  });

  it('is gone with its server, also when the login was just going through', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    await app.reachLogin();
    const answer = { kind: 'secret', secret: 'right', remember: true } as const;
    await app.call('prompts.answer', { promptId: app.prompt('password').id, answer });
    app.keychainGate.close();
    await app.accept();
    const removal = app.core.call('servers.remove', { serverId });
    await settle();
    app.keychainGate.open();
    await removal;
    await settle();
    expect(app.keychain.size).toBe(0);
  });

  it('that can’t be removed now is told, and removed when the keychain is there again', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    app.keepPassword(serverId, 'right');
    app.keychainLocked = true;
    await app.call('servers.remove', { serverId });
    expect(app.core.snapshot().notices[0]?.failure.message).toContain('may be left in the keychain');
    app.keychainLocked = false;
    await app.call('keychain.probe', {});
    expect(app.keychain.size).toBe(0);
  });

  it('typed but not proven is forgotten on request', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    await app.reachLogin();
    const answer = { kind: 'secret', secret: 'typed', remember: true } as const;
    await app.call('prompts.answer', { promptId: app.prompt('password').id, answer });
    await app.call('servers.forget-secrets', { serverId });
    await app.accept();
    expect(app.keychain.size).toBe(0);
    expect(app.server().secrets).toEqual([]);
  });
});

describe('in the middle of a login', () => {
  it('a network change, a wake and a person each start anew while nothing was sent', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.networkSignature = 'eth1';
    await app.clock.pass(500);
    expect(app.engine.all('connect')).toHaveLength(2);
    await app.clock.sleep(3600_000);
    await app.clock.pass(500);
    expect(app.engine.all('connect')).toHaveLength(3);
    await app.call('connection.retry', { serverId });
    expect(app.engine.all('connect')).toHaveLength(4);
    expect(app.engine.all('disconnect')).toHaveLength(3);
  });

  it('a network change does not send a password again that the server still looks at, and its no is heard', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'wrong');
    await app.reachLogin();
    for (let change = 0; change < 5; change += 1) {
      app.networkSignature = `wlan${String(change + 1)}`;
      await app.clock.pass(500);
    }
    expect(app.engine.all('connect')).toHaveLength(1);
    expect(passwordTries(app)).toHaveLength(1);
    await app.refuse();
    expect(app.prompt('password').wasWrong).toBe(true);
    // The limit of the wait went with the verdict.
    await app.clock.pass(3600_000);
    expect(app.connection.kind).toBe('needs-you');
    expect(app.engine.all('connect')).toHaveLength(1);
  });

  it('a key whose verdict is pending is not offered anew either', async () => {
    const app = new CoreDouble();
    app.privateKeys.set('~/k', () => ({ kind: 'ready', pem: 'PEM', keyType: 'ssh-ed25519' }));
    await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/k' } });
    await app.reachLogin(['publickey']);
    app.networkSignature = 'eth1';
    await app.clock.pass(500);
    expect(app.engine.all('connect')).toHaveLength(1);
    await app.accept();
    await app.clock.pass(60_000);
    expect(app.connection.kind).toBe('up');
  });

  it('a verdict that never comes after a network change is waited for a while, then it goes on with pauses', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'perhaps wrong');
    let dialled = 0;
    for (let round = 0; round < 40 && app.core.snapshot().prompts.length === 0; round += 1) {
      if (app.engine.all('connect').length > dialled) await app.reachLogin();
      dialled = app.engine.all('connect').length;
      for (let change = 0; change < 10; change += 1) {
        app.networkSignature = `round${String(round)}/${String(change)}`;
        await app.clock.pass(500);
      }
    }
    // As with a server that hangs up in place of a no: a few times, then a person is asked.
    app.prompt('confirm');
    expect(passwordTries(app)).toHaveLength(5);
    await app.core.stop();
    expect(app.clock.pending).toBe(0);
  });

  it('a bug in a port stops the connection, says so, and leaves the rest alive', async () => {
    const app = new CoreDouble();
    app.privateKeys.set('~/k', () => {
      throw new Error('boom');
    });
    const serverId = await app.startLabVm({ ...labVm, login: { kind: 'key', path: '~/k' } });
    await app.reachLogin(['publickey']);
    expect(app.connection).toMatchObject({ kind: 'failed', failure: { code: 'bug' } });
    expect(app.log.some((each) => each.level === 'error' && each.message.includes('boom'))).toBe(true);
    await app.call('connection.retry', { serverId });
    expect(app.connection.kind).toBe('connecting');
  });
});

it('a locked keychain holds up nothing that needs no keychain', async () => {
  const app = new CoreDouble();
  app.probeGate.close();
  await app.core.start();
  const started = app.call('demo.start', {});
  await settle();
  expect(app.core.snapshot().servers).toHaveLength(1);
  await started;
  app.probeGate.open();
});
