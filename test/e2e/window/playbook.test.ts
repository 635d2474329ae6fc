import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { done } from '../../../main/shared/failure.ts';
import { installedOf } from '../../support/setup-snapshots.ts';
import { describeWindow } from './describe-window.ts';
import { openPlaybookPlan, playbookRun } from './playbook-views.ts';
import { answerSetup, lab, openSetup } from './setup-views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

describeWindow('a playbook in the window', (open) => {
  it('is planned as this machine’s, run, and can be broken off', async () => {
    const { page, server } = await open(lab());
    await openPlaybookPlan(page, server);
    await page.getByText('1 step, run on this machine. The playbook itself decides what there is to do.').waitFor();
    await page.getByText('this machine', { exact: true }).waitFor();
    server.answer('setup.start', () => {
      server.show(lab({ run: playbookRun({ kind: 'running' }, 'running', 'Install nginx') }));
      return done({ runId: 'r-1' });
    });
    await button(page, 'Run the playbook').click();
    await page.getByText('Runs on this machine: it needs Mooring, and this machine awake, until its end.').waitFor();
    await page.getByText('Install nginx').waitFor();

    server.answer('setup.cancel', () => {
      server.show(lab({ run: playbookRun({ kind: 'cancelled', stepId: 'playbook', undone: false }, 'failed', null) }));
      return done({});
    });
    await button(page, 'Stop now').click();
    await page.getByRole('menuitem', { name: /Stop the playbook in the middle/ }).click();
    await page.getByText('Stopped in the middle of “Run site.yml with ansible-playbook”.').waitFor();
    await page.getByText('What it has changed stays. Run it again whenever you like.').waitFor();
  });

  it('says at its end nothing of a stack that has the same environment, and never sets that up again', async () => {
    const stacks = [installedOf({ environment: 'script' })];
    const { page, server } = await open(
      lab({ stacks, run: playbookRun({ kind: 'done' }, 'changed', '12 ok, 3 changed') }),
    );
    answerSetup(server);
    await openSetup(page);
    await page.getByText('The playbook has come to its end.').waitFor();
    await page.getByText('12 ok, 3 changed').waitFor();
    expect(await page.getByRole('heading', { name: 'What is next' }).count()).toBe(0);

    server.answer('setup.dismiss', () => done({}));
    server.show(lab({ stacks, run: playbookRun({ kind: 'cancelled', stepId: null, undone: false }, 'skipped', null) }));
    await button(page, 'Run it again').click();
    await expect.poll(() => server.calls.some((each) => each.name === 'setup.dismiss')).toBe(true);
    expect(server.calls.filter((each) => each.name === 'setup.start')).toEqual([]);
  });
});
