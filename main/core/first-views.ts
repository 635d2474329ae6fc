/** What the snapshot says before anything has happened: of a core that begins, and of a server that is new to it. */
import { emptyHostsView } from '../shared/hosts.ts';
import type { ServerProfile } from '../shared/server.ts';
import { defaultSettings } from '../shared/settings.ts';
import type { ForwardView, ServerView, Snapshot } from '../shared/snapshot.ts';
import type { Ports } from './ports.ts';

type FirstPorts = Pick<Ports, 'random' | 'hostsFile' | 'files' | 'desktop'>;

/** Of a core that has loaded nothing yet; the revision is the state’s own. */
export const firstSnapshot = (
  { random, hostsFile, files, desktop }: FirstPorts,
  version: string,
): Omit<Snapshot, 'revision'> => ({
  coreId: random.id(),
  version,
  servers: [],
  prompts: [],
  settings: defaultSettings,
  keychain: { kind: 'unknown' },
  network: { online: true },
  notices: [],
  doctor: null,
  hosts: {
    path: hostsFile.path,
    isSystem: hostsFile.isSystem,
    way: 'by-hand',
    failure: null,
    nameOrder: null,
    strays: [],
  },
  dataDir: files.dataDir,
  desktop: desktop && { loginItem: { kind: 'unknown' }, tray: { kind: 'waiting' }, updates: { kind: 'off' } },
});

/** The servers' views for these profiles: known ones keep their state, new ones are off. */
export function mergeProfiles(views: readonly ServerView[], profiles: readonly ServerProfile[]): readonly ServerView[] {
  return profiles.map((profile) => {
    const old = views.find((each) => each.profile.id === profile.id);
    const forwards = profile.forwards.map(
      (forward) => old?.forwards.find((each) => each.forwardId === forward.id) ?? newForwardView(forward.id),
    );
    if (old) return { ...old, profile, forwards };
    const secrets = profile.remembered.map((kind) => ({ kind, keptIn: 'keychain' }) as const);
    const hosts = emptyHostsView;
    return { profile, connection: { kind: 'off' }, forwards, secrets, run: null, newPorts: [], verify: null, hosts };
  });
}

const newForwardView = (forwardId: string): ForwardView => ({
  forwardId,
  state: { kind: 'off' },
  traffic: { bytesDown: 0, bytesUp: 0, clients: 0, held: 0 },
  service: null,
});
