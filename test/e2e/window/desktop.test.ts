import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import { desktopOf, desktops, quitQuestion, reportText } from '../../support/desktop-snapshots.ts';
import {
  everyday,
  needsYou,
  nowMs,
  promptBodies,
  promptOf,
  scenes,
  serverOf,
  snapshotOf,
} from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { openPalette, openReport } from './views.ts';
import type { DesktopView } from '../../../main/shared/desktop.ts';

const withDesktop = (desktop: DesktopView) => ({ ...everyday(), desktop });
const dialog = (page: Page) => page.getByRole('dialog');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const toggle = (page: Page, name: string) => page.getByRole('switch', { name });
const openSettings = async (page: Page) => {
  await button(page, 'Settings').first().click();
  await page.getByRole('heading', { name: 'Connections' }).waitFor();
};
const report = (page: Page) => page.getByRole('textbox', { name: 'The report' });

describeWindow('settings of the desktop app', (open) => {
  it('are not there in a browser', async () => {
    const { page } = await open(everyday());
    await openSettings(page);
    expect(await page.getByRole('heading', { name: 'Desktop' }).count()).toBe(0);
    expect(await toggle(page, 'Start at login').count()).toBe(0);
  });

  it('show what the system says of the start at login, not what was clicked', async () => {
    const { page, server } = await open(withDesktop(desktops['all well']), { bridge: true });
    await openSettings(page);
    await toggle(page, 'Start at login').click({ force: true });
    await expect.poll(() => server.calls).toEqual([{ name: 'login-item.set', args: { on: false } }]);
    expect(await toggle(page, 'Start at login').isChecked()).toBe(true);
    server.show(withDesktop(desktopOf({ loginItem: { kind: 'off' } })));
    await expect.poll(() => toggle(page, 'Start at login').isChecked()).toBe(false);
    expect(await toggle(page, 'Start in the tray only').isDisabled()).toBe(true);
  });

  it('say what stands in the way of a start at login', async () => {
    const { page, server } = await open(withDesktop(desktops['blocked and downloading']), { bridge: true });
    await openSettings(page);
    await page.getByText('Allow it in System Settings').waitFor();
    await page.getByText('Downloading version 1.2.3, 40 %.').waitFor();
    expect(await toggle(page, 'Start at login').isChecked()).toBe(false);
    await toggle(page, 'Start at login').click({ force: true });
    await expect.poll(() => server.calls).toEqual([{ name: 'login-item.set', args: { on: true } }]);
  });

  it('save how to start, tell and update', async () => {
    const { page, server } = await open(withDesktop(desktops['all well']), { bridge: true });
    await openSettings(page);
    for (const name of ['Start in the tray only', 'Notifications', 'Look for updates']) {
      await toggle(page, name).click({ force: true });
    }
    await expect
      .poll(() => server.calls.map((each) => each.args))
      .toEqual([
        { patch: { startHidden: false } },
        { patch: { notifications: false } },
        { patch: { checkForUpdates: false } },
      ]);
  });

  it('check for updates and install one that is here', async () => {
    const { page, server } = await open(withDesktop(desktops['all well']), { bridge: true });
    await openSettings(page);
    await page.getByText('Up to date, as of 5 min ago.').waitFor();
    await button(page, 'Check now').click();
    server.show(withDesktop(desktopOf({ updates: { kind: 'ready', version: '1.2.3' } })));
    await button(page, 'Restart and update to 1.2.3').click();
    await expect
      .poll(() => server.calls)
      .toEqual([
        { name: 'updates.check', args: {} },
        { name: 'updates.install', args: {} },
      ]);
  });

  it('say that there is no tray, and why there are no updates', async () => {
    const { page } = await open(withDesktop(desktops['tray absent and no updates']), { bridge: true });
    await page.getByRole('note').getByText('This desktop shows no tray icons.').waitFor();
    await page.getByRole('button', { name: 'Dismiss this notice' }).click();
    expect(await page.getByRole('note').count()).toBe(0);
    await openSettings(page);
    await page.getByText('This desktop shows no tray icons.').waitFor();
    await page.getByText('This package is updated by the system.').waitFor();
    expect(await toggle(page, 'Look for updates').count()).toBe(0);
  });
});

