import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { failed, failure } from '../../../main/shared/failure.ts';
import {
  connecting,
  everyday,
  full,
  nowMs,
  scenes,
  serverOf,
  snapshotOf,
  up,
  waiting,
} from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { openPalette, pasteSshLine } from './views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

describeWindow('servers in the window', (open) => {
  it('offers three ways to begin when there is no server, and starts the demo', async () => {
    const { page, server } = await open(scenes.empty());
    const choices = page.getByRole('main').getByRole('button').filter({ hasText: /\w/ });
    expect(await choices.count()).toBe(3);
    server.answer('demo.start', () => ({ ok: true, value: { serverId: 's-Demo' } }));
    await button(page, /Try it now/).click();
    await expect.poll(() => server.calls).toEqual([{ name: 'demo.start', args: {} }]);
    server.show(scenes.demo());
    await page.getByRole('heading', { name: 'Demo' }).waitFor();
    await button(page, 'the host key changes').click();
    await expect.poll(() => server.calls.at(-1)).toEqual({ name: 'demo.break', args: { fault: 'change-host-key' } });
  });

  it('fills the form from a pasted line, shows its notes, and adds and connects by Enter', async () => {
    const { page, server } = await open(scenes.empty());
    server.answer('servers.add', () => ({ ok: true, value: { serverId: 's-new' } }));
    await button(page, /Add a server/).click();
    await pasteSshLine(page, server);
    await page.getByText('-X (X11 forwarding)').waitFor();
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('128.214.252.130');
    expect(await page.getByLabel('Key file', { exact: true }).last().inputValue()).toBe('~/.ssh/lab');
    await page.keyboard.press('Enter');
    await expect.poll(() => server.calls.map((each) => each.name)).toContain('wanted.set');
    const added = server.calls.find((each) => each.name === 'servers.add');
    expect(added?.args).toMatchObject({
      draft: {
        name: 'lab-vm',
        user: 'ubuntu',
        login: { kind: 'key', path: '~/.ssh/lab' },
        forwards: [{ label: 'MLflow', bind: { port: 5001 } }, { label: 'S3 API' }],
      },
    });
    expect(server.calls.at(-1)?.args).toEqual({ serverId: 's-new', on: true });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('shows what the core refuses at its fields and keeps what was typed', async () => {
    const { page, server } = await open(everyday());
    server.answer('servers.add', () =>
      failed(
        failure('conflict', 'The name is taken.', {
          fields: [
            { path: 'name', message: 'Another server is called that.' },
            { path: 'forwards.0.bind.port', message: 'That port is taken.' },
          ],
        }),
      ),
    );
    await button(page, 'Add server').click();
    await page.getByRole('textbox', { name: 'Address' }).fill('10.0.0.7');
    await page.getByLabel('User').fill('ada');
    await page.getByLabel('Name', { exact: true }).fill('lab-vm');
    await page.getByText('Jupyter', { exact: true }).click();
    await page.getByLabel('Name', { exact: true }).press('Enter');
    await page.getByText('Another server is called that.').waitFor();
    await page.getByText('That port is taken.').waitFor();
    expect(await page.getByRole('textbox', { name: 'Address' }).inputValue()).toBe('10.0.0.7');
    expect(await page.getByLabel('Local port of Jupyter').inputValue()).toBe('8888');
  });

  it('suggests a local port that no other tunnel has', async () => {
    const { page } = await open(everyday());
    await button(page, 'Add server').click();
    await page.getByRole('dialog').getByText('MLflow', { exact: true }).click();
    expect(await page.getByLabel('Local port of MLflow').inputValue()).toBe('5002');
  });

  it('edits a profile without touching its forwards', async () => {
    const { page, server } = await open(everyday());
    await button(page, 'More for lab-vm').click();
    await page.getByRole('menuitem', { name: 'Edit server' }).click();
    await page.getByLabel('User').fill('ada');
    await page.keyboard.press('Enter');
    await expect.poll(() => server.calls.length).toBe(1);
    const { profile } = serverOf();
    expect(server.calls[0]).toEqual({
      name: 'servers.edit',
      args: {
        serverId: 's-lab-vm',
        draft: { name: 'lab-vm', address: profile.address, port: 22, user: 'ada', login: { kind: 'auto' } },
      },
    });
  });

  it('says what a removal loses, with the safe choice in focus', async () => {
    const { page, server } = await open(everyday());
    await button(page, 'More for lab-vm').click();
    await page.getByRole('menuitem', { name: 'Remove server' }).click();
    await page.getByText('its 4 tunnels: MLflow, S3 API, S3 console, PostgreSQL').waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Keep it');
    await button(page, 'Remove server').click();
    await expect.poll(() => server.calls).toEqual([{ name: 'servers.remove', args: { serverId: 's-lab-vm' } }]);
  });

  it('closes a dialog about a server that was removed elsewhere', async () => {
    const { page, server } = await open(everyday());
    await button(page, 'More for lab-vm').click();
    await page.getByRole('menuitem', { name: 'Edit server' }).click();
    await page.getByRole('dialog').waitFor();
    server.show(snapshotOf({ servers: everyday().servers.slice(1) }));
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'cpouta-course' }).waitFor();
  });

  it('is walked by keyboard: arrows and j/k choose, Alt and arrows move the server', async () => {
    const { page, server } = await open(everyday());
    await button(page, /^lab-vm/).focus();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { name: 'cpouta-course' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'ec2-tracking' }).waitFor();
    await page.keyboard.press('k');
    await page.getByRole('heading', { name: 'cpouta-course' }).waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await expect
      .poll(() => server.calls)
      .toEqual([{ name: 'servers.move', args: { serverId: 's-cpouta-course', index: 0 } }]);
  });

  it('is reordered by dragging', async () => {
    const { page, server } = await open(everyday());
    await button(page, /^lab-vm/).dragTo(button(page, /^ec2-tracking/), { targetPosition: { x: 40, y: 45 } });
    await expect.poll(() => server.calls).toEqual([{ name: 'servers.move', args: { serverId: 's-lab-vm', index: 2 } }]);
  });

  it('keeps the focus inside a dialog and gives it back afterwards', async () => {
    const { page } = await open(everyday());
    await button(page, 'Add server').click();
    await page.getByRole('dialog').waitFor();
    const inside = () => page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null);
    await expect.poll(inside).toBe(true);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    expect(await inside()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Add server');
  });

  it('stays on the chosen server and tab over a reload', async () => {
    const { page } = await open(everyday());
    await button(page, /^ec2-tracking/).click();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.reload();
    await page.getByRole('heading', { name: 'ec2-tracking' }).waitFor();
    expect(await page.getByRole('tab', { name: 'Logs' }).getAttribute('aria-selected')).toBe('true');
  });

  it('counts down to the next try, and says why', async () => {
    const { page, server } = await open(snapshotOf({ servers: [serverOf({ connection: waiting })] }));
    await page.getByText('Next try in 4 s', { exact: true }).waitFor();
    await page.getByText('No route to 86.50.230.11.', { exact: true }).waitFor();
    await page.clock.setFixedTime(nowMs + 2000);
    await page.getByText('Next try in 2 s', { exact: true }).waitFor();
    await button(page, 'Try now').click();
    await expect.poll(() => server.calls).toEqual([{ name: 'connection.retry', args: { serverId: 's-lab-vm' } }]);
  });

  it('connects and disconnects, and tells screen readers of changes', async () => {
    const { page, server } = await open(snapshotOf({ servers: [serverOf({ connection: up })] }));
    await button(page, 'Disconnect').click();
    await expect.poll(() => server.calls).toEqual([{ name: 'wanted.set', args: { serverId: 's-lab-vm', on: false } }]);
    server.show(snapshotOf({ servers: [serverOf({ connection: connecting })] }));
    await page.getByRole('status').filter({ hasText: 'lab-vm: working on it' }).waitFor({ state: 'attached' });
  });

  it('shows a failed call as a toast, with what to do', async () => {
    const { page, server } = await open(everyday());
    server.answer('wanted.set', () =>
      failed(failure('storage-failed', 'The change could not be saved.', { hint: 'The disk is full: make room.' })),
    );
    await button(page, 'Disconnect').click();
    await page.getByText('The change could not be saved.').waitFor();
    await page.getByText('The disk is full: make room.').waitFor();
  });

  it('has every action in the palette, and puts the focus into the dialog it opens', async () => {
    const { page, server } = await open(full());
    await openPalette(page, 'go to node-07');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /gpu-cluster-node-07/ }).waitFor();
    await openPalette(page, 'turn port 4 off node-07');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => server.calls)
      .toEqual([{ name: 'wanted.set', args: { serverId: 's-7', forwardId: 'f-4', on: false } }]);
    await openPalette(page, 'add server');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('placeholder')))
      .toContain('ssh -i');
  });
});
