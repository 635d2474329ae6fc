import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done, failed } from '../../../main/shared/failure.ts';
import { promptBodies, promptOf, serverOf, snapshotOf } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';
import {
  answerKeys,
  byPassword,
  foundKeys,
  madeKey,
  openKeyDialog,
  openKeyLogin,
  openOffer,
  refusedKey,
} from './keys-views.ts';
import { proveNewVm } from './setup-views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const withLogin = (login: Parameters<typeof serverOf>[0]) => snapshotOf({ servers: [serverOf(login)] });
const byKey = () => withLogin({ login: { kind: 'key', path: '~/.ssh/id_ed25519' } });
const calls = (server: { calls: readonly { name: string; args: unknown }[] }, name: string) =>
  server.calls.filter((each) => each.name === name).map(({ args }) => args);

describeWindow('keys', (open) => {
  it('is picked from those found for the login of a new VM, or its path is typed', async () => {
    const { page, server } = await open(snapshotOf());
    answerKeys(server);
    server.answer('servers.add', () => done({ serverId: 's-lab-vm' }));
    await openKeyLogin(page);
    await page.getByText('RSA · lena@old-laptop').waitFor();
    await page.getByRole('radio', { name: '~/.ssh/id_rsa' }).click();
    const typed = page.getByRole('textbox', { name: 'Key file' });
    expect(await typed.inputValue()).toBe('~/.ssh/id_rsa');
    await typed.fill('/media/stick/lab');
    expect(await page.getByRole('radio', { name: '~/.ssh/id_rsa' }).isChecked()).toBe(false);
    await button(page, 'Connect').click();
    await expect
      .poll(() => calls(server, 'servers.add'))
      .toMatchObject([{ draft: { login: { kind: 'key', path: '/media/stick/lab' } } }]);
  });

  it('is made with Enter, without the form around it being sent; its public half can be copied', async () => {
    const { page, server } = await open(snapshotOf());
    answerKeys(server, []);
    await openKeyLogin(page);
    await button(page, 'Make a key…').click();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('placeholder')))
      .toBe('id_ed25519');
    await page.keyboard.type('lab_ed25519');
    await page.getByRole('textbox', { name: 'Passphrase' }).fill('open sesame');
    await page.getByRole('checkbox', { name: 'Remember the passphrase' }).uncheck();
    await page.getByRole('textbox', { name: 'Passphrase' }).press('Enter');
    await page.getByText('was made').waitFor();
    expect(calls(server, 'keys.make')).toEqual([{ name: 'lab_ed25519', passphrase: 'open sesame', remember: false }]);
    expect(calls(server, 'servers.add')).toEqual([]);
    expect(await page.getByRole('textbox', { name: 'Key file' }).inputValue()).toBe(madeKey.path);
    await button(page, /Copy the public half: ssh-ed25519/).waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('open sesame');
  });

  it('is offered where a password has let us in, can be declined, and leaves the way open', async () => {
    const { page, server } = await open(snapshotOf());
    await proveNewVm(page, server, withLogin(byPassword));
    await button(page, 'Not now').click();
    await page.getByText('stays in the menu of lab-vm').waitFor();
    expect(await button(page, 'Next: choose what to set up').isEnabled()).toBe(true);
    expect(calls(server, 'keys.install')).toEqual([]);
  });

  it('is not offered where a key or the agent has', async () => {
    const { page, server } = await open(snapshotOf());
    await proveNewVm(page, server, byKey());
    await page.getByText('Debian GNU/Linux 12').waitFor();
    expect(await button(page, 'Choose a key…').count()).toBe(0);
    server.show(withLogin({ login: { kind: 'auto' } }));
    await page.getByText('Debian GNU/Linux 12').waitFor();
    expect(await button(page, 'Choose a key…').count()).toBe(0);
    server.show(withLogin({ login: { kind: 'auto' }, secrets: [{ kind: 'password', keptIn: 'run' }] }));
    await button(page, 'Choose a key…').waitFor();
  });

  it('is put on the server from the page, with its passphrase asked there; the result stays', async () => {
    const { page, server } = await open(snapshotOf());
    answerKeys(server);
    await openOffer(page, server);
    const release = server.hold('keys.install');
    await button(page, 'Install the key').click();
    await page.getByText('then logging in with it alone').waitFor();
    server.show({ ...withLogin(byPassword), prompts: [promptOf(promptBodies.passphrase)] });
    const question = page.getByRole('region', { name: 'Question' });
    await question.getByText('Passphrase of').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    release();
    server.show(byKey());
    await page.getByText('lab-vm logs in with ~/.ssh/id_ed25519 from now on').waitFor();
    await button(page, 'Back').click();
    expect(await page.getByRole('radio', { name: '~/.ssh/id_ed25519' }).isChecked()).toBe(true);
    expect(calls(server, 'keys.install')).toEqual([{ serverId: 's-lab-vm', path: foundKeys[0]?.path, useIt: true }]);
  });

  it('that is refused is told with the reason, and another can be tried', async () => {
    const { page, server } = await open(snapshotOf());
    answerKeys(server);
    server.answer('keys.install', () => failed(refusedKey));
    await openOffer(page, server);
    await button(page, 'Install the key').click();
    await page.getByText('did not let ubuntu in').waitFor();
    await page.getByText('taken off the server again').waitFor();
    await page.getByRole('radio', { name: '~/.ssh/id_rsa' }).click();
    expect(await page.getByText('did not let ubuntu in').count()).toBe(0);
    answerKeys(server);
    await button(page, 'Install the key').click();
    await page.getByText('lab-vm logs in with ~/.ssh/id_rsa').waitFor();
  });

  it('is put on a server that is there already, from its menu', async () => {
    const { page, server } = await open(withLogin(byPassword));
    answerKeys(server);
    await openKeyDialog(page);
    await button(page, 'Install the key').click();
    await page.getByText('from now on').waitFor();
    server.show(byKey());
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await button(page, 'More for lab-vm').click();
    await page
      .getByRole('menuitem', { name: 'Forget' })
      .or(page.getByRole('menuitem', { name: 'No secrets' }))
      .waitFor();
    expect(await page.getByRole('menuitem', { name: 'Log in with a key…' }).count()).toBe(0);
  });
});
