/** Every view and state of setting up, with the way to get there. */
import type { Page } from 'playwright';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { Plan } from '../../../main/shared/setup/plan.ts';
import type { RunView } from '../../../main/shared/setup/run.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { factsOf, planOf, remarks, s3Plan, tutorialFacts, uninstallPlan } from '../../support/setup-plans.ts';
import { foundOf, history, installedOf, runLines, runs, verifies } from '../../support/setup-snapshots.ts';
import {
  connecting,
  everyday,
  needsYou,
  neighbours,
  off,
  promptBodies,
  promptOf,
  rejected,
  serverOf,
  snapshotOf,
  type ServerFixture,
} from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import type { View } from './views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

export const lab = (fixture: ServerFixture = {}): Snapshot =>
  snapshotOf({ servers: [serverOf(fixture), ...neighbours] });

/** Answers as of a server that is well and on which nothing was set up. */
export function answerSetup(server: WindowServer): void {
  server.answer('facts.get', () => done(factsOf()));
  server.answer('setup.look', () => done({ stacks: [foundOf()], history: [], kept: [] }));
  server.answer('setup.log', () => done({ lines: [...runLines] }));
  server.answer('setup.plan', () => done({ plan: planOf(), known: [], stands: false }));
  server.answer('setup.start', () => done({ runId: 'r-1' }));
}

export async function openSetup(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Setup' }).click();
}

/** From the cards to the plan of the stack called so. */
export async function openPlan(page: Page, server: WindowServer, plan: Plan): Promise<void> {
  answerSetup(server);
  server.answer('setup.plan', () => done({ plan, known: [], stands: false }));
  await openSetup(page);
  await button(page, /MLflow with PostgreSQL/).click();
  await button(page, 'Show the plan').click();
  await page.getByRole('heading', { name: 'Steps' }).waitFor();
}

const longPlan = planOf({
  remarks: [remarks.stop, remarks.warning, remarks.note],
  steps: planOf().steps.map((step) => ({
    ...step,
    apply: `${step.apply}\n${'run_a_rather_long_command --with '.repeat(8)}`,
  })),
});

const tabViews: readonly View[] = [
  {
    name: 'setup empty',
    snapshot: lab,
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetup(page);
      await page.getByText('Debian GNU/Linux 12').waitFor();
    },
  },
  {
    name: 'setup loading',
    snapshot: lab,
    prepare: async (page, server) => {
      server.hold('facts.get');
      answerSetup(server);
      await openSetup(page);
      await page.getByText('Reading the server').waitFor();
    },
  },
  {
    name: 'setup facts failed',
    snapshot: lab,
    prepare: async (page, server) => {
      answerSetup(server);
      server.answer('facts.get', () =>
        failed(
          failure('timed-out', 'lab-vm did not answer within 30 s.', {
            hint: 'It may be busy, or its disk may hang. Try again.',
            detail: 'sh: no output after 30000 ms',
          }),
        ),
      );
      await openSetup(page);
      await page.getByText('did not answer within').waitFor();
    },
  },
  {
    name: 'setup offline',
    snapshot: () => lab({ connection: off, stacks: [installedOf()] }),
    prepare: openSetup,
  },
  { name: 'setup connecting', snapshot: () => lab({ connection: connecting }), prepare: openSetup },
  { name: 'setup stopped', snapshot: () => lab({ connection: rejected }), prepare: openSetup },
  {
    name: 'setup full',
    snapshot: () =>
      lab({
        stacks: [
          installedOf(),
          installedOf({ environment: 'staging-of-the-lab', forwardId: null, adminUser: null }),
          installedOf({
            environment: 'prod',
            draft: { stack: 'object-storage', values: {} },
            adminUser: null,
            forwardId: 'f-S3 console',
          }),
        ],
        verify: verifies.done,
      }),
    prepare: async (page, server) => {
      answerSetup(server);
      server.answer('facts.get', () =>
        done({ ...tutorialFacts, services: tutorialFacts.services.map((each) => ({ ...each, port: 5009 })) as never }),
      );
      server.answer('setup.look', () =>
        done({
          stacks: [
            foundOf(),
            foundOf({ environment: 'staging-of-the-lab', complete: false }),
            foundOf({ environment: 'dev', isKnown: false, title: 'MLflow quick start', complete: false }),
          ],
          history: [...history],
          kept: [],
        }),
      );
      await openSetup(page);
      await button(page, /Debian GNU/).click();
      await page.evaluate(() => document.querySelector('main')?.scrollTo({ top: 0 }));
    },
  },
  {
    name: 'setup full below',
    snapshot: () => lab({ stacks: [installedOf()] }),
    prepare: async (page, server) => {
      answerSetup(server);
      server.answer('setup.look', () => done({ stacks: [foundOf()], history: [...history], kept: [] }));
      await openSetup(page);
      await button(page, /Earlier runs/).click();
      await page.getByText('lena@thinkpad').last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'setup password shown',
    snapshot: () => lab({ stacks: [installedOf()] }),
    prepare: async (page, server) => {
      answerSetup(server);
      server.answer('setup.reveal-password', () => done({ user: 'admin', password: 'kT7-mQ2x-Zr9w-Lp4c-0Va' }));
      await openSetup(page);
      await button(page, 'Show password').click();
      await page.getByText('kT7-').waitFor();
    },
  },
  {
    name: 'setup verify running',
    snapshot: () => lab({ stacks: [installedOf()], verify: verifies.running }),
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetup(page);
    },
  },
  {
    name: 'setup verify failed',
    snapshot: () => lab({ stacks: [installedOf()], verify: verifies.failed }),
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetup(page);
    },
  },
];

