/** A keychain that is locked at login: a question is parked, nothing loops, and unlocking goes on by itself. */
import { describe, expect, it } from 'vitest';
import { failure } from '../../../main/shared/failure.ts';
import type { KeychainView } from '../../../main/shared/snapshot.ts';
import { CoreDouble, labVm, presentedKey } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

const ready: KeychainView = { kind: 'ready', name: 'Test keychain' };
const locked: KeychainView = {
  kind: 'locked',
  name: 'Test keychain',
  failure: failure('keychain-failed', 'The keychain is locked.'),
};

/** Lab-vm was on with its password remembered; now the computer starts again, and the keychain is locked. */
async function startLocked(keychain: KeychainView = locked): Promise<{ app: CoreDouble; serverId: string }> {
  const before = new CoreDouble();
  const serverId = await before.startLabVm();
  await before.reachLogin();
  const answer = { kind: 'secret', secret: 'right', remember: true } as const;
  await before.call('prompts.answer', { promptId: before.prompt('password').id, answer });
  await before.accept();
  expect(before.server().profile.remembered).toEqual(['password']);
  await before.core.stop();
  const app = new CoreDouble({ inherit: before, keychain });
  app.keychainLocked = keychain.kind === 'locked';
  await app.core.start();
  await settle();
  await app.reachLogin();
  return { app, serverId };
}

const unlock = (app: CoreDouble) => {
  app.keychainLocked = false;
  app.keychainView = ready;
};

describe('a keychain that is locked at login', () => {
  it('parks the connection on its password and is asked no more', async () => {
    const { app } = await startLocked();
    expect(app.connection.kind).toBe('needs-you');
    expect(app.prompt('password').wasWrong).toBe(false);
    await app.clock.pass(3600_000);
    expect(app.engine.all('connect')).toHaveLength(1);
    expect(app.probes).toBe(1);
    // Each read would have the system put up another question.
    expect(app.keychainReads).toBe(0);
  });

  it('goes on by itself once it has been unlocked and checked again', async () => {
    const { app } = await startLocked();
    unlock(app);
    await app.call('keychain.probe', {});
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
    await app.accept();
    expect(app.connection.kind).toBe('up');
  });

  it('goes on by itself also when the server has hung up meanwhile', async () => {
    const { app } = await startLocked();
    await app.lose();
    expect(app.connection.kind).toBe('needs-you');
    unlock(app);
    await app.call('keychain.probe', {});
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
  });

  it.each(['unlock', 'resume'] as const)('is looked at again on %s', async (event) => {
    const { app } = await startLocked();
    unlock(app);
    for (const listener of app.powerListeners) listener(event);
    await settle();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
  });

  it('is looked at again when a person switches the server off and on', async () => {
    const { app, serverId } = await startLocked();
    await app.call('wanted.set', { serverId, on: false });
    unlock(app);
    await app.call('wanted.set', { serverId, on: true });
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
  });

  it('is left alone when it is ready anyway', async () => {
    const { app, serverId } = await startLocked(ready);
    await app.lose('refused');
    await app.call('connection.retry', { serverId });
    for (const listener of app.powerListeners) listener('unlock');
    await settle();
    expect(app.probes).toBe(1);
  });

  it('does not send a kept password twice: refused, it is left to the user', async () => {
    const { app } = await startLocked();
    unlock(app);
    await app.call('keychain.probe', {});
    await app.refuse();
    expect(app.prompt('password').wasWrong).toBe(true);
    const tries = app.engine.all('try-login').length;
    await app.call('keychain.probe', {});
    expect(app.prompt('password').wasWrong).toBe(true);
    expect(app.engine.all('try-login')).toHaveLength(tries);
  });

  it('does not answer what was never kept for this address', async () => {
    const { app, serverId } = await startLocked();
    const { name, port, user, login } = labVm;
    await app.call('servers.edit', { serverId, draft: { name, port, user, login, address: '192.0.2.99' } });
    await app.call('host-keys.expect', { serverId, fingerprint: presentedKey.fingerprint });
    await app.reachLogin();
    app.prompt('password');
    unlock(app);
    await app.call('keychain.probe', {});
    expect(app.engine.all('try-login').some((each) => each.login?.kind === 'password')).toBe(false);
  });

  it('comes late in the session: what was asked for want of it is answered', async () => {
    const absent: KeychainView = { kind: 'absent', failure: failure('keychain-failed', 'No keychain service.') };
    const { app } = await startLocked(absent);
    app.prompt('password');
    unlock(app);
    await app.call('keychain.probe', {});
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
  });
});

