/** The app and a real Secret Service: remembered over a restart, locked parks, none is said. */
import { afterEach, expect, it } from 'vitest';
import type { DesktopApp } from '../../support/desktop-app.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { keyringMissing, type Daemon } from '../../support/keyring.ts';
import { allUp } from '../../support/live-core.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { unlockKeyring } from '../../support/unlock-keyring.ts';
import { describeDesktop } from './describe-desktop.ts';

const password = 'kept in the keyring';

describeDesktop(
  'the app and its keychain',
  (desktop) => {
    let daemon: Daemon | null = null;
    let ssh: SshDouble | null = null;
    afterEach(async () => {
      await daemon?.stop();
      daemon = null;
      await ssh?.stop();
      ssh = null;
    });
    const env = { MOORING_KEYCHAIN: 'on' };

    async function addServer(app: DesktopApp, server: SshDouble): Promise<string> {
      const { serverId } = await app.call('servers.add', {
        draft: {
          name: 'lab-vm',
          address: '127.0.0.1',
          port: server.port,
          user: server.user,
          login: { kind: 'password' },
          forwards: [],
        },
      });
      await app.call('host-keys.expect', { serverId, fingerprint: fingerprintOf(server.hostKey.key) });
      await app.call('wanted.set', { serverId, on: true });
      return serverId;
    }

    it('remembers a password over a restart; locked, it asks instead of looping', async () => {
      ssh = await startSshDouble({ stages: [[{ kind: 'password', password }]] });
      const keyringHome = await desktop().bus.makeHome();
      daemon = await desktop().bus.startDaemon(keyringHome, 'pw');
      const app = await desktop().start({ env });
      await app.until('the keychain', (now) => now.keychain.kind === 'ready');
      await addServer(app, ssh);
      const page = await app.window();
      const dialog = page.getByRole('dialog');
      await dialog
        .getByLabel(/password/i)
        .first()
        .fill(password);
      await dialog.getByRole('checkbox').check();
      await page.keyboard.press('Enter');
      await app.until('remembered', (now) => now.servers[0]?.secrets[0]?.keptIn === 'keychain');
      await app.quit();

      const again = await desktop().start({ home: app.home, args: ['--hidden'], env });
      await again.until('up by itself', (now) => now.servers.length === 1 && allUp(now));
      expect((await again.snapshot()).prompts).toEqual([]);
      await again.quit();

      await daemon.stop();
      daemon = await desktop().bus.startDaemon(keyringHome, null);
      const passwordsSent = () => ssh?.logins.filter((each) => each.startsWith('password')).length;
      const before = passwordsSent();
      const locked = await desktop().start({ home: app.home, args: ['--hidden'], env });
      const now = await locked.until('a question', ({ prompts }) => prompts.length === 1);
      expect(now.servers[0]?.connection.kind).toBe('needs-you');
      expect(now.keychain.kind).toBe('locked');
      expect(passwordsSent()).toBe(before);
      await unlockKeyring(desktop().bus.address, 'pw');
      await locked.until('up once unlocked elsewhere', (then) => then.keychain.kind === 'ready' && allUp(then));
      await locked.quit();
    });

    it('says so where there is none, and keeps secrets for the run', async () => {
      ssh = await startSshDouble({ stages: [[{ kind: 'password', password }]] });
      const app = await desktop().start({ env });
      await app.until('the keychain', (now) => now.keychain.kind === 'absent');
      const page = await app.window();
      await page.getByText('No keychain').waitFor();
      await addServer(app, ssh);
      await page.getByText('Kept until Mooring quits').waitFor();
      await page
        .getByRole('dialog')
        .getByLabel(/password/i)
        .first()
        .fill(password);
      await page.keyboard.press('Enter');
      await app.until('up', (now) => now.servers.length === 1 && allUp(now));
      await app.quit();
    });
  },
  keyringMissing(),
);
