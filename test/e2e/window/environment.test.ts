import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done } from '../../../main/shared/failure.ts';
import { desktops } from '../../support/desktop-snapshots.ts';
import { fakePassword } from '../../support/fake-setup.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { describeWindow } from './describe-window.ts';
import { answerEnvironment, openEnvironment, withStacks } from './environment-views.ts';
import { answerSetup } from './setup-views.ts';
import { openPalette } from './views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const callsOf = (server: WindowServer, name: string) => server.calls.filter((each) => each.name === name);
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const text = (page: Page) => page.getByLabel('The text').innerText();
const permissions = ['clipboard-read', 'clipboard-write'];

describeWindow('the environment in the window', (open) => {
  it('shows each format with its secrets masked, and shows them on request for a minute', async () => {
    const { page, server } = await open(withStacks());
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await expect.poll(() => text(page)).toContain('export MLFLOW_TRACKING_URI=http://127.0.0.1:5001');
    expect(await text(page)).toContain('export MLFLOW_TRACKING_PASSWORD=••••••••');
    await page.getByText('PowerShell', { exact: true }).click();
    expect(await text(page)).toContain("$env:AWS_SECRET_ACCESS_KEY = '••••••••'");
    expect(callsOf(server, 'environment.text')).toEqual([]);
    await page.getByText('.env', { exact: true }).click();
    await page.getByLabel('Show secrets').click();
    await expect.poll(() => text(page)).toContain(`MLFLOW_TRACKING_PASSWORD=${fakePassword}`);
    await page.getByText('fish', { exact: true }).click();
    await expect.poll(() => text(page)).toContain(`set -gx PGPASSWORD ${fakePassword}`);
    await page.getByLabel('Show secrets').click();
    expect(await page.content()).not.toContain(fakePassword);
    await page.getByText('AWS profile', { exact: true }).first().click();
    expect(await text(page)).toContain('[profile mooring-fake]');
    await page.getByText('mooring env lab-vm --environment main --write-aws-profile').waitFor();
  });

  it('hides them again by itself', async () => {
    const { page, server } = await open(withStacks());
    await page.clock.install();
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await page.getByLabel('Show secrets').click();
    await expect.poll(() => text(page)).toContain(fakePassword);
    await page.clock.fastForward(61_000);
    await expect.poll(() => text(page)).not.toContain(fakePassword);
  });

  it('goes from one environment to another, and leaves no secret shown', async () => {
    const { page, server } = await open(withStacks());
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await page.getByLabel('Show secrets').click();
    await expect.poll(() => text(page)).toContain(fakePassword);
    await page.getByText('dev', { exact: true }).click();
    await expect.poll(() => text(page)).toContain('http://127.0.0.1:5002');
    expect(await text(page)).not.toContain(fakePassword);
    expect(await page.getByText('AWS profile').count()).toBe(1);
    await page.getByText('eval "$(mooring env lab-vm --environment dev)"').waitFor();
  });

  it('follows the tunnels, and turns on what is off', async () => {
    const off = withStacks({ forwards: [{ label: 'MLflow', wanted: false }] });
    const { page, server } = await open(off);
    answerEnvironment(server, off);
    await openEnvironment(page);
    await page.getByText('The tunnel MLflow is off').waitFor();
    await button(page, 'Turn it on').click();
    await expect
      .poll(() => callsOf(server, 'wanted.set').map(({ args }) => args))
      .toEqual([{ serverId: 's-lab-vm', forwardId: 'f-MLflow', on: true }]);
    const on = withStacks({ forwards: [{ label: 'MLflow', localPort: 5011 }] });
    answerEnvironment(server, on);
    server.show(on);
    await expect.poll(() => text(page)).toContain('http://127.0.0.1:5011');
    expect(await page.getByText('The tunnel MLflow is off').count()).toBe(0);
  });

  it('copies without secrets, and with them for a minute', async () => {
    const { page, server } = await open(withStacks(), { permissions });
    await page.clock.install();
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await button(page, 'Copy without secrets').click();
    await page.getByText('on the clipboard, without secrets').waitFor();
    const plain = await clipboard(page);
    expect(plain).toContain('export MLFLOW_TRACKING_USERNAME=admin');
    expect(plain).not.toContain(fakePassword);
    await button(page, 'Copy with secrets').click();
    await page.getByText('taken away in a minute').waitFor();
    expect(await clipboard(page)).toContain(fakePassword);
    await page.clock.fastForward(61_000);
    await expect.poll(() => clipboard(page)).toBe('');
  });

  it('leaves on the clipboard what somebody else has put there', async () => {
    const { page, server } = await open(withStacks(), { permissions });
    await page.clock.install();
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await button(page, 'Copy with secrets').click();
    await page.getByText('taken away in a minute').waitFor();
    await page.evaluate(() => navigator.clipboard.writeText('a recipe'));
    await page.clock.fastForward(61_000);
    expect(await clipboard(page)).toBe('a recipe');
  });

  it('says where a browser won’t let it take them away', async () => {
    const { page, server } = await open(withStacks(), { permissions: ['clipboard-write'] });
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await button(page, 'Copy with secrets').click();
    await page.getByText('does not let Mooring take it away').waitFor();
  });

  it('in the desktop app the secrets never come into the window', async () => {
    const snapshot = { ...withStacks(), desktop: desktops['all well'] };
    const { page, server } = await open(snapshot, { bridge: true });
    answerEnvironment(server, snapshot);
    server.answer('environment.copy', () => done({ text: '', unwritable: [], clearedAfterMs: 60_000 }));
    await openEnvironment(page);
    await button(page, 'Copy with secrets').click();
    await page.getByText('taken away in a minute').waitFor();
    expect(callsOf(server, 'environment.copy').map(({ args }) => args)).toEqual([
      { serverId: 's-lab-vm', environment: 'main', format: 'bash', withSecrets: true },
    ]);
    expect(callsOf(server, 'environment.text')).toEqual([]);
  });

  it('writes the profile, and takes it out', async () => {
    const { page, server } = await open(withStacks());
    answerEnvironment(server, withStacks());
    await openEnvironment(page);
    await button(page, 'Write the profile').click();
    await button(page, 'Take it out').click();
    await button(page, 'Write the profile').waitFor();
    expect(server.calls.map(({ name }) => name).filter((name) => name.endsWith('-aws'))).toEqual([
      'environment.write-aws',
      'environment.remove-aws',
    ]);
  });

  it('is in the palette, and beside a stack', async () => {
    const { page, server } = await open(withStacks(), { permissions });
    answerSetup(server);
    answerEnvironment(server, withStacks());
    await openPalette(page, 'copy ml environment');
    await page.keyboard.press('Enter');
    await page.getByText('on the clipboard, without secrets').waitFor();
    expect(await clipboard(page)).toContain('MLFLOW_TRACKING_URI=http://127.0.0.1:5001');
    await page.getByRole('tab', { name: 'Setup' }).click();
    await button(page, 'Copy environment').last().click();
    await page.getByRole('menuitem', { name: 'Look at it, other formats' }).click();
    await expect.poll(() => text(page)).toContain('http://127.0.0.1:5002');
  });
});
