import { expect, it } from 'vitest';
import { failed, failure } from '../../../main/shared/failure.ts';
import { airPlay, everyday, scenes, serverOf, snapshotOf, targetFailed } from '../../support/snapshots.ts';
import { describeWindow } from './describe-window.ts';

describeWindow('tunnels in the window', (open) => {
  it('copies the local address and says so', async () => {
    const { page } = await open(everyday(), { permissions: ['clipboard-read', 'clipboard-write'] });
    const copy = page.getByRole('button', { name: 'Copy the local address: 127.0.0.1:5001' });
    await copy.click();
    await copy.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('127.0.0.1:5001');
  });

  it('opens web services in a tab of their own, and only while something listens', async () => {
    const { page, server } = await open(everyday());
    const link = page.getByRole('link', { name: 'Open MLflow in the browser' });
    expect(await link.getAttribute('href')).toBe('http://127.0.0.1:5001/');
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await page.getByRole('link', { name: /Open S3 API/ }).count()).toBe(0);
    server.show(scenes.off());
    await page.getByRole('button', { name: 'Open MLflow in the browser' }).waitFor();
    expect(await page.getByRole('button', { name: 'Open MLflow in the browser' }).isDisabled()).toBe(true);
  });

  it('toggles one tunnel; all are off while the server is', async () => {
    const { page, server } = await open(everyday());
    expect(await page.getByRole('switch', { name: 'PostgreSQL on' }).isChecked()).toBe(false);
    await page.getByRole('switch', { name: 'MLflow on' }).focus();
    await page.keyboard.press('Space');
    await expect
      .poll(() => server.calls)
      .toEqual([{ name: 'wanted.set', args: { serverId: 's-lab-vm', forwardId: 'f-MLflow', on: false } }]);
    server.show(scenes.off());
    await page.getByRole('switch', { name: 'MLflow on', checked: false }).waitFor();
  });

  it('unfolds the steps on a click, and by itself where one is broken', async () => {
    const { page, server } = await open(everyday());
    await page.getByRole('button', { name: /^MLflow: .*Show the steps/ }).click();
    await page.getByLabel('port: well').waitFor();
    server.show(snapshotOf({ servers: [serverOf({ forwards: [{ label: 'S3 console', state: targetFailed }] })] }));
    await page.getByLabel('port: broken').waitFor();
    await page.getByText('Nothing listens on port 9001 of lab-vm.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => server.calls).toEqual([{ name: 'connection.retry', args: { serverId: 's-lab-vm' } }]);
  });

  it('names who holds a port and moves the tunnel to a free one when asked', async () => {
    const { page, server } = await open(snapshotOf({ servers: [serverOf({ forwards: [{ state: airPlay }] })] }));
    await page.getByText('Port 5001 is held by the AirPlay Receiver of macOS.').waitFor();
    await page.getByText('The program is ControlCe (process 412).').waitFor();
    await page.getByRole('button', { name: 'Use port 5002 instead' }).click();
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]).toEqual({
      name: 'forwards.edit',
      args: {
        serverId: 's-lab-vm',
        forwardId: 'f-MLflow',
        draft: {
          label: 'MLflow',
          service: 'mlflow',
          bind: { address: '127.0.0.1', port: 5002, alsoIpv6: false },
          target: { host: '127.0.0.1', port: 5000 },
        },
      },
    });
  });

  it('adds a tunnel from a preset, by Enter', async () => {
    const { page, server } = await open(everyday());
    await page.getByRole('button', { name: 'Add tunnel' }).click();
    await page.getByRole('menuitem', { name: /Grafana/ }).click();
    await page.getByLabel('Name', { exact: true }).fill('Dashboards');
    await page.keyboard.press('Enter');
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]).toMatchObject({
      name: 'forwards.add',
      args: {
        serverId: 's-lab-vm',
        draft: { label: 'Dashboards', service: 'grafana', bind: { port: 3000 }, target: { port: 3000 } },
      },
    });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('sends a name of its own where one is typed, and takes it off again', async () => {
    const { page, server } = await open(everyday());
    const edit = async () => {
      await page.getByRole('button', { name: 'More for MLflow' }).click();
      await page.getByRole('menuitem', { name: 'Edit tunnel' }).click();
    };
    await edit();
    const more = page.getByRole('button', { name: /^More ::1/ });
    expect(await more.getAttribute('aria-expanded')).toBe('false');
    await more.click();
    await page.getByLabel('Send as Host').fill(' mlflow-server.local ');
    await page.keyboard.press('Enter');
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]).toMatchObject({
      name: 'forwards.edit',
      args: { forwardId: 'f-MLflow', draft: { sendAs: { host: 'mlflow-server.local' } } },
    });
    server.show(snapshotOf({ servers: [serverOf({ forwards: [{ sendAs: { host: 'mlflow-server.local' } }] })] }));
    await page.getByText('as mlflow-server.local', { exact: true }).waitFor();
    await edit();
    await page.getByLabel('Send as Host').fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => server.calls.length).toBe(2);
    expect((server.calls[1]?.args as { draft: object }).draft).not.toHaveProperty('sendAs');
  });

  it('says at its field what is wrong with a name to send, and offers none for S3', async () => {
    const { page, server } = await open(everyday());
    await page.getByRole('button', { name: 'More for MLflow' }).click();
    await page.getByRole('menuitem', { name: 'Edit tunnel' }).click();
    await page.getByRole('button', { name: /^More ::1/ }).click();
    const message = 'Send as Host must not have spaces or control characters in it';
    server.answer('forwards.edit', () =>
      failed({ ...failure('invalid-argument', message), fields: [{ path: 'sendAs.host', message }] }),
    );
    await page.getByLabel('Send as Host').fill('a b');
    await page.keyboard.press('Enter');
    await page.getByText(message).waitFor();
    expect(await page.getByLabel('Send as Host').getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('combobox', { name: 'What answers there' }).click();
    await page.getByRole('option', { name: 'S3 API', exact: true }).click();
    await page.getByText('signed with the Host in them').waitFor();
  });

  it('warns of clients in use before a tunnel is removed', async () => {
    const { page, server } = await open(everyday());
    await page.getByRole('button', { name: 'More for MLflow' }).click();
    await page.getByRole('menuitem', { name: 'Remove tunnel' }).click();
    await page.getByText('It is in use now (2 clients)').waitFor();
    await page.getByRole('button', { name: 'Remove tunnel' }).click();
    await expect.poll(() => server.calls.map((each) => each.name)).toEqual(['forwards.remove']);
  });
});
