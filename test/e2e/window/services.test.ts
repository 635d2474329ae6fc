import { expect, it } from 'vitest';
import { everyday, serverOf, snapshotOf } from '../../support/snapshots.ts';
import { foundMlflow, nameRefused, notMlflow, wrongPassword } from '../../support/service-views.ts';
import { installedOf } from '../../support/setup-snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { discover, newPort, playUse, swapped, unfold } from './service-views.ts';
import { answerSetup } from './setup-views.ts';

const one = (found: typeof foundMlflow) => snapshotOf({ servers: [serverOf({ forwards: [{ found }] })] });

describeWindow('the truth behind a port', (open) => {
  it('says one word when all is well, and every link with its words when asked', async () => {
    const { page, server } = await open(one(foundMlflow));
    playUse(server);
    const button = page.getByRole('button', { name: 'MLflow: up. Show the steps' });
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    await button.click();
    for (const label of [
      'right service: well, MLflow 3.17.2',
      'signed in: well, signed in as admin',
      'healthy: well, healthy',
    ]) {
      await page.getByLabel(label, { exact: true }).waitFor();
    }
    await page.getByText('Used by python3 (process 4242), 3 connections; chromium (process 918).').waitFor();
    await page.getByRole('img', { name: /^The last 5 min: at most .*answers in 16 ms at most/ }).waitFor();
  });

  it('asks again when told to', async () => {
    const { page, server } = await open(one(foundMlflow));
    await unfold(page, 'MLflow');
    await page.getByRole('button', { name: 'Check now' }).click();
    await expect
      .poll(() => server.calls)
      .toEqual([{ name: 'services.check', args: { serverId: 's-lab-vm', forwardId: 'f-MLflow' } }]);
  });

  it('spells out the first broken link, with its fix as a button', async () => {
    const { page, server } = await open(one(notMlflow));
    await page.getByText('The default page of nginx answers there, not MLflow.').waitFor();
    await page.getByRole('listitem', { name: /^right service: broken/ }).waitFor();
    await page.getByRole('button', { name: 'Take it for a web page' }).click();
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]).toMatchObject({ name: 'forwards.edit', args: { draft: { service: 'http' } } });
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => server.calls.at(-1)?.name).toBe('services.check');
    server.show(one(wrongPassword));
    // The Setup page has questions of its own.
    server.hold();
    await page.getByRole('button', { name: 'Give the password' }).click();
    await expect.poll(() => page.url()).toMatch(/\/setup$/);
  });

  it('plans to allow a name that MLflow refuses, or sends the one that works', async () => {
    const refused = () =>
      snapshotOf({ servers: [serverOf({ forwards: [{ found: nameRefused }], stacks: [installedOf()] })] });
    const { page, server } = await open(refused());
    await page.getByRole('button', { name: 'Send 127.0.0.1:5001 as Host' }).click();
    await expect.poll(() => server.calls.length).toBe(1);
    expect(server.calls[0]).toMatchObject({
      name: 'forwards.edit',
      args: { forwardId: 'f-MLflow', draft: { service: 'mlflow', sendAs: { host: '127.0.0.1:5001' } } },
    });
    answerSetup(server);
    await page.getByRole('button', { name: 'Allow the name' }).click();
    await expect.poll(() => page.url()).toMatch(/\/setup$/);
    await page.getByRole('heading', { name: 'Steps' }).waitFor();
    const planned = server.calls.find((each) => each.name === 'setup.plan');
    const { stack, values } = installedOf().draft;
    expect(planned?.args).toEqual({
      serverId: 's-lab-vm',
      draft: { stack, values: { ...values, 'mlflow.allowed-hosts': 'mlflow-server.local' } },
    });
    expect(server.calls.some((each) => each.name === 'setup.start')).toBe(false);
  });

  it('swaps two tunnels that lead to each other’s place', async () => {
    const { page, server } = await open(swapped());
    await page.getByRole('button', { name: 'Swap it with S3 console' }).click();
    await expect.poll(() => server.calls.length).toBe(2);
    expect(server.calls.map(({ args }) => args)).toMatchObject([
      { forwardId: 'f-S3 API', draft: { target: { port: 9000 } } },
      { forwardId: 'f-S3 console', draft: { target: { port: 9001 } } },
    ]);
  });

  it('finds what listens, and adds tunnels by a click each', async () => {
    const { page, server } = await open(everyday());
    await discover(page, server);
    await page.getByRole('button', { name: 'Add a tunnel to Jupyter 2.14.0 on port 8888' }).click();
    await expect
      .poll(() => server.calls.at(-1))
      .toMatchObject({
        name: 'forwards.add',
        args: { draft: { label: 'Jupyter', service: 'jupyter', target: { port: 8888 } } },
      });
    // Those that have a tunnel are told so, and not offered.
    expect(await page.getByRole('button', { name: /^Add a tunnel to MLflow/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('region', { name: 'What listens on lab-vm' }).waitFor({ state: 'detached' });
  });

  it('says quietly that something new listens', async () => {
    const { page, server } = await open(newPort());
    await page.getByText('Something new listens on 8888 (jupyter-lab) of lab-vm.').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect.poll(() => server.calls).toEqual([{ name: 'services.dismiss-new', args: { serverId: 's-lab-vm' } }]);
  });
});
