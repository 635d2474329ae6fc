import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { putBackPlan, putRightPlan } from '../../support/setup-plans.ts';
import { adoptedOf, foundOf, offersByHand, putRightRun } from '../../support/setup-snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { adopted, openPutRight } from './put-right-views.ts';
import { answerSetup, lab, openSetup } from './setup-views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const callsOf = (server: WindowServer, name: string) =>
  server.calls.filter((each) => each.name === name).map((each) => each.args);
const labVm = { serverId: 's-lab-vm' };
const byHand = [{ port: 5000, offers: offersByHand }];

describeWindow('putting right in the window', (open) => {
  it('goes from what was found over the choice and its plan to a run', async () => {
    const { page, server } = await open(lab({ forwards: [] }));
    await openPutRight(page, server, byHand);
    const box = (name: string) => page.getByRole('checkbox', { name });
    await box('Run it as a service').waitFor();
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(3);

    await box('Run it as a service').uncheck();
    await page
      .getByText('“Refuse foreign host names”, “Listen on 127.0.0.1 only” are left out too: not possible without')
      .waitFor();
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0);
    expect(await button(page, 'Show the plan').isDisabled()).toBe(true);
    await box('Listen on 127.0.0.1 only').check();
    await page.getByText('“Run it as a service” comes with it').waitFor();
    expect(await box('Refuse foreign host names').isChecked()).toBe(false);

    await button(page, 'Show the plan').click();
    await page.getByRole('heading', { name: 'Put MLflow on port 5000 right on lab-vm' }).waitFor();
    const wanted = { ...labVm, port: 5000, offers: ['run-as-unit', 'bind-to-loopback'] };
    expect(callsOf(server, 'setup.plan-put-right')).toEqual([wanted]);
    // Back and forth, and over another tab: what was chosen is still chosen.
    await page.getByRole('tab', { name: 'Tunnels' }).click();
    await openSetup(page);
    await button(page, 'Back to the choice').click();
    expect(await box('Refuse foreign host names').isChecked()).toBe(false);
    await button(page, 'Show the plan').click();

    server.answer('setup.put-right', () => failed(failure('conflict', 'A run is under way on this server.')));
    await button(page, 'Put right').click();
    await page.getByText('A run is under way on this server.').waitFor();
    server.answer('setup.put-right', () => {
      server.show(adopted({}, { run: putRightRun({ kind: 'running' }) }));
      return done({ runId: 'r-1' });
    });
    await button(page, 'Put right').click();
    await page.getByText('Runs on the server by itself').waitFor();
    expect(callsOf(server, 'setup.put-right')).toEqual([wanted, wanted]);
  });

  it('tries a failed run again as it was chosen, or lets it be chosen anew', async () => {
    const cause = failure('target-unreachable', 'MLflow did not come back.');
    const run = putRightRun({ kind: 'failed', stepId: 'put-right-bind', failure: cause }, 'failed');
    const { page, server } = await open(adopted({}, { run }));
    answerSetup(server);
    server.answer('setup.put-right', () => done({ runId: 'r-2' }));
    await openSetup(page);
    await button(page, 'Try again').click();
    await expect
      .poll(() => callsOf(server, 'setup.put-right'))
      .toEqual([{ ...labVm, port: 5000, offers: ['run-as-unit', 'bind-to-loopback'] }]);
    expect(callsOf(server, 'setup.start')).toEqual([]);
    server.answer('setup.offers', () => done({ found: byHand }));
    server.answer('setup.dismiss', () => {
      server.show(adopted());
      return done({});
    });
    await button(page, 'Choose anew').click();
    await page.getByRole('checkbox', { name: 'Run it as a service' }).waitFor();
  });

  it('leads to the password: of an adopted one to be changed, of another to be adopted first', async () => {
    const { page, server } = await open(adopted());
    await openPutRight(page, server, byHand);
    await button(page, 'Adopt it first…').click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('User', { exact: true }).inputValue()).toBe('admin');
    await dialog.getByLabel('Password', { exact: true }).fill('as it came');
    server.answer('setup.adopt', () => {
      server.show(adopted({ adminUser: 'admin', secrets: ['mlflow.admin-password'] }));
      return done({});
    });
    await page.keyboard.press('Enter');
    await button(page, 'Change password…').click();
    await page.getByRole('dialog', { name: 'Change the password of admin' }).waitFor();
    expect(callsOf(server, 'setup.adopt')).toEqual([{ ...labVm, port: 5000, user: 'admin', password: 'as it came' }]);
  });

  it('says what can’t be done, what is not there, and what went wrong', async () => {
    const { page, server } = await open(adopted());
    server.answer('setup.offers', () => failed(failure('timed-out', 'lab-vm did not answer within 20 s.')));
    answerSetup(server);
    await openSetup(page);
    await button(page, 'Put right…').click();
    await page.getByText('did not answer within 20 s').waitFor();
    server.answer('setup.offers', () => done({ found: [] }));
    await button(page, 'Look again').click();
    await page.getByText('No MLflow was found on port 5000.').waitFor();
    const obstacle = 'It does not run.';
    server.answer('setup.offers', () =>
      done({ found: [{ port: 5000, offers: offersByHand.map((each) => ({ ...each, obstacle })) }] }),
    );
    await button(page, 'Look again').click();
    const service = page.getByRole('checkbox', { name: 'Run it as a service' });
    expect(await service.isDisabled()).toBe(true);
    expect(await page.getByText(`Can’t be done: ${obstacle}`).count()).toBe(3);
    expect(await button(page, 'Show the plan').count()).toBe(0);
    await button(page, 'Back to setup').click();
    server.answer('setup.offers', () => done({ found: [{ port: 5000, offers: [] }] }));
    await button(page, 'Put right…').click();
    await page.getByText('Nothing to put right').waitFor();
  });

  it('takes back what was put right, and changes no adopted MLflow into a stack of its own', async () => {
    const { page, server } = await open(adopted());
    answerSetup(server);
    server.answer('setup.look', () =>
      done({ stacks: [foundOf({ ...adoptedOf(), title: putRightPlan.title })], history: [], kept: [] }),
    );
    server.answer('setup.plan-uninstall', () => done({ plan: putBackPlan }));
    server.answer('setup.uninstall', () => {
      server.show(adopted({}, { run: { ...putRightRun({ kind: 'done' }, 'changed'), kind: 'uninstall' } }));
      return done({ runId: 'r-3' });
    });
    await openSetup(page);
    await page.getByText('Mooring put some of it right').waitFor();
    await button(page, 'More for MLflow, adopted').click();
    expect(await page.getByRole('menuitem', { name: 'Change…' }).count()).toBe(0);
    await page.getByRole('menuitem', { name: 'Take back what was put right…' }).click();
    await page.getByText('MLflow itself, its data and its tunnel stay.').waitFor();
    expect(await page.getByRole('radio').count()).toBe(0);
    await page.getByRole('button', { name: 'Take back', exact: true }).click();
    await page.getByText('It is as it was before.').waitFor();
    expect(callsOf(server, 'setup.uninstall')).toEqual([{ ...labVm, environment: 'adopted', removeData: false }]);
  });
});
