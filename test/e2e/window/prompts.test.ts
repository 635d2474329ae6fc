import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { failed, failure } from '../../../main/shared/failure.ts';
import { everyday, needsYou, promptBodies, promptOf, scenes } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? '');

describeWindow('questions in the window', (open) => {
  it('trusts an unknown key by its fingerprint, never by a stray Enter', async () => {
    const { page, server } = await open(needsYou(promptBodies['host-key-unknown']));
    await page.getByText(promptBodies['host-key-unknown'].presented.fingerprint).waitFor();
    await expect.poll(() => focused(page)).toContain('has not met');
    await page.keyboard.press('Enter');
    await page.getByLabel('Also add it to ~/.ssh/known_hosts').check();
    await button(page, 'Trust this key').click();
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]).toEqual({
      name: 'prompts.answer',
      args: {
        promptId: 'p-host-key-unknown',
        answer: {
          kind: 'accept-host-key',
          fingerprint: promptBodies['host-key-unknown'].presented.fingerprint,
          alsoKnownHosts: true,
        },
      },
    });
    server.show(everyday());
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('shows old and new keys side by side and stays disconnected by default', async () => {
    const { page, server } = await open(needsYou(promptBodies['host-key-changed']));
    const dialog = page.getByRole('dialog');
    await dialog.getByText('first seen 2 Apr 2026, kept in Mooring').waitFor();
    await dialog.getByText('kept in ~/.ssh/known_hosts:12').waitFor();
    await expect.poll(() => focused(page)).toBe('Stay disconnected');
    expect(await button(page, 'Replace the key and connect').isDisabled()).toBe(true);
    await page.keyboard.press('Enter');
    await expect
      .poll(() => server.calls)
      .toEqual([{ name: 'prompts.cancel', args: { promptId: 'p-host-key-changed' } }]);
  });

  it('takes a changed key only from somebody who says to know why', async () => {
    const { page, server } = await open(needsYou(promptBodies['host-key-changed']));
    await page.getByLabel('I know why the key has changed').check();
    await button(page, 'Replace the key and connect').click();
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]?.args).toMatchObject({
      answer: { fingerprint: promptBodies['host-key-changed'].presented.fingerprint, alsoKnownHosts: false },
    });
  });

  it('keeps what is typed while snapshots come in, and after a refusal', async () => {
    const { page, server } = await open(needsYou(promptBodies.password));
    await page.getByText('The server did not accept the last one.').waitFor();
    await page.keyboard.type('correct horse');
    server.show({ ...needsYou(promptBodies.password), network: { online: false } });
    await page.getByText('Network: offline').waitFor();
    await page.keyboard.type(' battery');
    server.answer('prompts.answer', () => failed(failure('bug', 'That went wrong.')));
    await page.keyboard.press('Enter');
    await page.getByText('That went wrong.').waitFor();
    expect(await page.getByRole('textbox').inputValue()).toBe('correct horse battery');
    expect(server.calls[0]?.args).toEqual({
      promptId: 'p-password',
      answer: { kind: 'secret', secret: 'correct horse battery', remember: true },
    });
  });

  it('says how long a secret is kept where there is no keychain', async () => {
    const { keychain } = scenes['offline with notices']();
    const { page } = await open(needsYou(promptBodies.passphrase, { keychain }));
    await page.getByText('Kept until Mooring quits').waitFor();
  });

  it('asks the server’s own questions, hidden or shown as the server wants', async () => {
    const { page, server } = await open(needsYou(promptBodies.codes));
    await page.getByText('Open the authenticator app').waitFor();
    await page.keyboard.type('123456');
    await page.getByLabel('Device (phone/key)').fill('phone');
    expect(await page.getByLabel('Verification code').getAttribute('type')).toBe('password');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => server.calls[0]?.args)
      .toMatchObject({ answer: { kind: 'codes', answers: ['123456', 'phone'] } });
  });

  it('can be put off, leaving a reminder that opens it again', async () => {
    const { page, server } = await open(needsYou(promptBodies.password));
    await button(page, 'Later').last().click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('lab-vm needs you: password').waitFor();
    await button(page, 'Answer').click();
    await page.getByRole('dialog').waitFor();
    expect(server.calls).toEqual([]);
  });

  it('takes questions oldest first and counts them', async () => {
    const body = promptBodies['host-key-unknown'];
    const prompts = [3, 1, 2].map((age) => promptOf(body, { id: `p-${String(age)}`, createdMs: age }));
    const { page, server } = await open(needsYou(body, { prompts }));
    await page.getByText('1 of 3').waitFor();
    await button(page, 'Cancel').click();
    await expect.poll(() => server.calls).toEqual([{ name: 'prompts.cancel', args: { promptId: 'p-1' } }]);
    server.show(needsYou(body, { prompts: prompts.filter((each) => each.id !== 'p-1') }));
    await page.getByText('1 of 2').waitFor();
  });

  it('does not take the keyboard from an open form', async () => {
    const { page, server } = await open(everyday());
    await page.getByRole('button', { name: 'Add server' }).click();
    await page.getByRole('textbox', { name: 'Address' }).fill('10.0.0.7');
    server.show(needsYou(promptBodies.password));
    await page.getByText('0 of 3 servers up · lab-vm needs you').waitFor({ state: 'attached' });
    expect(await page.getByText('Password for lab-vm').count()).toBe(0);
    await button(page, 'Cancel').click();
    await page.getByText('Password for lab-vm').waitFor();
  });
});
