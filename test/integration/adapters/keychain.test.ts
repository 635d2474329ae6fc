import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { watchDefaultCollection } from '../../../main/adapters/keychain-lock.ts';
import { createKeychain } from '../../../main/adapters/keychain.ts';
import { keyringMissing, startBus, type Bus, type Daemon } from '../../support/keyring.ts';
import { unlockKeyring } from '../../support/unlock-keyring.ts';
import { waitFor } from '../../support/wait.ts';

const reason = keyringMissing();
if (reason !== null) console.log(`keychain tests skipped: ${reason}`);

describe.skipIf(reason !== null)('the real Secret Service', () => {
  const savedAddress = process.env['DBUS_SESSION_BUS_ADDRESS'];
  let bus: Bus;
  let home: string;
  let daemon: Daemon | null = null;

  beforeAll(async () => {
    bus = await startBus();
    process.env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
    home = await bus.makeHome();
  });
  afterAll(async () => {
    if (savedAddress === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
    else process.env['DBUS_SESSION_BUS_ADDRESS'] = savedAddress;
    await bus.close();
  });
  const restart = async (homeDir: string, password: string | null) => {
    await daemon?.stop();
    daemon = await bus.startDaemon(homeDir, password);
  };
  const keychain = () => createKeychain({ timeoutMs: 10_000, env: {} });
  const secretTool = async (...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'], DBUS_SESSION_BUS_ADDRESS: bus.address };
    return (await promisify(execFile)('secret-tool', args, { env })).stdout;
  };

  test('no daemon: absent, and nothing goes to the kernel keyring instead', async () => {
    expect(await keychain().probe()).toMatchObject({ kind: 'absent', failure: { message: /No keychain service/ } });
    expect(await keychain().set('a', 'secret')).toMatchObject({ ok: false });
    expect(await keychain().get('a')).toMatchObject({ ok: false });
  });

  test('unlocked: keeps, gives back, forgets', async () => {
    await restart(home, 'pw');
    const chain = keychain();
    expect(await chain.probe()).toEqual({ kind: 'ready', name: 'Secret Service' });
    expect(await chain.get('none')).toEqual({ ok: true, value: null });
    expect(await chain.delete('none')).toEqual({ ok: true, value: null });
    for (const secret of ['geheim', '', 'pässwörd 🔑\n "quoted"', 'x'.repeat(100_000)]) {
      expect(await chain.set('server/1/password', secret)).toEqual({ ok: true, value: null });
      expect(await chain.get('server/1/password')).toEqual({ ok: true, value: secret });
    }
    await chain.set('kept', 'across restarts');
  });

  test('other programs find it under our name, and no canary is left', async () => {
    expect(await secretTool('lookup', 'service', 'Mooring', 'username', 'kept')).toBe('across restarts');
    await expect(secretTool('lookup', 'service', 'Mooring', 'username', 'mooring-self-test')).rejects.toThrow();
  });

  test('ten calls at once', async () => {
    const chain = keychain();
    const names = Array.from({ length: 10 }, (_, at) => `many-${String(at)}`);
    await Promise.all(names.map((each) => chain.set(each, `of ${each}`)));
    const read = await Promise.all(names.map((each) => chain.get(each)));
    expect(read).toEqual(names.map((each) => ({ ok: true, value: `of ${each}` })));
  });

  test('a daemon that was restarted goes on with the same keychain object', async () => {
    const chain = keychain();
    await chain.get('kept');
    await restart(home, 'pw');
    expect(await chain.get('kept')).toEqual({ ok: true, value: 'across restarts' });
  });

  test('locked, and nobody answers the prompt: locked, and the secret is in no text', async () => {
    await restart(home, null);
    const chain = keychain();
    expect(await chain.probe()).toMatchObject({
      kind: 'locked',
      name: 'Secret Service',
      failure: { message: /locked/ },
    });
    const reply = await chain.set('kept', 'my-very-secret');
    expect(reply).toMatchObject({ ok: false, error: { code: 'keychain-failed' } });
    expect(JSON.stringify(reply)).not.toContain('my-very-secret');
    expect(await chain.get('kept')).toMatchObject({ ok: false });
    expect(await chain.delete('kept')).toMatchObject({ ok: false });
  });

  test('tells that it was unlocked by another program, without asking anybody', async () => {
    const chain = keychain();
    const told = vi.fn();
    const end = chain.watchUnlocked(told);
    await unlockKeyring(bus.address, 'pw');
    await waitFor('to be told', () => told.mock.calls.length > 0);
    end();
    expect(await chain.get('kept')).toEqual({ ok: true, value: 'across restarts' });
    expect(told).toHaveBeenCalledTimes(1);
  });

  test('a watch that ends early, a bus that can’t be, a service that hangs and is restarted: no error', async () => {
    const never = vi.fn();
    watchDefaultCollection(process.env, never)();
    const ends = ['unix:path=/nowhere', 'nonsense', 'unix:nothing=1', ''].map((address) =>
      watchDefaultCollection({ DBUS_SESSION_BUS_ADDRESS: address }, never),
    );
    daemon?.freeze();
    const told = vi.fn();
    const end = watchDefaultCollection(process.env, told);
    await restart(home, 'pw');
    await waitFor('to be told', () => told.mock.calls.length > 0, { timeoutMs: 15_000 });
    for (const each of [end, ...ends]) each();
    expect(never).not.toHaveBeenCalled();
  });

  test('a session without a default keyring: absent, with what to do', async () => {
    await restart(await bus.makeHome(), null);
    expect(await keychain().probe()).toMatchObject({
      kind: 'absent',
      failure: { message: /no default keyring/, hint: /seahorse/ },
    });
  });

  test('a daemon that hangs: every call ends, and only the first costs time', async () => {
    await restart(home, 'pw');
    const chain = keychain();
    expect(await chain.get('kept')).toMatchObject({ ok: true });
    daemon?.freeze();
    expect(await chain.probe()).toMatchObject({ kind: 'absent', failure: { message: /does not answer/ } });
    const started = performance.now();
    expect(await chain.get('kept')).toMatchObject({ ok: false });
    expect(performance.now() - started).toBeLessThan(200);
    daemon?.thaw();
    expect(await keychain().get('kept')).toEqual({ ok: true, value: 'across restarts' });
  });
});
