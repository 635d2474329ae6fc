/** The desktop app as a person meets it: first run, a server, questions, quit and come back. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import type { DesktopApp } from '../../support/desktop-app.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { allUp } from '../../support/live-core.ts';
import { startSshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

const password = 'ahoy mates';
const somethingUp = (now: Awaited<ReturnType<DesktopApp['snapshot']>>) => now.servers.length > 0 && allUp(now);

async function seriousFaults(page: Page): Promise<readonly string[]> {
  // Without a second page for its own use, which a desktop app's window can't open.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations
    .filter((each) => each.impact === 'serious' || each.impact === 'critical')
    .map((each) => `${each.id}: ${each.nodes[0]?.html ?? ''}`);
}

const windowState = (app: DesktopApp) =>
  app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((each) => ({
      visible: each.isVisible(),
      minimized: each.isMinimized(),
      bounds: each.getBounds(),
    })),
  );

describeDesktop('the desktop app', (desktop) => {
  it('shows its window at the first start; tunnels come back after a quit, hidden', async () => {
    const app = await desktop().start();
    const page = await app.window();
    await page.getByRole('button', { name: /Try it now/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: /Try it now/ }).click();
    await app.until('all up', somethingUp);
    await page.getByText('Connected for').waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await app.quit();

    const trayHost = await desktop().startTrayHost();
    const again = await desktop().start({ home: app.home, args: ['--hidden'] });
    await trayHost.read();
    const { servers } = await again.until('all up', somethingUp);
    const port = servers[0]!.profile.forwards[0]!.bind.port;
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/health`)).text()).toContain('OK');
    expect(again.electron.windows()).toEqual([]);
    await again.quit();
    await trayHost.close();
  });

  it('adds a server from a pasted line, asks for key and password, toggles, and loses nothing by a reload', async () => {
    const ssh = await startSshDouble({ stages: [[{ kind: 'password', password }]] });
    const app = await desktop().start();
    try {
      const page = await app.window();
      const localPort = await freePort();
      await page.getByRole('button', { name: /Add a server/ }).click();
      await page
        .getByLabel('Paste an ssh line')
        .fill(`ssh -p ${String(ssh.port)} -L ${String(localPort)}:127.0.0.1:${String(ssh.port)} ${ssh.user}@127.0.0.1`);
      await page.keyboard.press('Enter');
      await expect.poll(() => page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('127.0.0.1');
      await page.getByLabel('Name', { exact: true }).fill('lab-vm');
      await page.getByRole('dialog').getByText('Password', { exact: true }).click();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Add and connect' }).click();

      const dialog = page.getByRole('dialog');
      await dialog.getByText(fingerprintOf(ssh.hostKey.key)).waitFor();
      await page.reload();
      await dialog.getByText(fingerprintOf(ssh.hostKey.key)).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Trust this key' }).click();
      await dialog
        .getByLabel(/password/i)
        .first()
        .fill(password);
      await page.keyboard.press('Enter');
      await app.until('all up', somethingUp);
      await page.getByText('Connected for').waitFor();

      // The same state on the command line, and what is done there is seen in the window.
      expect((await app.run('status')).stdout).toMatch(/lab-vm/);
      expect((await app.run('down', 'lab-vm')).exitCode).toBe(0);
      await page.getByRole('main').getByText('Off', { exact: true }).first().waitFor();
      await page.getByRole('button', { name: 'Connect' }).click();
      await app.until('up again', somethingUp);
      await page.getByRole('switch').first().click({ force: true });
      await app.until('the tunnel off', (now) => now.servers[0]?.forwards[0]?.state.kind === 'off');
      await app.quit();
    } finally {
      await ssh.stop();
    }
  });

  it('keeps running when its window is closed; a second start, and the command line, show it again', async () => {
    const app = await desktop().start();
    await app.window();
    await waitFor('the window', async () => (await windowState(app))[0]?.visible);
    const bounds = { x: 40, y: 30, width: 900, height: 600 };
    await app.electron.evaluate(({ BrowserWindow }, to) => {
      const window = BrowserWindow.getAllWindows()[0];
      window?.setBounds(to);
      window?.close();
    }, bounds);
    // No tray here: the window stays in the taskbar.
    expect(await app.snapshot()).toMatchObject({ version: expect.any(String) as string });
    expect(await windowState(app)).toHaveLength(1);
    expect((await app.run('window')).stdout).toContain('Mooring shows its window');
    await waitFor('the window again', async () => {
      const [state] = await windowState(app);
      return state?.visible === true && !state.minimized;
    });
    await app.quit();

    const second = await desktop().start({ home: app.home });
    await second.window();
    const [state] = await windowState(second);
    expect(state?.bounds).toMatchObject({ width: bounds.width, height: bounds.height });
    await second.quit();
  });

  it('comes up and says why, hidden or not, where the desktop has no tray', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    const page = await app.window();
    const { desktop: view } = await app.snapshot();
    const words = view?.tray.kind === 'absent' ? view.tray.failure.message : 'the tray is there';
    expect(words).toContain('taskbar');
    await page.getByText(words).waitFor();
    await page.getByRole('button', { name: 'Dismiss this notice' }).click();
    await app.quit();
    const again = await desktop().start({ home: app.home });
    const next = await again.window();
    await again.until('no tray', (now) => now.desktop?.tray.kind === 'absent');
    await next.getByRole('button', { name: /Try it now/ }).waitFor();
    expect(await next.getByText(words).count()).toBe(0);
    await again.quit();
  });

  it('hides by Ctrl+W where there is a tray, and quits by Ctrl+Q', async () => {
    const trayHost = await desktop().startTrayHost();
    const app = await desktop().start();
    await app.window();
    await trayHost.read();
    await waitFor('the window', async () => (await windowState(app))[0]?.visible);
    // As from a keyboard: what Playwright types goes past the window, straight to the page.
    const press = (keyCode: string) =>
      app.electron.evaluate(({ BrowserWindow }, key) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        contents?.sendInputEvent({ type: 'keyDown', keyCode: key, modifiers: ['control'] });
      }, keyCode);
    await press('w');
    await waitFor('the window to hide', async () => (await windowState(app))[0]?.visible === false);
    const ended = new Promise((resolve) => app.electron.process().once('exit', resolve));
    await app.call('app.open-window', {});
    await waitFor('the window again', async () => (await windowState(app))[0]?.visible);
    await press('q');
    expect(await ended).toBe(0);
    await trayHost.close();
  });

  it('goes to what is asked for from outside, time and again', async () => {
    const app = await desktop().start();
    const page = await app.window();
    await page.getByRole('button', { name: /Try it now/ }).click();
    await page.getByText('Connected for').waitFor();
    for (const [view, words] of [
      ['settings', 'Theme'],
      ['report', 'Report a problem'],
      ['settings', 'Theme'],
    ] as const) {
      await app.call('app.open-window', { view: { kind: view } });
      await page.getByRole('dialog').getByText(words, { exact: true }).first().waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await app.quit();
  });

  it('lets only one run, and a second start ends at once', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    await expect(desktop().start({ home: app.home })).rejects.toThrow();
    // The second start asked the first to show itself.
    await app.window();
    await app.quit();
  });

  it('ends by a signal as well, and leaves no lock, socket or process behind', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    await app.kill('SIGTERM');
    const again = await desktop().start({ home: app.home, args: ['--hidden'] });
    expect((await again.snapshot()).notices).toEqual([]);
    await again.quit();
    expect(() => process.kill(again.pid, 0)).toThrow();
  });
});
