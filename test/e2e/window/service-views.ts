/** The truth behind ports: chains, what passed, and what listens. */
import type { Page } from 'playwright';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { ForwardHistory } from '../../../main/shared/services.ts';
import {
  fakeFound,
  foundMlflow,
  foundStore,
  nameRefused,
  notMlflow,
  swappedConsole,
  wrongPassword,
} from '../../support/service-views.ts';
import { ago, everyday, serverOf, snapshotOf, type ForwardFixture } from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import type { View } from './views.ts';

export const history: ForwardHistory = {
  everyMs: 5_000,
  samples: Array.from({ length: 60 }, (_each, at) => ({
    timeMs: ago(300 - at * 5),
    bytesDown: at % 17 < 6 ? 900_000 * (at % 7) : 4_000 * (at % 3),
    bytesUp: 20_000 * (at % 4),
    probeMs: at % 12 === 0 ? 11 + at / 10 : null,
  })),
};

export function playUse(server: WindowServer): void {
  server.answer('forwards.history', () => done(history));
  server.answer('forwards.clients', () =>
    done({
      clients: [
        { pid: 4242, program: 'python3', connections: 3 },
        { pid: 918, program: 'chromium', connections: 1 },
      ],
    }),
  );
}

export async function unfold(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${label}: .*Show the steps`) }).click();
}

export async function discover(page: Page, server: WindowServer): Promise<void> {
  server.answer('services.discover', () => done({ found: [...fakeFound] }));
  await page.getByRole('button', { name: 'Discover' }).click();
  await page.getByText('jupyter-lab').waitFor();
}

const usual: readonly ForwardFixture[] = [
  { label: 'MLflow', service: 'mlflow', found: foundMlflow },
  { label: 'S3 API', service: 's3', localPort: 9000, port: 9000, found: foundStore },
  { label: 'S3 console', service: 's3-console', localPort: 9001, port: 9001 },
];
const withFirst = (first: ForwardFixture) => () =>
  snapshotOf({ servers: [serverOf({ forwards: [{ ...usual[0], ...first }, ...usual.slice(1)] })] });

export const swapped = () =>
  snapshotOf({
    servers: [
      serverOf({
        forwards: [
          { label: 'S3 API', service: 's3', localPort: 9000, port: 9001, found: swappedConsole('f-S3 console') },
          { label: 'S3 console', service: 's3-console', localPort: 9001, port: 9000 },
        ],
      }),
    ],
  });

export const newPort = () =>
  snapshotOf({
    servers: [serverOf({ forwards: usual, newPorts: [{ port: 8888, program: 'jupyter-lab', sinceMs: ago(40) }] })],
  });

const note =
  '2 experiments of the newest 20 keep artifacts at s3:// itself: clients there need the store’s address and keys, not only 127.0.0.1:5001.';

export const serviceViews: readonly View[] = [
  {
    name: 'service well unfolded',
    snapshot: withFirst({ found: { ...foundMlflow, notes: [note] } }),
    prepare: async (page, server) => {
      playUse(server);
      await unfold(page, 'MLflow');
      await page.getByText('Used by python3').waitFor();
    },
  },
  { name: 'service another one', snapshot: withFirst({ found: notMlflow }) },
  { name: 'service wrong password', snapshot: withFirst({ found: wrongPassword }) },
  {
    name: 'service name refused unfolded',
    snapshot: withFirst({ found: nameRefused }),
    prepare: async (page, server) => {
      playUse(server);
      await unfold(page, 'MLflow');
      await page.getByText('Used by python3').waitFor();
    },
  },
  { name: 'service swapped', snapshot: swapped },
  { name: 'service new port', snapshot: newPort },
  { name: 'discover', snapshot: everyday, prepare: discover },
  {
    name: 'discover asking',
    snapshot: everyday,
    prepare: async (page, server) => {
      server.hold('services.discover');
      await page.getByRole('button', { name: 'Discover' }).click();
      await page.getByText('Asking each port').waitFor();
    },
  },
  {
    name: 'discover failed',
    snapshot: everyday,
    prepare: async (page, server) => {
      server.answer('services.discover', () =>
        failed(
          failure('not-found', 'The server does not tell what listens on it.', {
            hint: 'It needs ss (of iproute2) or Linux’s /proc. Add a tunnel by hand.',
          }),
        ),
      );
      await page.getByRole('button', { name: 'Discover' }).click();
      await page.getByText('does not tell').waitFor();
    },
  },
];
