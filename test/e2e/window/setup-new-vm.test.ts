import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import { installedOf, runs } from '../../support/setup-snapshots.ts';
import { everyday, needsYou, promptBodies, serverOf, snapshotOf } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { answerSetup, openNewVm, proveNewVm } from './setup-views.ts';
import { openPalette, pasteSshLine } from './views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const alone = (fixture: Parameters<typeof serverOf>[0] = {}) => snapshotOf({ servers: [serverOf(fixture)] });
const here = (page: Page) => page.locator('.stepper [aria-current=step]');

describeWindow('setting up a new VM', (open) => {
  it('goes from a pasted line to a server that is set up, and asks for the host key on the way', async () => {
    const { page, server } = await open(snapshotOf());
    answerSetup(server);
    server.answer('servers.add', () => done({ serverId: 's-lab-vm' }));
    await openNewVm(page);
    await pasteSshLine(page, server);
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('128.214.252.130');
    await button(page, 'Next: login').click();
    expect(await page.getByLabel('Key file', { exact: true }).last().inputValue()).toBe('~/.ssh/lab');
    await button(page, 'Connect').click();
    await expect
      .poll(() => server.calls.at(-1))
      .toEqual({ name: 'wanted.set', args: { serverId: 's-lab-vm', on: true } });

    const asking = needsYou(promptBodies['host-key-unknown']);
    server.show({ ...asking, servers: asking.servers.slice(0, 1) });
    await page.getByRole('region', { name: 'Question' }).getByText('SHA256:uNiV').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await button(page, 'Trust this key').click();
    await expect.poll(() => server.calls.at(-1)?.name).toBe('prompts.answer');

    server.show(alone());
    await page.getByText('Debian GNU/Linux 12').waitFor();
    await button(page, 'Next: choose what to set up').click();
    await button(page, /MLflow quick start/).click();
    await button(page, 'Show the plan').click();
    await button(page, 'Set up server').click();
    await expect.poll(() => server.calls.some((each) => each.name === 'setup.start')).toBe(true);
    server.show(alone({ run: runs.running }));
    await page.getByText('closing the lid does not stop it').waitFor();
    expect(await here(page).innerText()).toContain('Run');
    server.show(alone({ run: runs.done, stacks: [installedOf()] }));
    await page.getByText('The password of admin is in the keychain.').waitFor();
    await button(page, 'Give it names…').click();
    await page.getByRole('heading', { name: 'lab-vm' }).waitFor();
    expect(await page.getByRole('tab', { name: 'Hosts' }).getAttribute('aria-selected')).toBe('true');

    // Another one starts from the beginning.
    await button(page, 'Set up a new VM').click();
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('');
  });

  it('can be left in the middle and taken up again, over a reload too', async () => {
    const { page, server } = await open(everyday());
    answerSetup(server);
    await openPalette(page, 'set up a new vm');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Address' }).fill('10.0.0.9');
    await page.getByRole('textbox', { name: 'User' }).fill('ada');
    await button(page, 'Next: login').click();
    await button(page, 'Leave').click();
    await page.getByRole('heading', { name: 'lab-vm' }).waitFor();
    const heard = page.waitForRequest('**/api/events');
    await page.reload();
    await heard;
    await expect.poll(() => server.watchers()).toBe(1);
    server.ask({ kind: 'new-vm' });
    await page.getByText('Taken up where you left it.').waitFor();
    expect(await here(page).innerText()).toContain('Login');
    await button(page, 'Back').click();
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('10.0.0.9');
    await button(page, 'Start over').click();
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('');
  });

  it('shows the good end after a reload too, and begins anew when it was left', async () => {
    const { page, server } = await open(snapshotOf());
    await proveNewVm(page, server, alone());
    await button(page, 'Next: choose what to set up').click();
    server.show(alone({ run: runs.done, stacks: [installedOf()] }));
    await button(page, 'Go to lab-vm').waitFor();
    await page.reload();
    await button(page, 'Go to lab-vm').waitFor();
    expect(await here(page).innerText()).toContain('Done');
    await button(page, 'Leave').click();
    await page.getByRole('heading', { name: 'lab-vm' }).waitFor();
    await button(page, 'Set up a new VM').click();
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('');
  });

  it('begins anew after a good end whose run is no longer known, as when Mooring was started again', async () => {
    const { page, server } = await open(snapshotOf());
    await proveNewVm(page, server, alone());
    await button(page, 'Next: choose what to set up').click();
    server.show(alone({ run: runs.done, stacks: [installedOf()] }));
    await button(page, 'Go to lab-vm').waitFor();
    server.show(alone({ stacks: [installedOf()] }));
    await page.reload();
    await page.getByRole('textbox', { name: 'Address' }).waitFor();
    expect(await page.getByText('Taken up where you left it.').count()).toBe(0);
  });

  it('says what is missing, and brings a refusal back to the step of its field', async () => {
    const { page, server } = await open(snapshotOf());
    await openNewVm(page);
    await button(page, 'Next: login').click();
    await page.getByText('Which user logs in?').waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('placeholder')))
      .toContain('lab.example.org');
    server.answer('servers.add', () =>
      failed(
        failure('conflict', 'The name is taken.', {
          fields: [{ path: 'draft.name', message: 'Another is called that.' }],
        }),
      ),
    );
    await page.getByRole('textbox', { name: 'Address' }).fill('10.0.0.9');
    await page.getByRole('textbox', { name: 'User' }).fill('ada');
    await button(page, 'Next: login').click();
    await button(page, 'Connect').click();
    await page.getByText('Another is called that.').waitFor();
    expect(await here(page).innerText()).toContain('Where');
  });

  it('changes the server that was added when the login is changed, instead of adding another', async () => {
    const { page, server } = await open(snapshotOf());
    await proveNewVm(page, server, alone());
    await button(page, 'Back').click();
    await page.getByText('Password', { exact: true }).first().click();
    await button(page, 'Connect').click();
    await expect.poll(() => server.calls.filter((each) => each.name === 'servers.edit').length).toBe(1);
    expect(server.calls.filter((each) => each.name === 'servers.add').length).toBe(1);
    expect(server.calls.find((each) => each.name === 'servers.edit')?.args).toMatchObject({
      serverId: 's-lab-vm',
      draft: { login: { kind: 'password' } },
    });
  });
});
