/** The app and a real notification service: each event once, a click leads to the server, off means off. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DesktopApp } from '../../support/desktop-app.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import {
  notificationsMissing,
  startNotificationDaemon,
  type NotificationDaemon,
} from '../../support/notification-daemon.ts';
import { startRelay, type Relay } from '../../support/relay.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { waitFor } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

const password = 'ahoy mates';

describeDesktop(
  'notifications on the desktop',
  (desktop) => {
    let daemon: NotificationDaemon;
    let ssh: SshDouble;
    let relay: Relay;
    let app: DesktopApp;
    beforeEach(async () => {
      daemon = await startNotificationDaemon(desktop().bus.address);
      ssh = await startSshDouble({ stages: [[{ kind: 'password', password }]] });
      relay = await startRelay(ssh);
    });
    afterEach(async () => {
      await app.quit();
      await relay.stop();
      await ssh.stop();
      await daemon.close();
    });

    const titles = () => daemon.all.map((each) => each.title);
    const openTitles = () => daemon.open().map((each) => each.title);
    const shown = (title: string, timeoutMs = 10_000) =>
      waitFor(
        () => `“${title}”; shown were ${titles().join(' · ') || 'none'}`,
        () => daemon.open().find((each) => each.title === title),
        { timeoutMs },
      );
    async function addServer(name: string): Promise<string> {
      const { serverId } = await app.call('servers.add', {
        draft: {
          name,
          address: '127.0.0.1',
          port: relay.port,
          user: ssh.user,
          login: { kind: 'password' },
          forwards: [],
        },
      });
      await app.call('host-keys.expect', { serverId, fingerprint: fingerprintOf(ssh.hostKey.key) });
      await app.call('wanted.set', { serverId, on: true });
      return serverId;
    }
    async function answerPassword(): Promise<void> {
      const now = await app.until('a question', ({ prompts }) => prompts.length > 0);
      for (const { id } of now.prompts) {
        await app.call('prompts.answer', {
          promptId: id,
          answer: { kind: 'secret', secret: password, remember: false },
        });
      }
    }

    it('tells a question once, opens its server at a click, and takes it back when answered', async () => {
      app = await desktop().start({ args: ['--hidden'] });
      await addServer('lab & <b>co');
      const note = await shown('lab & <b>co needs you: password');
      expect(note.app).toBe('Mooring');
      expect(app.electron.windows()).toEqual([]);
      daemon.click(note.id);
      const page = await app.window();
      await page.getByRole('heading', { name: 'lab & <b>co', level: 1 }).waitFor();
      await answerPassword();
      await app.until('up', ({ servers }) => servers[0]?.connection.kind === 'up');
      expect(titles()).toHaveLength(1);
    });

    it('takes a question back that was answered elsewhere', async () => {
      app = await desktop().start({ args: ['--hidden'] });
      await addServer('lab-vm');
      await shown('lab-vm needs you: password');
      await answerPassword();
      await waitFor('none on the screen', () => daemon.open().length === 0);
    });

    it('tells a loss of half a minute once for all servers, and the return in its place', async () => {
      app = await desktop().start({ args: ['--hidden'] });
      await app.call('settings.set', { patch: { deadLinkSeconds: 2, retryMaxSeconds: 1 } });
      for (const name of ['lab-vm', 'a&b']) await addServer(name);
      await app.until('two questions', ({ prompts }) => prompts.length === 2);
      await answerPassword();
      await app.until('up', ({ servers }) => servers.every((each) => each.connection.kind === 'up'));
      await waitFor('no question on the screen', () => daemon.open().length === 0);
      relay.blackhole();
      const note = await shown('2 servers are not connected', 50_000);
      expect(note.body).toContain('lab-vm and a&amp;b');
      relay.restore();
      await shown('2 servers are connected again', 30_000);
      expect(openTitles()).toEqual(['2 servers are connected again']);
      expect(titles().filter((each) => each.includes('connected'))).toHaveLength(2);
    }, 120_000);

    it('tells nothing when it is switched off, and takes back what stands', async () => {
      app = await desktop().start({ args: ['--hidden'] });
      await addServer('lab-vm');
      await shown('lab-vm needs you: password');
      await app.call('settings.set', { patch: { notifications: false } });
      await waitFor('none on the screen', () => daemon.open().length === 0);
      await addServer('second');
      // Changes closer together than the core tells them would look like one.
      const isOld = ({ createdMs }: { readonly createdMs: number }) => Date.now() - createdMs > 200;
      await app.until('two questions', ({ prompts }) => prompts.length === 2 && prompts.every(isOld));
      await app.call('settings.set', { patch: { notifications: true } });
      await addServer('third');
      await shown('third needs you: password');
      expect(titles()).toEqual(['lab-vm needs you: password', 'third needs you: password']);
    });

    it('leaves none behind when it quits', async () => {
      app = await desktop().start({ args: ['--hidden'] });
      await addServer('lab-vm');
      await shown('lab-vm needs you: password');
      await app.quit();
      await waitFor('none on the screen', () => daemon.open().length === 0);
      app = await desktop().start({ args: ['--hidden'] });
    });
  },
  notificationsMissing(),
);
