/** The environment of clients in its states, with the way to get there. */
import type { Page } from 'playwright';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { createFakeEnvironment } from '../../support/fake-environment.ts';
import { installedOf } from '../../support/setup-snapshots.ts';
import { neighbours, off, portTaken, serverOf, snapshotOf, type ServerFixture } from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import type { View } from './views.ts';

const full = installedOf({ draft: { stack: 'mlflow-full', values: {} } });
const dev = installedOf({
  environment: 'dev',
  forwardId: 'f-MLflow (dev)',
  draft: { stack: 'mlflow-quick-start', values: {} },
});

/** MLflow, a store and PostgreSQL on one server, beside a second MLflow. */
export const withStacks = (fixture: ServerFixture = {}): Snapshot =>
  snapshotOf({
    servers: [
      serverOf({
        stacks: [full, dev],
        forwards: [
          { label: 'MLflow' },
          { label: 'MLflow (dev)', localPort: 5002, port: 5002 },
          { label: 'S3 API', service: 's3', localPort: 9000, port: 9000 },
          { label: 'PostgreSQL', service: 'postgres', localPort: 5433, port: 5432 },
        ],
        ...fixture,
      }),
      ...neighbours,
    ],
  });

/** Answers as the core would for that snapshot. */
export function answerEnvironment(server: WindowServer, snapshot: Snapshot): void {
  const handlers = createFakeEnvironment({
    server: (serverId) => {
      const found = snapshot.servers.find(({ profile }) => profile.id === serverId);
      if (!found) throw new Error(`no server ${serverId}`);
      return found;
    },
    refuse: ({ message }) => {
      throw new Error(message);
    },
  });
  server.answer('environment.get', (args) => done(handlers['environment.get'](args)));
  server.answer('environment.text', (args) => done(handlers['environment.text'](args)));
  server.answer('environment.write-aws', (args) => done(handlers['environment.write-aws'](args)));
  server.answer('environment.remove-aws', (args) => done(handlers['environment.remove-aws'](args)));
}

export async function openEnvironment(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Environment' }).click();
}

const view = (
  name: string,
  snapshot: () => Snapshot,
  more?: (page: Page, server: WindowServer) => Promise<void>,
): View => ({
  name: `environment ${name}`,
  snapshot,
  prepare: async (page, server) => {
    answerEnvironment(server, snapshot());
    await openEnvironment(page);
    await more?.(page, server);
  },
});

const shown = (page: Page) => page.getByLabel('The text').waitFor();

export const environmentViews: readonly View[] = [
  view('full', () => withStacks(), shown),
  view(
    'with secrets',
    () => withStacks(),
    async (page) => {
      await shown(page);
      await page.getByLabel('Show secrets').click();
      await page.getByText('made-up-password').first().waitFor();
    },
  ),
  view(
    'for Jupyter',
    () => withStacks(),
    async (page) => {
      await page.getByText('Jupyter', { exact: true }).click();
      await page.getByText('notebooks get shared').waitFor();
    },
  ),
  view(
    'profile written',
    () => withStacks(),
    async (page) => {
      await page.getByRole('button', { name: 'Write the profile' }).click();
      await page.getByRole('button', { name: 'Take it out' }).waitFor();
    },
  ),
  view('tunnels alone', () => snapshotOf({ servers: [serverOf(), ...neighbours] }), shown),
  view('off', () => withStacks({ connection: off }), shown),
  view(
    'in the way',
    () =>
      withStacks({
        forwards: [
          { label: 'MLflow', state: portTaken },
          { label: 'S3 API', service: 's3', localPort: 9000, port: 9000, wanted: false },
        ],
      }),
    shown,
  ),
  view(
    'nothing yet',
    () => snapshotOf({ servers: [serverOf({ forwards: [] }), ...neighbours] }),
    (page) => page.getByText('Nothing for code to use yet').waitFor(),
  ),
  {
    name: 'environment loading',
    snapshot: () => withStacks(),
    prepare: async (page, server) => {
      server.hold('environment.get');
      await openEnvironment(page);
      await page.getByText('Looking at tunnels').waitFor();
    },
  },
  {
    name: 'environment failed',
    snapshot: () => withStacks(),
    prepare: async (page, server) => {
      server.answer('environment.get', () =>
        failed(
          failure('keychain-failed', 'The keychain did not answer in time.', { hint: 'Unlock it, then try again.' }),
        ),
      );
      await openEnvironment(page);
      await page.getByText('did not answer in time').waitFor();
    },
  },
];
