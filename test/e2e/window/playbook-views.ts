/** Every view and state of a playbook, which this machine runs. */
import type { Page } from 'playwright';
import { done, failure } from '../../../main/shared/failure.ts';
import type { Plan } from '../../../main/shared/setup/plan.ts';
import type { RunState, RunView, StepState } from '../../../main/shared/setup/run.ts';
import { planOf } from '../../support/setup-plans.ts';
import { installedOf, linesOf, runOf } from '../../support/setup-snapshots.ts';
import { ago, nowMs } from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { answerSetup, lab, openSetup } from './setup-views.ts';
import type { View } from './views.ts';

const title = 'Run site.yml with ansible-playbook';

export const playbookPlan: Plan = planOf({
  draft: { stack: 'script', values: { 'script.path': '~/work/site.yml', 'script.as-root': true } },
  environment: 'script',
  title: 'Playbook site.yml',
  secrets: [],
  services: [],
  remarks: [
    {
      level: 'note',
      message:
        'Mooring can’t take back what a playbook does: it is not uninstalled, and the server keeps no record of its run.',
      hint: null,
    },
  ],
  steps: planOf()
    .steps.slice(0, 1)
    .map((step) => ({
      ...step,
      id: 'playbook',
      title,
      why: 'On this machine, over SSH as ubuntu@192.0.2.10: what it changes is the playbook’s own matter, and its exit code is the result. It runs in /home/ada/work.',
      define: 'cd /home/ada/work\nexport ANSIBLE_HOST_KEY_CHECKING=True',
      check: '',
      apply: '/usr/bin/ansible-playbook --inventory "$private"/inventory.json --become site.yml',
      verify: '',
      undo: '',
      interruptible: true,
    })),
});

export function playbookRun(state: RunState, step: StepState, note: string | null): RunView {
  const endedMs = state.kind === 'running' ? null : nowMs;
  const steps = [{ id: 'playbook', title, place: 'here' as const, state: step, startedMs: ago(40), endedMs, note }];
  return runOf(state, { title: 'Playbook site.yml', environment: 'script', steps, endedMs });
}

export async function openPlaybookPlan(page: Page, server: WindowServer): Promise<void> {
  answerSetup(server);
  server.answer('setup.plan', () => done({ plan: playbookPlan, known: [], stands: false }));
  await openSetup(page);
  await page.getByRole('button', { name: /Your own script/ }).click();
  await page.getByLabel('Script, folder or playbook').fill('~/work/site.yml');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByRole('heading', { name: 'Steps' }).waitFor();
}

const log = linesOf([
  ['playbook', 'PLAY [Site] ********************************************************************'],
  ['playbook', 'TASK [Gathering Facts] *********************************************************'],
  ['playbook', 'ok: [lab-vm]'],
  ['playbook', 'TASK [Install nginx] ***********************************************************'],
]);

const runView = (name: string, run: RunView): View => ({
  name: `playbook run ${name}`,
  snapshot: () => lab({ run, stacks: [installedOf()] }),
  prepare: async (page, server) => {
    answerSetup(server);
    server.answer('setup.log', () => done({ lines: [...log] }));
    await openSetup(page);
    await page.getByText('TASK [Install nginx]').first().waitFor();
  },
});

const noRoom = failure('conflict', 'The task “Install nginx” failed on lab-vm: No space left on device.', {
  hint: 'See what it said, mend the cause, and run the playbook again.',
});

export const playbookViews: readonly View[] = [
  {
    name: 'playbook plan',
    snapshot: lab,
    prepare: async (page, server) => {
      await openPlaybookPlan(page, server);
      await page.getByRole('button', { name: new RegExp(title) }).click();
    },
  },
  runView('running', playbookRun({ kind: 'running' }, 'running', 'Install nginx')),
  runView('done', playbookRun({ kind: 'done' }, 'changed', '12 ok, 3 changed')),
  runView('failed', playbookRun({ kind: 'failed', stepId: 'playbook', failure: noRoom }, 'failed', noRoom.message)),
  runView(
    'broken off',
    playbookRun(
      { kind: 'cancelled', stepId: 'playbook', undone: false },
      'failed',
      'Broken off in its task “Install nginx”.',
    ),
  ),
];
