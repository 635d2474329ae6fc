/** Views of the Hosts tab, with the way to get there. */
import type { Page } from 'playwright';
import { done, failed, failure } from '../../../main/shared/failure.ts';
import { emptyHostsView } from '../../../main/shared/hosts.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { courseDiff, hostsHistory, hostsScenes, linuxReason, noTunnel } from '../../support/hosts-snapshots.ts';
import { hostsFile } from '../../support/snapshots.ts';
import type { WindowServer } from '../../support/window-server.ts';
import type { View } from './views.ts';

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

/** Opens the tab; the core answers as for this snapshot. */
export async function openHosts(page: Page, server: WindowServer, snapshot: Snapshot): Promise<void> {
  const web = snapshot.servers[0]?.profile.forwards.find((each) => each.target.port === 80);
  const tunnel = web ? { forwardId: web.id, draft: null, portReason: linuxReason } : noTunnel;
  const view = snapshot.servers[0]?.hosts ?? emptyHostsView;
  server.answer('hosts.get', () => done({ view, file: hostsFile, tunnel }));
  server.answer('hosts.diff', () => done({ ...courseDiff, tunnel }));
  server.answer('hosts.history', () => done({ entries: hostsHistory }));
  await page.getByRole('tab', { name: 'Hosts' }).click();
  await page.getByRole('heading', { name: 'Names on this computer' }).waitFor();
}

const scene = (name: keyof typeof hostsScenes, more: View['prepare'] = undefined, suffix = ''): View => ({
  name: `hosts ${name}${suffix}`,
  snapshot: hostsScenes[name],
  prepare: async (page, server) => {
    await openHosts(page, server, hostsScenes[name]());
    await more?.(page, server);
  },
});

export const hostsViews: readonly View[] = [
  ...(Object.keys(hostsScenes) as (keyof typeof hostsScenes)[]).map((name) => scene(name)),
  scene(
    'pending',
    async (page, server) => {
      const reason = 'There is no pkexec here, by which Mooring would ask the system.';
      server.answer('hosts.apply', () => done({ kind: 'by-hand', byHand: courseDiff.byHand, reason }));
      await button(page, 'Write hosts file').click();
      await page.getByLabel('The command').waitFor();
    },
    ' by hand',
  ),
  scene(
    'none',
    async (page, server) => {
      server.answer('hosts.diff', () =>
        failed(
          failure('needs-you', '10.1.2.3 is neither this computer nor lab-vm.', {
            hint: 'Programs here would send what they have for those names there. Confirm it if that is meant.',
          }),
        ),
      );
      server.answer('hosts.parse-text', () =>
        done({
          names: [{ name: 'minio', to: { kind: 'address', address: '10.1.2.3' } }],
          notes: ['Line 2: A name may have only letters, digits, dots and hyphens.'],
        }),
      );
      await button(page, 'Paste lines').click();
      await page.getByLabel('Lines of a hosts file').fill('10.1.2.3 minio\nFLOATING_IP $(id)');
      await button(page, 'Take these names').click();
      await button(page, 'That is meant').waitFor();
    },
    ' pasted',
  ),
  scene(
    'written',
    async (page) => {
      await button(page, 'Earlier changes').click();
      await button(page, /^Put back as of/)
        .first()
        .waitFor();
      await button(page, /^Put back as of/)
        .last()
        .scrollIntoViewIfNeeded();
    },
    ' history',
  ),
];
