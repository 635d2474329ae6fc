/** The window on the real program: browser, HTTP host, core, engine, and a server behind it. */
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { available, launchBrowser } from '../../support/browser.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { allUp } from '../../support/live-core.ts';
import { startApp, type RunningApp } from '../../support/running-app.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';

const missing = available();
const password = 'ahoy mates';

describe.skipIf(missing !== null)(
  missing === null ? 'the app in a browser' : `the app in a browser (${missing})`,
  () => {
    let browser: Browser;
    let app: RunningApp;
    let ssh: SshDouble;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser.close());

    beforeEach(async () => {
      app = await startApp({ args: [] });
      ssh = await startSshDouble({ stages: [[{ kind: 'password', password }]] });
      page = await browser.newPage({ reducedMotion: 'reduce' });
      complaints = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(await newAddress());
      // The address answers with a page of its own, which goes on to the window by itself.
      await page.waitForURL(/\/window-/);
    });

    afterEach(async () => {
      await page.context().close();
      await app.end();
      await ssh.stop();
    });

    async function newAddress(): Promise<string> {
      const { url } = await app.call('app.open-window', {});
      if (url === null) throw new Error('the program has no window');
      return url;
    }

    const button = (name: string | RegExp) => page.getByRole('button', { name });
    const header = () => page.getByRole('main');

    it('starts the demo, breaks it, and shows it come back', async () => {
      await button(/Try it now/).click();
      await header().getByText('Connected for').waitFor();
      const { servers } = await app.until('all up', allUp);
      const forward = servers[0]!.profile.forwards[0]!;
      const address = `http://127.0.0.1:${String(forward.bind.port)}/health`;
      expect(await (await fetch(address)).text()).toContain('OK');
      const connectedMs = (servers[0]!.connection as { sinceMs: number }).sinceMs;
      await button('the connection drops').click();
      await app.until('another connection', (now) => {
        const connection = now.servers[0]?.connection;
        return connection?.kind === 'up' && connection.sinceMs !== connectedMs;
      });
      await header().getByText('Connected for').waitFor();
      expect(await (await fetch(address)).text()).toContain('OK');

      await button('the host key changes').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/The host key of .* has changed/).waitFor();
      await dialog.getByLabel('I know why the key has changed').check();
      await dialog.getByRole('button', { name: 'Replace the key and connect' }).click();
      await app.until('all up', allUp);
      expect(complaints).toEqual([]);
    });

    it('adds a server from a pasted line, asks for key and password, and loses nothing by a reload', async () => {
      const localPort = await freePort();
      await button(/Add a server/).click();
      await page
        .getByLabel('Paste an ssh line')
        .fill(`ssh -p ${String(ssh.port)} -L ${String(localPort)}:127.0.0.1:${String(ssh.port)} ${ssh.user}@127.0.0.1`);
      await page.keyboard.press('Enter');
      await expect.poll(() => page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('127.0.0.1');
      await page.getByLabel('Name', { exact: true }).fill('lab-vm');
      await page.getByRole('dialog').getByText('Password', { exact: true }).click();
      await button('Add and connect').click();

      await page.getByRole('dialog').getByText(fingerprintOf(ssh.hostKey.key)).waitFor();
      await page.reload();
      await page.getByRole('dialog').getByText(fingerprintOf(ssh.hostKey.key)).waitFor();
      await button('Trust this key').click();
      await page
        .getByRole('dialog')
        .getByLabel(/password/i)
        .first()
        .waitFor();
      await page.reload();
      await page
        .getByRole('dialog')
        .getByLabel(/password/i)
        .first()
        .fill(password);
      await page.keyboard.press('Enter');
      await header().getByText('Connected for').waitFor();
      await app.until('all up', allUp);

      // The very same state from the command line.
      const status = JSON.parse((await app.run('status', '--json')).stdout) as {
        servers: { connection: { kind: string } }[];
      };
      expect(status.servers.map((each) => each.connection.kind)).toEqual(['up']);
      expect((await app.run('down', 'lab-vm')).exitCode).toBe(0);
      await header().getByText('Off', { exact: true }).first().waitFor();
      await button('Connect').click();
      await header().getByText('Connected for').waitFor();
      expect(complaints).toEqual([]);
    });

    it('says so while the program is away, and goes on when it is back', async () => {
      const port = new URL(page.url()).port;
      await app.end('SIGKILL');
      await page.getByText('Mooring is not running').first().waitFor();
      app = await startApp({ args: ['--port', port] });
      await page.goto(await newAddress());
      await button(/Try it now/).waitFor();
    });

    it('lets nobody in without an address of its own, and each address works once', async () => {
      const address = await newAddress();
      const stranger = await browser.newContext();
      try {
        const other = await stranger.newPage();
        await other.goto(new URL('/', address).href);
        await other.getByText('mooring window').waitFor();
        expect((await stranger.request.get(new URL('/api/events', address).href)).status()).toBe(401);
        await other.goto(address);
        await other.getByRole('button', { name: /Try it now/ }).waitFor();
        const again = await browser.newContext();
        const late = await again.newPage();
        await late.goto(address);
        await late.getByText('mooring window').waitFor();
        await again.close();
      } finally {
        await stranger.close();
      }
    });

    it('can be driven by the keyboard alone', async () => {
      /** As a person does: looks before pressing Enter. */
      const choose = async (words: string, action: string) => {
        await page.keyboard.press('Control+k');
        await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
        await page.keyboard.type(words);
        const actions = page.getByRole('dialog').getByRole('button');
        await expect.poll(() => actions.first().textContent()).toContain(action);
        await page.keyboard.press('Enter');
      };
      await button(/Try it now/).waitFor();
      await choose('demo', 'Start the demo');
      await header().getByText('Connected for').waitFor();
      await choose('disconnect demo', 'Disconnect');
      await waitFor('off', async () => (await app.snapshot()).servers[0]?.connection.kind === 'off');
      expect(complaints).toEqual([]);
    });
  },
);