describeWindow('a report of a problem', (open) => {
  it('is read, edited, saved as edited, and its path copied', async () => {
    const { page, server } = await open(everyday(), { permissions: ['clipboard-read', 'clipboard-write'] });
    server.answer('report.make', () => done({ text: reportText }));
    server.answer('report.save', () => done({ path: '/data/reports/report.txt' }));
    await openSettings(page);
    await button(page, 'Report a problem…').click();
    await expect.poll(() => report(page).inputValue()).toBe(reportText);
    await page.keyboard.type('I closed the lid.');
    const edited = reportText.replace('you do?**\n', 'you do?**\nI closed the lid.');
    await button(page, 'Save to a file').click();
    await page.getByText('/data/reports/report.txt').waitFor();
    expect(server.calls.at(-1)).toEqual({ name: 'report.save', args: { text: edited } });
    await button(page, 'Copy').click();
    await button(page, 'Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(edited);
    await report(page).press('x');
    await page.getByText('/data/reports/report.txt').waitFor({ state: 'detached' });
  });

  it('says what went wrong, and is tried again', async () => {
    const { page, server } = await open(everyday());
    server.answer('report.make', () => failed(failure('bug', 'Something went wrong inside Mooring.')));
    server.ask({ kind: 'report' });
    await page.getByText('Something went wrong inside Mooring.').waitFor();
    server.answer('report.make', () => done({ text: reportText }));
    await button(page, 'Try again').click();
    await report(page).waitFor();
    server.answer('report.save', () => failed(failure('storage-failed', 'The disk is full.')));
    await button(page, 'Save to a file').click();
    await page.getByText('The disk is full.').waitFor();
    expect(await report(page).inputValue()).toBe(reportText);
  });
});

describeWindow('places asked for from outside', (open) => {
  it('are gone to', async () => {
    const { page, server } = await open(everyday());
    server.ask({ kind: 'settings' });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    server.ask({ kind: 'server', serverId: 's-azure-mlflow' });
    await page.getByRole('heading', { name: 'azure-mlflow' }).waitFor();
    await dialog(page).waitFor({ state: 'detached' });
    await openReport(page, server);
    server.ask({ kind: 'home' });
    await page.getByRole('heading', { name: 'lab-vm' }).waitFor();
    await dialog(page).waitFor({ state: 'detached' });
  });

  it('show a question again that was put off', async () => {
    const { page, server } = await open(needsYou(promptBodies.password));
    await button(page, 'Later').last().click();
    await dialog(page).waitFor({ state: 'detached' });
    server.ask({ kind: 'server', serverId: 's-lab-vm' });
    await page.getByText('Password for lab-vm').waitFor();
  });

  it('wait for a form that is being filled in', async () => {
    const { page, server } = await open(everyday());
    await button(page, 'Add server').click();
    await page.getByRole('textbox', { name: 'Address' }).fill('10.0.0.7');
    server.ask({ kind: 'settings' });
    server.ask({ kind: 'server', serverId: 's-azure-mlflow' });
    server.ask({ kind: 'settings' });
    await page.locator('h1', { hasText: 'azure-mlflow' }).waitFor({ state: 'attached' });
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('10.0.0.7');
    await button(page, 'Cancel').click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
  });
});

describeWindow('the palette', (open) => {
  const run = async (page: Page, query: string) => {
    await openPalette(page, query);
    await page.keyboard.press('Enter');
  };

  it('quits with care, and makes a report', async () => {
    const { page, server } = await open(everyday());
    server.answer('report.make', () => done({ text: reportText }));
    await run(page, 'quit');
    await expect.poll(() => server.calls).toEqual([{ name: 'app.quit', args: { careful: true } }]);
    await run(page, 'report');
    await report(page).waitFor();
    await page.keyboard.press('Escape');
    await openPalette(page, 'updates');
    await page.getByText('Nothing is called that.').waitFor();
  });

  it('knows what the desktop app can do', async () => {
    const { page, server } = await open(withDesktop(desktops['all well']), { bridge: true });
    await run(page, 'start at login');
    await run(page, 'check for updates');
    await page.getByRole('heading', { name: 'Desktop' }).waitFor();
    await expect
      .poll(() => server.calls)
      .toEqual([
        { name: 'login-item.set', args: { on: false } },
        { name: 'updates.check', args: {} },
      ]);
  });
});

describeWindow('the question before quitting', (open) => {
  const asked = () => ({ ...everyday(), prompts: [promptOf(quitQuestion, { id: 'p-quit', serverId: null })] });

  it('is answered or taken back, never put off', async () => {
    const { page, server } = await open(asked());
    await page.getByText('Quit while data is passing?').waitFor();
    expect(await button(page, 'Later').count()).toBe(0);
    await button(page, 'Quit anyway').click();
    await expect
      .poll(() => server.calls)
      .toEqual([{ name: 'prompts.answer', args: { promptId: 'p-quit', answer: { kind: 'confirm' } } }]);
    await button(page, 'Cancel').last().click();
    await expect.poll(() => server.calls.at(-1)?.name).toBe('prompts.cancel');
  });

  it('lies above an open form, and leaves that as it was', async () => {
    const { page, server } = await open(everyday());
    await button(page, 'Add server').click();
    await page.getByRole('textbox', { name: 'Address' }).fill('10.0.0.7');
    server.show(asked());
    await page.getByText('Quit while data is passing?').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await page.keyboard.press('Escape');
    await expect.poll(() => server.calls).toEqual([{ name: 'prompts.cancel', args: { promptId: 'p-quit' } }]);
    server.show(everyday());
    await page.getByText('Quit while data is passing?').waitFor({ state: 'detached' });
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('10.0.0.7');
  });

  it('comes before those of servers', async () => {
    const { prompts } = needsYou(promptBodies.password);
    const own = promptOf(quitQuestion, { id: 'p-quit', serverId: null, createdMs: nowMs });
    const { page } = await open(needsYou(promptBodies.password, { prompts: [...prompts, own] }));
    await page.getByText('Quit while data is passing?').waitFor();
    await page.getByText('1 of 2').waitFor();
  });
});

describeWindow('a core that restarts behind the bridge', (open) => {
  const notice = (page: Page) => page.getByText('Mooring is restarting its core.');
  const named = (name: string, patch = {}) => snapshotOf({ servers: [serverOf({ name })], ...patch });

  it('is told of, needs nothing, and shows itself when it is back', async () => {
    const { page, server, complaints } = await open(named('before', { revision: 40 }), { bridge: true });
    const release = server.hold();
    await button(page, 'Disconnect').click();
    await notice(page).waitFor();
    expect(await page.locator('.shell-body').getAttribute('inert')).toBe('');
    expect(await page.getByText(/mooring window|terminal/).count()).toBe(0);
    server.show(named('after', { coreId: 'core-2' }));
    await page.getByRole('heading', { name: 'after' }).waitFor();
    await notice(page).waitFor({ state: 'detached' });
    release();
    // A late answer of the old core is the past.
    server.show(named('stale', { coreId: 'core-1' }));
    server.show(named('latest', { coreId: 'core-2' }));
    await page.getByRole('heading', { name: 'latest' }).waitFor();
    expect(await page.getByRole('heading', { name: 'stale' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('is not suspected while one call takes long by itself', async () => {
    const { page, server } = await open(everyday(), { bridge: true });
    const release = server.hold('wanted.set');
    const looked = page.waitForResponse(async (response) => {
      return response.url().endsWith('/api/call') && (response.request().postData() ?? '').includes('snapshot.get');
    });
    await button(page, 'Disconnect').click();
    await looked;
    expect(await notice(page).count()).toBe(0);
    release();
    await expect.poll(() => server.calls.length).toBe(1);
  });
});

describeWindow('a window whose core is away or has stopped', (open) => {
  it('lets its clock stand still', async () => {
    const { page, server } = await open(everyday());
    const words = page.locator('.connection-words');
    await page.clock.setFixedTime(nowMs + 60_000);
    await expect.poll(() => words.textContent()).toContain('3 h 13 min');
    await server.goAway();
    await page.getByText('Mooring is not running.').waitFor();
    await page.clock.setFixedTime(nowMs + 120_000);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    expect(await words.textContent()).toContain('3 h 13 min');
    await server.comeBack();
    server.show(everyday());
    await expect.poll(() => words.textContent()).toContain('3 h 14 min');
  });

  it('offers to edit a server whose login failed, and says that its tunnels are not connected', async () => {
    const { page } = await open(scenes['login rejected']());
    expect(await page.getByText('not connected').count()).toBe(3);
    await button(page, 'Edit server').click();
    await page.getByRole('heading', { name: /Edit/ }).waitFor();
  });
});
