/** A real GNOME keyring that is locked when the core starts, and unlocked later: one question, and no loop. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKeychain } from '../../../main/adapters/keychain.ts';
import type { Keychain } from '../../../main/core/ports.ts';
import { loginPurpose } from '../../../main/core/secrets.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { keyringMissing, startBus, type Bus, type Daemon } from '../../support/keyring.ts';
import { startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { unlockKeyring } from '../../support/unlock-keyring.ts';

const reason = keyringMissing();
const password = 'kept in the keyring';

describe.skipIf(reason !== null)(`a locked keyring${reason === null ? '' : ` (${reason})`}`, () => {
  const savedAddress = process.env['DBUS_SESSION_BUS_ADDRESS'];
  let bus: Bus;
  let daemon: Daemon | null = null;
  let app: LiveCore | null = null;
  let ssh: SshDouble | null = null;

  beforeAll(async () => {
    bus = await startBus();
    process.env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
  });
  afterEach(async () => {
    await app?.stop();
    await ssh?.stop();
  });
  afterAll(async () => {
    if (savedAddress === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
    else process.env['DBUS_SESSION_BUS_ADDRESS'] = savedAddress;
    await bus.close();
  });

  it('parks the connection, asks the keyring no more, and takes the password once it is unlocked elsewhere', async () => {
    ssh = await startSshDouble({ stages: [[{ kind: 'password', password }]] });
    const home = await bus.makeHome();
    daemon = await bus.startDaemon(home, 'pw');
    const real = createKeychain({ timeoutMs: 10_000, env: {} });
    let reads = 0;
    const keychain: Keychain = {
      ...real,
      get: (account) => {
        reads += 1;
        return real.get(account);
      },
    };
    app = await startLiveCore((ports) => ({ ...ports, keychain }));
    await app.until('the keyring', (now) => now.keychain.kind === 'ready');
    const { serverId } = await app.call('servers.add', {
      draft: {
        name: 'lab-vm',
        address: ssh.host,
        port: ssh.port,
        user: ssh.user,
        login: { kind: 'password' },
        forwards: [],
      },
    });
    await app.call('host-keys.expect', { serverId, fingerprint: fingerprintOf(ssh.hostKey.key) });
    await app.call('wanted.set', { serverId, on: true });
    const { prompts } = await app.until('the question', (now) => now.prompts.length === 1);
    await app.call('prompts.answer', {
      promptId: prompts[0]!.id,
      answer: { kind: 'secret', secret: password, remember: true },
    });
    await app.until('remembered', ({ servers }) => servers[0]?.profile.remembered.length === 1);
    const account = `server/${serverId}/password`;
    const { profile } = app.server();
    expect(await real.get(account)).toMatchObject({ ok: true, value: expect.stringContaining(loginPurpose(profile)) });

    // The computer starts again: same profile, an empty memory, and a keyring that nobody has unlocked.
    await app.call('wanted.set', { serverId, on: false });
    await daemon.stop();
    daemon = await bus.startDaemon(home, null);
    const saved = await app.ports.files.servers.load();
    const before = app;
    app = await startLiveCore((ports) => ({
      ...ports,
      keychain,
      files: {
        ...ports.files,
        servers: { ...ports.files.servers, load: () => Promise.resolve(saved) },
        hostKeys: before.ports.files.hostKeys,
      },
    }));
    reads = 0;
    await app.until('locked', (now) => now.keychain.kind === 'locked');
    await app.call('wanted.set', { serverId, on: true });
    await app.until('the question', (now) => now.prompts.length === 1, 20_000);
    expect(app.server().connection.kind).toBe('needs-you');
    expect(reads).toBe(0);

    // Somebody unlocks it, on the same bus and in the same daemon; Mooring is told nothing.
    await unlockKeyring(bus.address, 'pw');
    await app.until('up by itself', ({ servers }) => servers[0]?.connection.kind === 'up');
    expect(app.core.snapshot().prompts).toEqual([]);
    await before.stop();
  });
});