const formViews: readonly View[] = [
  {
    name: 'setup form',
    snapshot: lab,
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetup(page);
      await button(page, /MLflow with S3/).click();
      await button(page, /More settings/).click();
    },
  },
  {
    name: 'setup form with errors',
    snapshot: lab,
    prepare: async (page, server) => {
      answerSetup(server);
      server.answer('setup.plan', () =>
        failed(
          failure('invalid-argument', 'Bucket is needed.', {
            hint: 'Correct the fields named and try again.',
            fields: [
              { path: 's3.bucket', message: 'Bucket is needed.' },
              { path: 's3.access-key-id', message: 'Access key id is not an access key id.' },
              { path: 'mlflow.data-dir', message: 'Data folder must be absolute.' },
            ],
          }),
        ),
      );
      await openSetup(page);
      await button(page, /MLflow with S3/).click();
      await button(page, 'Show the plan').click();
      await page.getByText('Data folder must be absolute.').waitFor();
    },
  },
  {
    name: 'setup laid aside',
    snapshot: lab,
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetup(page);
      await button(page, /MLflow quick start/).click();
      await button(page, 'Other stacks').click();
      await page.getByText('You began').waitFor();
    },
  },
  {
    name: 'setup plan',
    snapshot: lab,
    prepare: async (page, server) => {
      await openPlan(page, server, s3Plan);
    },
  },
  {
    name: 'setup plan of what stands',
    snapshot: lab,
    prepare: async (page, server) => {
      await openPlan(page, server, planOf());
      await button(page, 'Back to the form').click();
      server.answer('setup.plan', () => done({ plan: planOf({ remarks: [remarks.stands] }), known: [], stands: true }));
      await button(page, 'Show the plan').click();
      await page.getByText('only what differs is changed').waitFor();
    },
  },
  {
    name: 'setup plan port taken',
    snapshot: lab,
    prepare: async (page, server) => {
      await openPlan(page, server, planOf({ remarks: [remarks.stop, remarks.warning] }));
    },
  },
  {
    name: 'setup plan stopped',
    snapshot: lab,
    prepare: async (page, server) => {
      await openPlan(page, server, longPlan);
      await button(page, /Database and user mlflow/).click();
    },
  },
  {
    name: 'setup script',
    snapshot: lab,
    prepare: async (page, server) => {
      await openPlan(page, server, planOf());
      const text = `#!/bin/sh\n# MLflow with PostgreSQL, environment main\nset -eu\n\n${planOf()
        .steps.map((each) => `# ${each.title}\n${each.apply}\n`)
        .join('\n')}`;
      server.answer('setup.script', () => done({ text }));
      await button(page, 'Save as script').click();
      await page.getByText('set -eu').waitFor();
    },
  },
];

const runView = (name: string, run: RunView, fixture: ServerFixture = {}): View => ({
  name: `setup run ${name}`,
  snapshot: () => lab({ run, ...fixture }),
  prepare: async (page, server) => {
    answerSetup(server);
    await openSetup(page);
    await page.getByText('Creating new PostgreSQL cluster').first().waitFor();
  },
});

const sudo = promptOf(promptBodies['sudo-password']);

const runViews: readonly View[] = [
  runView('preparing', runs.preparing),
  runView('running', runs.running),
  runView('stopping', { ...runs.running, cancelling: 'after-step' }),
  runView('failed', runs.failed),
  runView('cancelled', runs.cancelled),
  runView('out of sight', runs['out of sight'], { connection: connecting }),
  runView('interrupted', runs.interrupted),
  runView('done', runs.done, { stacks: [installedOf()] }),
  runView('done and checked', runs.done, { stacks: [installedOf()], verify: verifies.done }),
  {
    name: 'setup run needs you',
    snapshot: () => ({
      ...lab({ run: { ...runs.preparing, state: { kind: 'needs-you', promptId: sudo.id } } }),
      prompts: [sudo],
    }),
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetupBehind(page);
      await page.getByRole('dialog').waitFor();
    },
  },
];

/** A question covers the tabs: the place is asked for by its address. */
async function openSetupBehind(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.location.hash = '#/servers/s-lab-vm/setup';
  });
}

const dialogViews: readonly View[] = (
  [
    ['uninstall', 'Uninstall…', /Leave it/],
    ['change password', 'Change password…', /Change password/],
    ['add user', 'Add user…', /Add user/],
  ] as const
).map(([name, item, shown]) => ({
  name: `setup ${name}`,
  snapshot: () => lab({ stacks: [installedOf()] }),
  prepare: async (page, server) => {
    answerSetup(server);
    server.answer('setup.plan-uninstall', ({ removeData }) =>
      done({ plan: removeData ? uninstallPlan : { ...uninstallPlan, remarks: [] } }),
    );
    await openSetup(page);
    await button(page, /More for MLflow with PostgreSQL/).click();
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByRole('dialog').getByRole('button', { name: shown }).waitFor();
    if (name === 'uninstall') {
      await page.getByText('Remove the data too').click();
      await page.getByText('will be lost').first().waitFor();
    }
  },
}));

const adoptView: View = {
  name: 'setup adopt',
  snapshot: () => lab({ forwards: [] }),
  prepare: async (page, server) => {
    answerSetup(server);
    server.answer('facts.get', () => done(tutorialFacts));
    server.answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
    await openSetup(page);
    await button(page, 'Adopt').click();
    await page.getByRole('dialog').waitFor();
  },
};

const storeKeys = {
  accessKey: 'K7Q2M9XZ4RWL8PC3VTNB',
  secretKey: 'mQ2xZr9wLp4c0VakT7gHn3Bd',
  console: { user: 'admin', password: 'kT7mQ2xZr9wLp4c0Va' },
};

const storeView: View = {
  name: 'setup store keys',
  snapshot: () =>
    lab({ stacks: [installedOf({ draft: { stack: 'mlflow-full', values: {} }, secrets: ['storage.access-key'] })] }),
  prepare: async (page, server) => {
    answerSetup(server);
    server.answer('setup.reveal-keys', () => done(storeKeys));
    await openSetup(page);
    await button(page, 'Show keys…').click();
    await button(page, 'Show the secret key').click();
    await page.getByText(storeKeys.secretKey).waitFor();
  },
};

export async function openNewVm(page: Page): Promise<void> {
  await button(page, /Set up a new VM/).click();
  await page.getByRole('heading', { name: 'Set up a new VM' }).waitFor();
}

/** Goes as far as the connection; what the server then is, the snapshot says. */
export async function proveNewVm(page: Page, server: WindowServer, after: Snapshot): Promise<void> {
  answerSetup(server);
  server.answer('servers.add', () => done({ serverId: 's-lab-vm' }));
  await openNewVm(page);
  await page.getByRole('textbox', { name: 'Address' }).fill('128.214.252.130');
  await page.getByRole('textbox', { name: 'User' }).fill('ubuntu');
  await page.getByRole('textbox', { name: 'Name' }).fill('lab-vm');
  await button(page, 'Next: login').click();
  await button(page, 'Connect').click();
  await page.getByRole('region', { name: 'Prove' }).waitFor();
  server.show(after);
  await page.getByText('Reach 128.214.252.130').waitFor();
}

const newVmView = (name: string, prepare: NonNullable<View['prepare']>): View => ({
  name: `new vm ${name}`,
  snapshot: snapshotOf,
  prepare,
});

const alone = (fixture: ServerFixture = {}): Snapshot => snapshotOf({ servers: [serverOf(fixture)] });

async function chooseStack(page: Page, server: WindowServer): Promise<void> {
  await proveNewVm(page, server, alone());
  await button(page, 'Next: choose what to set up').click();
}

const newVmViews: readonly View[] = [
  newVmView('where', openNewVm),
  newVmView('where with errors', async (page) => {
    await openNewVm(page);
    await button(page, 'Next: login').click();
  }),
  newVmView('login', async (page) => {
    await openNewVm(page);
    await page.getByRole('textbox', { name: 'Address' }).fill('128.214.252.130');
    await page.getByRole('textbox', { name: 'User' }).fill('ubuntu');
    await button(page, 'Next: login').click();
    await page.getByText('Key file', { exact: true }).first().click();
  }),
  newVmView('prove asks', async (page, server) => {
    const body = promptBodies['host-key-unknown'];
    const { prompts, servers } = needsYou(body);
    await proveNewVm(page, server, snapshotOf({ prompts, servers: servers.slice(0, 1) }));
    await button(page, 'Trust this key').waitFor();
  }),
  newVmView('prove failed', async (page, server) => {
    await proveNewVm(page, server, alone({ connection: rejected }));
  }),
  newVmView('prove', async (page, server) => {
    await proveNewVm(page, server, alone());
    await page.getByText('Debian GNU/Linux 12').waitFor();
  }),
  newVmView('stack', chooseStack),
  newVmView('form', async (page, server) => {
    await chooseStack(page, server);
    await button(page, /MLflow with PostgreSQL/).click();
  }),
  newVmView('plan', async (page, server) => {
    await chooseStack(page, server);
    await button(page, /MLflow with PostgreSQL/).click();
    await button(page, 'Show the plan').click();
    await page.getByRole('heading', { name: 'Steps' }).waitFor();
  }),
  newVmView('run', async (page, server) => {
    await chooseStack(page, server);
    server.show(alone({ run: runs.running }));
    await page.getByText('CREATE ROLE').waitFor();
  }),
  newVmView('done', async (page, server) => {
    await chooseStack(page, server);
    server.show(alone({ run: runs.done, stacks: [installedOf()] }));
    await button(page, 'Go to lab-vm').waitFor();
  }),
  { name: 'new vm beside others', snapshot: everyday, prepare: openNewVm },
];

export const setupViews: readonly View[] = [
  ...tabViews,
  ...formViews,
  ...runViews,
  ...dialogViews,
  adoptView,
  storeView,
  ...newVmViews,
];
