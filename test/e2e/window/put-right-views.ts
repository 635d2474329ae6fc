/** Every view and state of putting right what somebody else set up. */
import type { Page } from 'playwright';
import { done, failure } from '../../../main/shared/failure.ts';
import type { OffersFor } from '../../../main/shared/setup/offers.ts';
import type { InstalledStack } from '../../../main/shared/setup/stack.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { putBackPlan, putRightPlan, tutorialFacts } from '../../support/setup-plans.ts';
import { adoptedOf, foundOf, offersByHand, putRightRun } from '../../support/setup-snapshots.ts';
import type { ServerFixture } from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { answerSetup, lab, openSetup } from './setup-views.ts';
import type { View } from './views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

/** The page of what could be put right, from the card of an MLflow that is adopted, or was found. */
export async function openPutRight(page: Page, server: WindowServer, found: readonly OffersFor[]): Promise<void> {
  answerSetup(server);
  server.answer('facts.get', () => done(tutorialFacts));
  server.answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
  server.answer('setup.offers', () => done({ found: [...found] }));
  server.answer('setup.plan-put-right', () => done({ plan: putRightPlan }));
  await openSetup(page);
  await button(page, 'Put right…').click();
  await page.getByRole('heading', { name: 'Put MLflow on port 5000 right' }).waitFor();
}

export const adopted = (patch: Partial<InstalledStack> = {}, fixture: ServerFixture = {}): Snapshot =>
  lab({ stacks: [adoptedOf(patch)], ...fixture });

const putRightView = (name: string, prepare: NonNullable<View['prepare']>): View => ({
  name: `put right ${name}`,
  snapshot: adopted,
  prepare,
});

export const putRightViews: readonly View[] = [
  {
    name: 'put right cards',
    snapshot: adopted,
    prepare: async (page, server) => {
      answerSetup(server);
      const services = tutorialFacts.services.map((each) => ({ ...each, port: 5009 })) as never;
      server.answer('facts.get', () => done({ ...tutorialFacts, services }));
      server.answer('setup.look', () => done({ stacks: [], history: [], kept: [] }));
      await openSetup(page);
      await page.getByText('Made by hand.').waitFor();
    },
  },
  putRightView('offers', async (page, server) => {
    await openPutRight(page, server, [{ port: 5000, offers: offersByHand }]);
    await page.getByLabel('Run it as a service').click();
    await page.getByText('left out too').waitFor();
    await page.getByLabel('Listen on 127.0.0.1 only').click();
    await page.getByText('comes with it').waitFor();
  }),
  putRightView('obstacles', async (page, server) => {
    const obstacle = 'It takes root, which this account may not become.';
    await openPutRight(page, server, [
      { port: 5000, offers: offersByHand.slice(0, 3).map((each) => ({ ...each, obstacle })) },
    ]);
    await page.getByText(obstacle).first().waitFor();
  }),
  putRightView('nothing', async (page, server) => {
    await openPutRight(page, server, [{ port: 5000, offers: [] }]);
    await page.getByText('Nothing to put right').waitFor();
  }),
  putRightView('loading', async (page, server) => {
    server.hold('setup.offers');
    await openPutRight(page, server, []);
    await page.getByText('Looking at how it is set up').waitFor();
  }),
  putRightView('failed', async (page, server) => {
    await openPutRight(page, server, []);
    await page.getByText('No MLflow was found on port 5000.').waitFor();
  }),
  putRightView('plan', async (page, server) => {
    await openPutRight(page, server, [{ port: 5000, offers: offersByHand }]);
    await button(page, 'Show the plan').click();
    await page.getByRole('heading', { name: 'Steps' }).waitFor();
  }),
  {
    name: 'put right run failed',
    snapshot: () =>
      adopted(
        {},
        {
          run: putRightRun(
            {
              kind: 'failed',
              stepId: 'put-right-bind',
              failure: failure('target-unreachable', 'MLflow did not come back within 60 s; the step was taken back.', {
                hint: 'See its log on the server: journalctl -u mlflow-server',
              }),
            },
            'failed',
          ),
        },
      ),
    prepare: async (page, server) => {
      answerSetup(server);
      await openSetup(page);
      await button(page, 'Choose anew').waitFor();
    },
  },
  {
    name: 'put right take back',
    snapshot: adopted,
    prepare: async (page, server) => {
      answerSetup(server);
      server.answer('setup.look', () =>
        done({ stacks: [foundOf({ ...adoptedOf(), title: putRightPlan.title })], history: [], kept: [] }),
      );
      server.answer('setup.plan-uninstall', () => done({ plan: putBackPlan }));
      await openSetup(page);
      await button(page, 'More for MLflow, adopted').click();
      await page.getByRole('menuitem', { name: 'Take back what was put right…' }).click();
      await page.getByRole('dialog').getByText('2 steps').waitFor();
    },
  },
];
