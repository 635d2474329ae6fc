/** Every view and state of keys to log in with, with the way to get there. */
import type { Page } from 'playwright';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import type { FoundKey, MadeKey } from '../../../main/shared/keys.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { neighbours, off, promptBodies, promptOf, serverOf, snapshotOf } from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import { openNewVm, proveNewVm } from './setup-views.ts';
import type { View } from './views.ts';

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

const keyOf = (name: string, patch: Partial<FoundKey> = {}): FoundKey => ({
  path: `~/.ssh/${name}`,
  keyType: 'ssh-ed25519',
  comment: 'lena@thinkpad',
  fingerprint: `SHA256:${name.padEnd(43, 'x').slice(0, 43)}`,
  hasPassphrase: false,
  hasPublicFile: true,
  ...patch,
});

export const foundKeys: FoundKey[] = [
  keyOf('id_ed25519', { hasPassphrase: true }),
  keyOf('id_rsa', { keyType: 'ssh-rsa', comment: 'lena@old-laptop-of-the-lab.example.org' }),
  keyOf('cloud.pem', { keyType: null, comment: '', fingerprint: null, hasPassphrase: true }),
];

export const madeKey: MadeKey = {
  path: '~/.ssh/mooring_ed25519',
  publicLine: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'b'.repeat(43)} lena@thinkpad`,
  fingerprint: `SHA256:${'m'.repeat(43)}`,
};

export const refusedKey = failure('login-rejected', 'lab-vm did not let ubuntu in with this key.', {
  hint: 'Its sshd looks for keys in /etc/ssh/keys/%u, not in ~/.ssh/authorized_keys: ask whoever runs the server to put yours there. It was taken off the server again, and the login stays as it was.',
});

export const byPassword = { login: { kind: 'password' } } as const;
const lab = (): Snapshot => snapshotOf({ servers: [serverOf(byPassword), ...neighbours] });
const alone = (): Snapshot => snapshotOf({ servers: [serverOf(byPassword)] });

/** Those there are, and what making and installing one says. */
export function answerKeys(server: WindowServer, keys: FoundKey[] = foundKeys): void {
  server.answer('keys.list', () => done({ keys }));
  server.answer('keys.make', () => done(madeKey));
  server.answer('keys.install', () => done({ added: true, used: true, fingerprint: '', notes: [] }));
}

export async function openKeyLogin(page: Page): Promise<void> {
  await openNewVm(page);
  await page.getByRole('textbox', { name: 'Address' }).fill('128.214.252.130');
  await page.getByRole('textbox', { name: 'User' }).fill('ubuntu');
  await button(page, 'Next: login').click();
  await page.getByText('Key file', { exact: true }).first().click();
}

export async function openOffer(page: Page, server: WindowServer): Promise<void> {
  await proveNewVm(page, server, alone());
  await page.getByText('Debian GNU/Linux 12').waitFor();
  await button(page, 'Choose a key…').click();
  await button(page, 'Install the key').scrollIntoViewIfNeeded();
}

export async function openKeyDialog(page: Page): Promise<void> {
  await button(page, 'More for lab-vm').click();
  await page.getByRole('menuitem', { name: 'Log in with a key…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Install the key' }).waitFor();
}

const newVm = (name: string, prepare: NonNullable<View['prepare']>): View => ({
  name: `keys new vm ${name}`,
  snapshot: snapshotOf,
  prepare,
});

export const keysViews: readonly View[] = [
  newVm('login', async (page, server) => {
    answerKeys(server);
    await openKeyLogin(page);
    await page.getByText('id_rsa').waitFor();
    await page.getByRole('radio', { name: '~/.ssh/id_ed25519' }).click();
  }),
  newVm('login without keys', async (page) => {
    await openKeyLogin(page);
    await page.getByText('There is no key').waitFor();
  }),
  newVm('make', async (page, server) => {
    answerKeys(server);
    server.answer('keys.make', () =>
      failed(
        failure('conflict', 'There is a file ~/.ssh/id_ed25519 or ~/.ssh/id_ed25519.pub already.', {
          hint: 'Choose another name: nothing is overwritten.',
          fields: [{ path: 'name', message: 'There is a file ~/.ssh/id_ed25519 or ~/.ssh/id_ed25519.pub already.' }],
        }),
      ),
    );
    await openKeyLogin(page);
    await button(page, 'Make a key…').click();
    await page.getByRole('textbox', { name: 'Name of the file' }).fill('id_ed25519');
    await page.getByRole('textbox', { name: 'Passphrase' }).fill('open sesame');
    await page.keyboard.press('Enter');
    await page.getByText('already').waitFor();
  }),
  newVm('made', async (page, server) => {
    answerKeys(server, []);
    await openKeyLogin(page);
    await button(page, 'Make a key…').click();
    await button(page, 'Make the key').click();
    await page.getByText('was made').waitFor();
  }),
  newVm('offer', async (page, server) => {
    await proveNewVm(page, server, alone());
    await page.getByText('Debian GNU/Linux 12').waitFor();
    await button(page, 'Choose a key…').waitFor();
  }),
  newVm('offer opened', async (page, server) => {
    answerKeys(server);
    await openOffer(page, server);
  }),
  newVm('installing', async (page, server) => {
    answerKeys(server);
    await openOffer(page, server);
    server.hold('keys.install');
    await button(page, 'Install the key').click();
    await page.getByText('logging in with it alone').scrollIntoViewIfNeeded();
  }),
  newVm('install refused', async (page, server) => {
    answerKeys(server);
    server.answer('keys.install', () => failed(refusedKey));
    await openOffer(page, server);
    await button(page, 'Install the key').click();
    await page.getByText('did not let ubuntu in').scrollIntoViewIfNeeded();
  }),
  newVm('installed', async (page, server) => {
    answerKeys(server);
    await openOffer(page, server);
    await button(page, 'Install the key').click();
    await page.getByText('no password is asked for again.').last().scrollIntoViewIfNeeded();
  }),
  {
    name: 'keys dialog',
    snapshot: lab,
    prepare: async (page, server) => {
      answerKeys(server);
      await openKeyDialog(page);
      await page.getByText('id_rsa').waitFor();
    },
  },
  {
    name: 'keys dialog offline',
    snapshot: () => snapshotOf({ servers: [serverOf({ ...byPassword, connection: off }), ...neighbours] }),
    prepare: async (page, server) => {
      answerKeys(server);
      await openKeyDialog(page);
      await page.getByText('id_rsa').waitFor();
    },
  },
  {
    name: 'keys dialog done',
    snapshot: lab,
    prepare: async (page, server) => {
      answerKeys(server);
      server.answer('keys.install', () =>
        done({ added: false, used: true, fingerprint: '', notes: ['The server had this key already.'] }),
      );
      await openKeyDialog(page);
      await button(page, 'Install the key').click();
      await page.getByText('from now on').waitFor();
    },
  },
  {
    name: 'keys dialog needs you',
    snapshot: lab,
    prepare: async (page, server) => {
      answerKeys(server);
      await openKeyDialog(page);
      server.hold('keys.install');
      await button(page, 'Install the key').click();
      server.show({ ...lab(), prompts: [promptOf(promptBodies.passphrase)] });
      await page.getByRole('region', { name: 'Question' }).waitFor();
    },
  },
];
