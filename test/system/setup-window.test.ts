/**
 * Server setup by clicks alone, as a person does it: the window on the real program, a bare server behind it. Pictures of
 * each page are left in test-results/setup-window.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recapOf } from '../../main/shared/setup/run.ts';
import { available as browserMissing, launchBrowser } from '../support/browser.ts';
import { keyringMissing, startBus, type Bus } from '../support/keyring.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available() ?? keyringMissing() ?? browserMissing();
const pictures = resolve('test-results/setup-window');
const runLimitMs = 280_000;

describe.skipIf(reason !== null)(
  `setup by clicks${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let server: TestServer;
    let wayOut: WayOut | undefined;
    let folder: string;
    let home: string;
    let bus: Bus;
    let app: RunningApp;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      mkdirSync(pictures, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), 'mooring-clicks-'));
      home = await mkdtemp(join(tmpdir(), 'mooring-clicks-home-'));
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
      server = await startTestServer('clicks', 47);
      await server.sh(`mkdir -p ~ubuntu/.ssh
      echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~ubuntu/.ssh/authorized_keys
      chown -R ubuntu: ~ubuntu/.ssh; chmod -R go= ~ubuntu/.ssh
      echo 'ubuntu ALL=(ALL) ALL' >/etc/sudoers.d/ubuntu`);
      wayOut = await giveWayOut('clicks', 47);
      bus = await startBus();
      await bus.startDaemon(await bus.makeHome(), 'keyring-pw');
      const env = { DBUS_SESSION_BUS_ADDRESS: bus.address, MOORING_KEYCHAIN: '' };
      app = await startApp({ home, env, args: [] });
      browser = await launchBrowser();
      page = await browser.newPage({ reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(30_000);
    }, 600_000);

    afterAll(async () => {
      await browser.close();
      await app.end();
      await bus.close();
      await wayOut?.close();
      await server.remove();
      await rm(home, { recursive: true, force: true });
      rmSync(folder, { recursive: true });
    });

    const button = (name: string | RegExp) => page.getByRole('button', { name });
    let drawn = 0;
    const picture = (name: string) =>
      page.screenshot({ path: join(pictures, `${String((drawn += 1)).padStart(2, '0')}-${name}.png`), fullPage: true });

    async function openWindow(): Promise<void> {
      const { url } = await app.call('app.open-window', {});
      if (url === null) throw new Error('the program has no window');
      await page.goto(url);
      await page.waitForURL(/\/window-/);
    }

    async function giveSudo(): Promise<void> {
      const sudo = page.getByRole('dialog').locator('input[type=password]');
      await sudo.waitFor();
      await picture('sudo');
      await sudo.fill('ubuntu-pw');
      await sudo.press('Enter');
    }

    it('from the first page to MLflow open in the browser', async ({ skip }) => {
      if (wayOut?.reason) skip(wayOut.reason);
      await openWindow();
      await button(/Set up a new VM/).click();
      await picture('where');
      const paste = page.getByLabel('Paste an ssh line');
      await paste.fill(`ssh -i ${join(folder, 'key')} ubuntu@${server.address}`);
      await paste.press('Enter');
      await page.getByText('Filled in below.').waitFor();
      await page.getByRole('textbox', { name: 'Name' }).fill('lab');
      await picture('where-filled');
      await button('Next: login').click();
      await picture('login');
      await button('Connect').click();
      const question = page.getByRole('region', { name: 'Question' });
      await question.getByText(await hostFingerprint(server)).waitFor();
      await picture('host-key');
      await button('Trust this key').click();
      await page.getByText('Debian GNU/Linux 12').waitFor();
      await picture('proved');
      await button('Next: choose what to set up').click();
      await picture('stacks');
      await button(/MLflow quick start/).click();
      await picture('form');
      await button('Show the plan').click();
      await button('Set up server').waitFor();
      await picture('plan');
      await button('Set up server').click();
      await giveSudo();
      await page.getByText('closing the lid does not stop it').waitFor();
      await app.until(
        'the second step',
        (now) => (now.servers[0]?.run?.steps ?? [])[2]?.state === 'running',
        runLimitMs,
      );
      await picture('run');
      await page.getByText('The password of admin is in the keychain.').waitFor({ timeout: runLimitMs });
      await picture('done');
      const { servers } = await app.snapshot();
      expect(recapOf(servers[0]?.run?.steps ?? [])).toMatchObject({ failed: 0, skipped: 0 });
      expect(servers[0]?.verify).toMatchObject({ failure: null });

      const { password } = JSON.parse((await app.run('setup', 'password', 'lab', '--json')).stdout) as {
        password: string;
      };
      const address = await page.getByRole('link', { name: 'Open MLflow' }).getAttribute('href');
      const visitor = await browser.newContext({
        httpCredentials: { username: 'admin', password },
        viewport: { width: 1280, height: 800 },
      });
      const mlflow = await visitor.newPage();
      await mlflow.goto(address ?? '');
      await mlflow.getByText('Experiments').first().waitFor();
      await mlflow.screenshot({ path: join(pictures, 'mlflow.png') });
      await visitor.close();
    });

    it('the check of 100 MB from a window that was opened anew', async ({ skip }) => {
      if (wayOut?.reason) skip(wayOut.reason);
      await openWindow();
      await page.getByRole('link', { name: /^lab/ }).or(button(/^lab/)).first().click();
      await page.getByRole('tab', { name: 'Setup' }).click();
      await picture('recap');
      await button('Close').click();
      await button('Run the check').click();
      await page.getByRole('menuitem', { name: '100 MB' }).click();
      await app.until('the check', (now) => (now.servers[0]?.verify?.endedMs ?? 0) > 0, 120_000);
      await picture('checked');
      expect((await app.snapshot()).servers[0]?.verify).toMatchObject({ failure: null, artifactBytes: 100_000_000 });
    });

    it('uninstalls with its data once the name of the server is typed', async ({ skip }) => {
      if (wayOut?.reason) skip(wayOut.reason);
      await button(/More for MLflow/).click();
      await page.getByRole('menuitem', { name: 'Uninstall…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog
        .getByLabel(/[Rr]emove/)
        .first()
        .check();
      await dialog.getByRole('textbox').fill('lab');
      await dialog
        .getByText(/will be lost/)
        .first()
        .waitFor();
      await picture('uninstall');
      await dialog.getByRole('button', { name: 'Uninstall and remove data' }).click();
      await giveSudo();
      await app.until('the end', (now) => now.servers[0]?.run?.state.kind === 'done', 120_000);
      await picture('uninstalled');
      expect(
        await server.sh('ls /etc/mooring /srv/mooring /opt/mooring /etc/systemd/system/mooring* 2>&1 || true'),
      ).not.toMatch(/main|\.service$/m);
      expect((await app.snapshot()).servers[0]?.profile.forwards).toEqual([]);
    });
  },
  600_000,
);
