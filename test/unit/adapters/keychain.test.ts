import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createKeychain, keychainName, type KeyringModule } from '../../../main/adapters/keychain.ts';
import { keychainTrouble } from '../../../main/adapters/keychain-troubles.ts';

/** A keychain in memory; `next` is what the coming calls throw, or wait for. */
function fakeKeyring() {
  const kept = new Map<string, string>();
  const state = {
    kept,
    made: 0,
    constructorError: null as Error | null,
    callError: null as Error | null,
    waitFor: null as Promise<void> | null,
  };
  const AsyncEntry: KeyringModule['AsyncEntry'] = class {
    readonly account: string;
    constructor(service: string, account: string, options: unknown) {
      expect(service).toBe('Mooring');
      expect(options).toEqual({ linux: { store: 'secret-service' } });
      state.made += 1;
      if (state.constructorError !== null) throw state.constructorError;
      this.account = account;
    }
    private async ready() {
      await state.waitFor;
      if (state.callError !== null) throw state.callError;
    }
    async setPassword(secret: string) {
      await this.ready();
      kept.set(this.account, secret);
    }
    async getPassword() {
      await this.ready();
      return kept.get(this.account) ?? null;
    }
    async deleteCredential() {
      await this.ready();
      return kept.delete(this.account);
    }
  };
  return { state, load: () => Promise.resolve({ AsyncEntry }) };
}

function open(more: Parameters<typeof createKeychain>[0] = {}) {
  const { state, load } = fakeKeyring();
  return { state, keychain: createKeychain({ env: {}, platform: 'linux', load, ...more }) };
}

test('keeps, gives back, forgets; a new entry each time; the canary is gone afterwards', async () => {
  const { state, keychain } = open();
  expect(await keychain.probe()).toEqual({ kind: 'ready', name: 'Secret Service' });
  expect(state.kept.size).toBe(0);
  expect(await keychain.get('a')).toEqual({ ok: true, value: null });
  expect(await keychain.set('a', 'pässword')).toEqual({ ok: true, value: null });
  expect(await keychain.get('a')).toEqual({ ok: true, value: 'pässword' });
  expect(await keychain.delete('a')).toEqual({ ok: true, value: null });
  expect(await keychain.delete('a')).toEqual({ ok: true, value: null });
  expect(state.made).toBe(6);
});

test.each([
  ['linux', {}, 'Secret Service'],
  ['linux', { XDG_CURRENT_DESKTOP: 'ubuntu:GNOME' }, 'GNOME Keyring'],
  ['linux', { XDG_CURRENT_DESKTOP: 'KDE' }, 'KWallet'],
  ['linux', { XDG_CURRENT_DESKTOP: 'sway' }, 'Secret Service'],
  ['darwin', {}, 'macOS Keychain'],
  ['win32', {}, 'Windows Credential Manager'],
] as const)('on %s with %j it is called %s', (platform, env, name) => {
  expect(keychainName(platform, env)).toBe(name);
});

test('MOORING_KEYCHAIN=off: the module is not even loaded', async () => {
  const load = vi.fn();
  const keychain = createKeychain({ env: { MOORING_KEYCHAIN: 'off' }, load });
  expect(await keychain.probe()).toMatchObject({ kind: 'absent', failure: { message: /switched off/ } });
  expect(await keychain.set('a', 's')).toMatchObject({ ok: false, error: { code: 'keychain-failed' } });
  expect(load).not.toHaveBeenCalled();
});

test.each([
  new Error('Cannot find native binding. npm has a bug related to optional dependencies'),
  Object.assign(new Error('/lib/x.node: cannot open shared object file'), { code: 'ERR_DLOPEN_FAILED' }),
  Object.assign(new Error("Cannot find package '@napi-rs/keyring'"), { code: 'ERR_MODULE_NOT_FOUND' }),
])('a module that does not load means absent: %s', async (error) => {
  const { keychain } = open({ load: () => Promise.reject(error) });
  expect(await keychain.probe()).toMatchObject({ kind: 'absent', failure: { message: /module does not load/ } });
  expect(await keychain.get('a')).toMatchObject({ ok: false });
});

describe('errors by their text, as seen with @napi-rs/keyring 2.1.2', () => {
  test.each([
    [
      'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead',
      'absent',
      /no desktop session/,
    ],
    [
      'Platform failure: DBus error: Failed to connect to socket /run/user/1/bus: No such file or directory',
      'absent',
      /no desktop session/,
    ],
    [
      'Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files',
      'absent',
      /No keychain service/,
    ],
    [
      'Platform failure: DBus error: Process org.freedesktop.secrets exited with status 1',
      'absent',
      /No keychain service/,
    ],
    ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 'locked', /is locked/],
    ['org.freedesktop.Secret.Error.IsLocked', 'locked', /is locked/],
    ["Couldn't access platform storage: Secret Service: no result found", 'absent', /no default keyring/],
    [
      'Platform failure: DBus error: Did not receive a reply. Possible causes include: the reply timeout expired',
      'no-answer',
      /does not answer/,
    ],
    ['User canceled the operation.', 'locked', /is locked/],
    ['something new', 'other', /refused/],
  ])('%s', (text, sort, message) => {
    const trouble = keychainTrouble(new Error(text), 'linux');
    expect(trouble.sort).toBe(sort);
    expect(trouble.failure).toMatchObject({
      code: 'keychain-failed',
      message: expect.stringMatching(message) as string,
    });
    expect(trouble.failure.hint).toBeTruthy();
  });

  test('locked shows as locked, the rest as absent', async () => {
    const { state, keychain } = open();
    state.callError = new Error('unlock prompt was dismissed');
    expect(await keychain.probe()).toMatchObject({ kind: 'locked', name: 'Secret Service' });
    state.callError = new Error('no result found');
    expect(await keychain.probe()).toMatchObject({ kind: 'absent' });
    state.callError = null;
    expect(await keychain.probe()).toMatchObject({ kind: 'ready' });
  });

  test('the secret is never in a failure, whatever the system says', () => {
    const secret = fc.string({ minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (each, before, after) => {
        const { failure } = keychainTrouble(new Error(`${before}${each}${after}`), 'linux', each);
        expect(failure.detail?.includes(each) ?? false).toBe(false);
      }),
    );
  });

  test('nothing that is thrown breaks it', () => {
    fc.assert(
      fc.property(fc.anything(), (each) => {
        expect(keychainTrouble(each, 'win32').failure.code).toBe('keychain-failed');
      }),
    );
  });
});