describe('unlocked outside Mooring', () => {
  const tellUnlocked = async (app: CoreDouble) => {
    for (const listener of [...app.unlockListeners]) listener();
    await settle();
  };

  it('is noticed while something waits for it, and goes on; then nobody watches any more', async () => {
    const { app } = await startLocked();
    await app.clock.pass(2000);
    expect(app.unlockListeners.size).toBe(1);
    expect(app.probes).toBe(1);
    unlock(app);
    await tellUnlocked(app);
    expect(app.probes).toBe(2);
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
    await app.accept();
    await app.clock.pass(2000);
    expect(app.unlockListeners.size).toBe(0);
    await app.core.stop();
    expect(app.clock.pending).toBe(0);
  });

  it('is not watched for while nothing waits for it, or when it is ready', async () => {
    const app = new CoreDouble({ keychain: locked });
    await app.core.start();
    await app.clock.pass(10_000);
    expect(app.unlockListeners.size).toBe(0);
    const { app: open } = await startLocked(ready);
    await open.clock.pass(10_000);
    expect(open.unlockListeners.size).toBe(0);
  });

  it('is watched for by a secret that is to be removed; the watch ends with the core', async () => {
    const { app, serverId } = await startLocked();
    await app.call('servers.remove', { serverId });
    await app.clock.pass(2000);
    expect(app.unlockListeners.size).toBe(1);
    unlock(app);
    await tellUnlocked(app);
    expect(app.keychain.size).toBe(0);
    const { app: other } = await startLocked();
    await other.clock.pass(2000);
    await other.core.stop();
    expect(other.unlockListeners.size).toBe(0);
  });

  it('is noticed by a secret that could be kept', async () => {
    const { app } = await startLocked();
    unlock(app);
    const answer = { kind: 'secret', secret: 'right', remember: true } as const;
    await app.call('prompts.answer', { promptId: app.prompt('password').id, answer });
    await app.accept();
    expect(app.core.snapshot().keychain).toEqual(ready);
  });
});

it('locks in the middle of the session: one read finds out for all, and unlocking goes on with all', async () => {
  const before = new CoreDouble();
  const names = ['lab-vm', 'b', 'c'];
  await before.core.start();
  for (const name of names) {
    const { serverId } = await before.call('servers.add', { draft: { ...labVm, name, forwards: [] } });
    await before.call('host-keys.expect', { serverId, fingerprint: presentedKey.fingerprint });
    await before.call('wanted.set', { serverId, on: true });
    await before.reachLogin();
    const answer = { kind: 'secret', secret: `of ${name}`, remember: true } as const;
    await before.call('prompts.answer', { promptId: before.prompt('password').id, answer });
    await before.accept();
  }
  await before.core.stop();
  const app = new CoreDouble({ inherit: before });
  await app.core.start();
  await settle();
  expect(app.core.snapshot().keychain.kind).toBe('ready');
  app.keychainLocked = true;
  app.keychainView = locked;
  const ids = app.engine.all('connect').map((each) => each.connectionId);
  expect(ids).toHaveLength(3);
  const toAll = async (event: (connectionId: string) => Parameters<typeof app.engine.emit>[0]) => {
    for (const connectionId of ids) app.engine.emit(event(connectionId));
    await settle();
  };
  await toAll((connectionId) => ({ kind: 'host-key', connectionId, ...presentedKey }));
  const wanted = { kind: 'login-wanted', partial: false, trouble: null } as const;
  await toAll((connectionId) => ({ ...wanted, connectionId, methods: null }));
  await toAll((connectionId) => ({ ...wanted, connectionId, methods: ['password'] }));
  expect(app.core.snapshot().prompts).toHaveLength(3);
  expect(app.core.snapshot().keychain).toMatchObject({ kind: 'locked', name: 'Test keychain' });
  expect(app.keychainReads).toBe(1);
  await app.clock.pass(2000);
  unlock(app);
  for (const listener of [...app.unlockListeners]) listener();
  await settle();
  const passwords = app.engine
    .all('try-login')
    .flatMap(({ login }) => (login?.kind === 'password' ? login.password : []));
  expect(passwords.sort()).toEqual(names.map((each) => `of ${each}`).sort());
});

it('answers the prompt of a key only with the passphrase of that key', async () => {
  const before = new CoreDouble();
  const keys = ['~/.ssh/id_rsa', '~/.ssh/id_ed25519'];
  const lockKeys = (app: CoreDouble) => {
    app.defaultKeys = keys;
    for (const key of keys) {
      app.privateKeys.set(key, (passphrase) =>
        passphrase === null
          ? { kind: 'needs-passphrase' }
          : passphrase === `of ${key}`
            ? { kind: 'ready', pem: key, keyType: 'ssh-rsa' }
            : { kind: 'wrong-passphrase' },
      );
    }
  };
  lockKeys(before);
  await before.startLabVm({ ...labVm, login: { kind: 'auto' } });
  await before.reachLogin(['publickey']);
  // The agent first.
  await before.refuse(['publickey']);
  const type = async (secret: string) => {
    const answer = { kind: 'secret', secret, remember: true } as const;
    await before.call('prompts.answer', { promptId: before.prompt('passphrase').id, answer });
  };
  await type(`of ${keys[0]!}`);
  await before.refuse(['publickey']);
  await type(`of ${keys[1]!}`);
  await before.accept();
  await before.core.stop();

  const app = new CoreDouble({ inherit: before, keychain: locked });
  lockKeys(app);
  app.keychainLocked = true;
  await app.core.start();
  await settle();
  await app.reachLogin(['publickey']);
  await app.refuse(['publickey']);
  expect(app.prompt('passphrase').keyPath).toBe(keys[0]);
  unlock(app);
  await app.call('keychain.probe', {});
  // What is kept opens the other key: nothing was typed, so nothing was wrong.
  expect(app.prompt('passphrase')).toMatchObject({ keyPath: keys[0], wasWrong: false });
});
