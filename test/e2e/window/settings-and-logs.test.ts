import { expect, it } from 'vitest';
import { done } from '../../../main/shared/failure.ts';
import { defaultSettings } from '../../../main/shared/settings.ts';
import { everyday, logEntries, nowMs, scenes, snapshotOf } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';

describeWindow('settings and logs in the window', (open) => {
  it('saves a setting at once and says so; what is out of range goes to the nearest end', async () => {
    const { page, server } = await open(everyday());
    server.answer('settings.set', ({ patch }) => done({ ...defaultSettings, ...patch }));
    await page.getByRole('button', { name: 'Settings' }).first().click();
    await page.getByLabel('Hold clients for, seconds').fill('500');
    await page.keyboard.press('Enter');
    await expect.poll(() => server.calls).toEqual([{ name: 'settings.set', args: { patch: { holdSeconds: 120 } } }]);
    await page.getByText('Saved').waitFor();
  });

  it('follows the theme of the settings, and the system where they say so', async () => {
    const { page, server } = await open(everyday(), { colorScheme: 'dark' });
    const scheme = () => page.evaluate(() => document.documentElement.dataset['mantineColorScheme']);
    await expect.poll(scheme).toBe('dark');
    server.show({ ...everyday(), settings: { ...defaultSettings, theme: 'light' } });
    await expect.poll(scheme).toBe('light');
  });

  it('shows the trouble of the keychain and looks again when asked', async () => {
    const { page, server } = await open(scenes['offline with notices']());
    await page.getByRole('button', { name: 'No keychain' }).click();
    await page.getByText('Install gnome-keyring or KWallet').waitFor();
    await page.getByRole('button', { name: 'Check again' }).click();
    await expect.poll(() => server.calls).toEqual([{ name: 'keychain.probe', args: {} }]);
  });

  it('dismisses a notice', async () => {
    const { page, server } = await open(scenes['offline with notices']());
    await page.getByRole('button', { name: 'Dismiss this notice' }).click();
    await expect.poll(() => server.calls).toEqual([{ name: 'notices.dismiss', args: { noticeId: 'n-1' } }]);
  });

  it('filters the log by level and text, adds what comes in, and leaves other servers out', async () => {
    const { page, server } = await open(everyday());
    server.log(logEntries);
    await page.getByRole('tab', { name: 'Logs' }).click();
    const log = page.getByRole('log');
    await log.getByText('Logged in with').waitFor();
    expect(await log.getByText('Server greets as').count()).toBe(0);
    const entry = { timeMs: nowMs, level: 'warn', serverId: 's-lab-vm' } as const;
    server.log([
      { ...entry, seq: 100, serverId: 's-azure-mlflow', message: 'of another server' },
      { ...entry, seq: 101, message: 'fresh news' },
    ]);
    await log.getByText('fresh news').waitFor();
    expect(await log.getByText('of another server').count()).toBe(0);
    await page.getByText('Warnings', { exact: true }).click();
    await log.getByText('Logged in with').waitFor({ state: 'detached' });
    await page.getByLabel('Filter the log').fill('NEWS');
    await page.getByRole('button', { name: 'Copy 1 line' }).waitFor();
  });

  it('follows the end of a long log until somebody scrolls up', async () => {
    const entries = Array.from({ length: 3000 }, (_, index) => ({
      ...logEntries[0]!,
      seq: index + 1,
      message: `event ${String(index + 1)}`,
    }));
    const { page, server } = await open(everyday());
    server.log(entries);
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('event 3000', { exact: true }).waitFor();
    const log = page.getByRole('log');
    const toEnd = () => log.evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight));
    await expect.poll(toEnd).toBeLessThan(24);
    await log.evaluate((box) => box.scrollTo({ top: 0 }));
    await page.getByRole('button', { name: /^Latest/ }).click();
    await expect.poll(toEnd).toBeLessThan(24);
  });

  it('works without any server in settings and status', async () => {
    const { page } = await open(snapshotOf());
    await page.getByText('No servers yet').waitFor();
  });
});