describe('a prompt that nobody answers', () => {
  test('every call ends in time, none runs later, and it works again once the prompt is gone', async () => {
    vi.useFakeTimers();
    try {
      const { state, keychain } = open({ timeoutMs: 5_000 });
      let answer = () => {};
      state.waitFor = new Promise((resolve) => (answer = resolve));
      const first = keychain.get('a');
      const second = keychain.set('a', 'too late');
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await first).toMatchObject({
        ok: false,
        error: { message: expect.stringMatching(/5 seconds/) as string },
      });
      expect(await second).toMatchObject({ ok: false, error: { code: 'keychain-failed' } });
      expect(state.made).toBe(1);
      expect(keychain.busy()).toBe(true);
      state.waitFor = null;
      answer();
      expect(await keychain.get('a')).toEqual({ ok: true, value: null });
      expect(state.kept.size).toBe(0);
      expect(keychain.busy()).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('what it tells of being unlocked', () => {
  test('an unlock prompt that was answered after the limit, late or before anybody watches', async () => {
    vi.useFakeTimers();
    try {
      const { state, keychain } = open({ timeoutMs: 5_000, platform: 'darwin' });
      expect(await keychain.probe()).toMatchObject({ kind: 'ready' });
      let answer = () => {};
      state.waitFor = new Promise((resolve) => (answer = resolve));
      const read = keychain.get('a');
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await read).toMatchObject({ ok: false, isLocked: true });
      const told = vi.fn();
      const end = keychain.watchUnlocked(told);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(told).not.toHaveBeenCalled();
      state.waitFor = null;
      answer();
      await vi.advanceTimersByTimeAsync(0);
      expect(told).toHaveBeenCalledTimes(1);
      expect(await keychain.probe()).toMatchObject({ kind: 'ready' });
      end();
      const late = vi.fn();
      keychain.watchUnlocked(late)();
      const kept = keychain.watchUnlocked(late);
      await vi.advanceTimersByTimeAsync(0);
      expect(late).toHaveBeenCalledTimes(1);
      kept();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('nothing where the prompt was dismissed, however late', async () => {
    vi.useFakeTimers();
    try {
      const { state, keychain } = open({ timeoutMs: 5_000, platform: 'darwin' });
      let answer = () => {};
      state.waitFor = new Promise((resolve) => (answer = resolve));
      state.callError = new Error('unlock prompt was dismissed');
      const read = keychain.get('a');
      const told = vi.fn();
      const end = keychain.watchUnlocked(told);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await read).toMatchObject({ ok: false, isLocked: true });
      answer();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(told).not.toHaveBeenCalled();
      end();
    } finally {
      vi.useRealTimers();
    }
  });

  test('what the system says of its lock, until the watch ends; nothing when it is switched off', () => {
    let say = () => {};
    const watchLock = (listener: () => void) => {
      say = listener;
      return () => undefined;
    };
    const told = vi.fn();
    const end = open({ watchLock }).keychain.watchUnlocked(told);
    say();
    expect(told).toHaveBeenCalledTimes(1);
    end();
    say();
    expect(told).toHaveBeenCalledTimes(1);
    const unused = vi.fn();
    createKeychain({ env: { MOORING_KEYCHAIN: 'off' }, watchLock: unused }).watchUnlocked(told)();
    expect(unused).not.toHaveBeenCalled();
  });
});

test('a service that does not answer is left alone for a while: each try would block the thread', async () => {
  let nowMs = 0;
  const { state, keychain } = open({ nowMs: () => nowMs });
  state.constructorError = new Error('DBus error: Did not receive a reply.');
  expect(await keychain.probe()).toMatchObject({ kind: 'absent' });
  state.constructorError = null;
  expect(await keychain.get('a')).toMatchObject({ ok: false });
  expect(state.made).toBe(1);
  nowMs = 30_000;
  expect(await keychain.get('a')).toMatchObject({ ok: true });
});

test('calls run one at a time, in order', async () => {
  const { state, keychain } = open();
  await Promise.all([keychain.set('a', '1'), keychain.set('a', '2'), keychain.delete('a'), keychain.set('a', '3')]);
  expect(state.kept.get('a')).toBe('3');
});
