/** Every view and state of the window, with the way to get there. The gallery draws them, the axe test reads them. */
import type { Page } from 'playwright';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import { forwardDraftOf } from '../../../main/shared/forward.ts';
import { desktops, quitQuestion, reportText } from '../../support/desktop-snapshots.ts';
import {
  everyday,
  full,
  logEntries,
  needsYou,
  promptBodies,
  promptOf,
  scenes,
  serverOf,
  snapshotOf,
} from '../../support/snapshots.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { doctorViews } from './doctor-views.ts';
import { environmentViews } from './environment-views.ts';
import { playbookViews } from './playbook-views.ts';
import { putRightViews } from './put-right-views.ts';
import { keysViews } from './keys-views.ts';
import { hostsViews } from './hosts-views.ts';
import { serviceViews } from './service-views.ts';
import { setupViews } from './setup-views.ts';

export interface View {
  readonly name: string;
  readonly snapshot: () => Snapshot;
  readonly prepare?: (page: Page, server: WindowServer) => Promise<void>;
  /** What the browser is bound to complain of in this view, such as a host that is gone. */
  readonly expects?: RegExp;
  /** In the desktop app. */
  readonly bridge?: boolean;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

async function fromMenu(page: Page, menu: RegExp, item: string): Promise<void> {
  await button(page, menu).first().click();
  await page.getByRole('menuitem', { name: item }).click();
}

export async function openPalette(page: Page, query: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('What do you want to do?').fill(query);
}

const sshLine = 'ssh -i ~/.ssh/lab -X -L 5001:localhost:5000 -L 9000:localhost:9000 ubuntu@128.214.252.130';

export async function pasteSshLine(page: Page, server: WindowServer): Promise<void> {
  const { profile } = serverOf();
  const { name, address, port, user } = profile;
  const forwards = profile.forwards.slice(0, 2).map(forwardDraftOf);
  server.answer('servers.parse-ssh', () => ({
    ok: true,
    value: {
      draft: { name, address, port, user, login: { kind: 'key', path: '~/.ssh/lab' }, forwards },
      notes: ['-X (X11 forwarding) is not supported and was left out.'],
    },
  }));
  await page.getByLabel('Paste an ssh line').fill(sshLine);
  await page.keyboard.press('Enter');
  await page.getByText('Filled in below').waitFor();
}

const sceneViews: readonly View[] = Object.entries(scenes).map(([name, snapshot]) => ({ name, snapshot }));

const promptViews: readonly View[] = Object.values(promptBodies).map((body) => ({
  name: `prompt ${body.kind}`,
  snapshot: () => needsYou(body),
  prepare: (page) => page.getByRole('dialog').waitFor(),
}));

const dialogViews: readonly View[] = [
  {
    name: 'add server',
    snapshot: everyday,
    prepare: (page) => button(page, 'Add server').click(),
  },
  {
    name: 'add server from a line',
    snapshot: everyday,
    prepare: async (page, server) => {
      await button(page, 'Add server').click();
      await pasteSshLine(page, server);
    },
  },
  {
    name: 'add server refused',
    snapshot: everyday,
    prepare: async (page, server) => {
      server.answer('servers.add', () =>
        failed(
          failure('invalid-argument', 'Some fields need another look.', {
            fields: [
              { path: 'draft.address', message: 'A host name or address is needed.' },
              { path: 'draft.user', message: 'A user name is needed.' },
              { path: 'draft.forwards.0.bind.port', message: 'Port 5002 is used by another program.' },
            ],
          }),
        ),
      );
      await button(page, 'Add server').click();
      await page.getByText('MLflow', { exact: true }).last().click();
      await button(page, 'Add and connect').click();
      await page.getByText('A user name is needed.').waitFor();
    },
  },
  {
    name: 'edit server',
    snapshot: everyday,
    prepare: (page) => fromMenu(page, /More for lab-vm/, 'Edit server'),
  },
  {
    name: 'server menu',
    snapshot: () => snapshotOf({ servers: [serverOf({ secrets: [{ kind: 'password', keptIn: 'keychain' }] })] }),
    prepare: (page) => button(page, /More for lab-vm/).click(),
  },
  {
    name: 'remove server',
    snapshot: () => snapshotOf({ servers: [serverOf({ secrets: [{ kind: 'password', keptIn: 'keychain' }] })] }),
    prepare: (page) => fromMenu(page, /More for lab-vm/, 'Remove server'),
  },
  {
    name: 'add tunnel',
    snapshot: everyday,
    prepare: (page) => fromMenu(page, /Add tunnel/, 'Jupyter 8888'),
  },
  { name: 'add tunnel menu', snapshot: everyday, prepare: (page) => button(page, /Add tunnel/).click() },
  {
    name: 'edit tunnel',
    snapshot: everyday,
    prepare: (page) => fromMenu(page, /More for S3 API/, 'Edit tunnel'),
  },
  {
    name: 'edit tunnel that sends a name',
    snapshot: () => snapshotOf({ servers: [serverOf({ forwards: [{ sendAs: { host: 'mlflow-server.local' } }] })] }),
    prepare: (page) => fromMenu(page, /More for MLflow/, 'Edit tunnel'),
  },
  {
    name: 'edit S3 tunnel unfolded',
    snapshot: everyday,
    prepare: async (page) => {
      await fromMenu(page, /More for S3 API/, 'Edit tunnel');
      await button(page, /^More ::1/).click();
    },
  },
  {
    name: 'tunnel that sends a name',
    snapshot: () =>
      snapshotOf({
        servers: [
          serverOf({
            forwards: [
              { sendAs: { host: 'mlflow-server.local' } },
              {
                label: 'Grafana',
                service: 'grafana',
                localPort: 3000,
                port: 80,
                sendAs: { host: 'grafana-server.local' },
              },
            ],
          }),
        ],
      }),
  },
  {
    name: 'remove tunnel',
    snapshot: everyday,
    prepare: (page) => fromMenu(page, /More for MLflow/, 'Remove tunnel'),
  },
  { name: 'settings', snapshot: everyday, prepare: (page) => button(page, 'Settings').first().click() },
  {
    name: 'settings without keychain',
    snapshot: scenes['offline with notices'],
    prepare: (page) => button(page, 'Settings').first().click(),
  },
  { name: 'palette', snapshot: everyday, prepare: (page) => openPalette(page, '') },
  { name: 'palette search', snapshot: full, prepare: (page) => openPalette(page, 'copy node-07') },
];

const otherViews: readonly View[] = [
  {
    name: 'steps unfolded',
    snapshot: everyday,
    prepare: (page) => button(page, /^MLflow: .*Show the steps/).click(),
  },
  {
    name: 'logs',
    snapshot: everyday,
    prepare: async (page, server) => {
      server.log(logEntries);
      await page.getByRole('tab', { name: 'Logs' }).click();
      await page.getByText('Logged in with').waitFor();
    },
  },
  {
    name: 'prompt put off',
    snapshot: () => needsYou(promptBodies.password),
    prepare: async (page) => {
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
    },
  },
  {
    name: 'prompt first of three',
    snapshot: () =>
      needsYou(promptBodies['host-key-unknown'], {
        prompts: [1, 2, 3].map((each) => promptOf(promptBodies['host-key-unknown'], { id: `p-${String(each)}` })),
      }),
    prepare: (page) => page.getByText('1 of 3').waitFor(),
  },
  {
    name: 'toast',
    snapshot: everyday,
    prepare: async (page, server) => {
      server.answer('wanted.set', () =>
        failed(failure('storage-failed', 'The change could not be saved.', { hint: 'The disk is full: make room.' })),
      );
      await button(page, 'Disconnect').click();
      await page.getByText('The disk is full').waitFor();
    },
  },
  {
    name: 'sidebar unfolded',
    snapshot: everyday,
    prepare: async (page) => {
      const fold = button(page, 'Unfold the list of servers');
      if (await fold.isVisible()) await fold.click();
    },
  },
  {
    name: 'core away',
    expects: /ERR_/,
    snapshot: everyday,
    prepare: async (page, server) => {
      await server.goAway();
      await page.getByText('Mooring is not running.').waitFor();
    },
  },
  {
    name: 'pass expired',
    expects: /401/,
    snapshot: everyday,
    prepare: async (page, server) => {
      server.letIn(false);
      await page.reload();
      await page.getByText('pass has expired').waitFor();
    },
  },
];

const settingsOf = (name: keyof typeof desktops, part?: string): View => ({
  name: `settings desktop ${name}${part === undefined ? '' : ' below'}`,
  bridge: true,
  snapshot: () => ({ ...everyday(), desktop: desktops[name] }),
  prepare: async (page) => {
    await button(page, 'Settings').first().click();
    await page.getByRole('heading', { name: 'Desktop' }).waitFor();
    if (part !== undefined) await page.getByText(part).scrollIntoViewIfNeeded();
  },
});

export async function openReport(page: Page, server: WindowServer): Promise<void> {
  server.answer('report.make', () => done({ text: reportText }));
  server.ask({ kind: 'report' });
  await page.getByRole('textbox', { name: 'The report' }).waitFor();
}

const desktopViews: readonly View[] = [
  ...(Object.keys(desktops) as (keyof typeof desktops)[]).map((name) => settingsOf(name)),
  settingsOf('all well', 'Data folder'),
  { name: 'report', snapshot: everyday, prepare: openReport },
  {
    name: 'report saved',
    snapshot: everyday,
    prepare: async (page, server) => {
      const path = '/home/ada/.local/share/mooring/reports/mooring-report-20260512-093000.txt';
      server.answer('report.save', () => done({ path }));
      await openReport(page, server);
      await button(page, 'Save to a file').click();
      await page.getByText('Saved to').waitFor();
    },
  },
  {
    name: 'report not made',
    snapshot: everyday,
    prepare: async (page, server) => {
      server.answer('report.make', () =>
        failed(failure('bug', 'Something went wrong inside Mooring.', { detail: 'TypeError: x is undefined' })),
      );
      server.ask({ kind: 'report' });
      await page.getByText('went wrong').waitFor();
    },
  },
  {
    name: 'quit question',
    bridge: true,
    snapshot: () => ({
      ...everyday(),
      prompts: [promptOf(quitQuestion, { serverId: null })],
      desktop: desktops['all well'],
    }),
    prepare: (page) => page.getByRole('dialog').waitFor(),
  },
  {
    name: 'no tray',
    bridge: true,
    snapshot: () => ({ ...everyday(), desktop: desktops['tray absent and no updates'] }),
  },
  {
    name: 'core restarting',
    bridge: true,
    snapshot: everyday,
    prepare: async (page, server) => {
      server.hold();
      await button(page, 'Disconnect').click();
      await page.getByText('Mooring is restarting its core.').waitFor();
    },
  },
];

export const views: readonly View[] = [
  ...sceneViews,
  ...promptViews,
  ...dialogViews,
  ...setupViews,
  ...serviceViews,
  ...hostsViews,
  ...environmentViews,
  ...doctorViews,
  ...keysViews,
  ...playbookViews,
  ...putRightViews,
  ...desktopViews,
  ...otherViews,
];
