/** Fixed states of a server's names, for the window. */
import { failure } from '../../main/shared/failure.ts';
import {
  emptyHostsView,
  hostsPresets,
  type HostsDiff,
  type HostsFileView,
  type HostsHistoryEntry,
  type HostsTunnel,
  type HostsView,
  type HostsWish,
} from '../../main/shared/hosts.ts';
import type { Snapshot } from '../../main/shared/snapshot.ts';
import { ago, hostsFile, neighbours, serverOf, snapshotOf, type ForwardFixture } from './snapshots.ts';

const course = hostsPresets[0]?.names ?? [];
export const courseWish: HostsWish = { on: true, names: course.map((name) => ({ name, to: { kind: 'tunnel' } })) };
const lines = course.map((name) => `127.0.0.1 ${name}`);

const webTunnel: ForwardFixture = { label: 'HTTP', service: 'http', localPort: 8080, port: 80 };
export const linuxReason = 'Linux lets only root listen on port 80 (sysctl net.ipv4.ip_unprivileged_port_start).';

const answered: HostsView = {
  ...emptyHostsView,
  inFile: lines,
  wished: lines,
  names: course.map((name) => ({ name, wanted: ['127.0.0.1'], answers: ['127.0.0.1'], tookMs: 1, trouble: null })),
};
const pending: HostsView = { ...emptyHostsView, wished: lines, pending: true };

export const courseDiff: HostsDiff = {
  from: 'a'.repeat(64),
  changes: true,
  way: 'pkexec',
  lines: [
    { kind: 'same', line: 1, text: '127.0.0.1 localhost' },
    { kind: 'same', line: 2, text: '::1 localhost ip6-localhost' },
    ...['# BEGIN mooring 3f2a lab-vm', ...lines, '# END mooring 3f2a'].map(
      (text, index) => ({ kind: 'add', line: index + 3, text }) as const,
    ),
  ],
  byHand: { lines, command: "printf '%s\\n' '127.0.0.1 mlflow-server.local' | sudo tee -a '/etc/hosts' >/dev/null" },
  tunnel: null,
  leaves: null,
  conflicts: [],
  warning: null,
};

export const noTunnel: HostsTunnel = {
  forwardId: null,
  draft: {
    label: 'HTTP',
    service: 'http',
    bind: { address: '127.0.0.1', port: 8080, alsoIpv6: false },
    target: { host: '127.0.0.1', port: 80 },
  },
  portReason: linuxReason,
};

export const hostsHistory: readonly HostsHistoryEntry[] = [
  { how: 'written' as const, before: lines.slice(0, 2), after: lines },
  { how: 'restored' as const, before: lines, after: lines.slice(0, 2) },
  { how: 'removed' as const, before: lines, after: null },
].map((each, index) => ({
  ...each,
  id: `h-${String(index)}`,
  serverId: 's-lab-vm',
  serverName: 'lab-vm',
  atMs: ago(3600 * (index + 1)),
  backup: null,
}));

const withNames = (
  names: HostsView,
  more: { wish?: HostsWish; file?: Partial<HostsFileView>; tunnel?: boolean } = {},
): Snapshot => {
  const forwards = more.tunnel === false ? {} : { forwards: [webTunnel] };
  const server = serverOf({ hosts: more.wish ?? courseWish, names, ...forwards });
  return snapshotOf({ servers: [server, ...neighbours], hosts: { ...hostsFile, ...more.file } });
};

export const hostsScenes = {
  none: () => withNames(emptyHostsView, { wish: { on: false, names: [] }, tunnel: false }),
  pending: () => withNames(pending, { tunnel: false }),
  writing: () => withNames({ ...pending, writing: true }),
  written: () => withNames(answered),
  'switched off': () => withNames({ ...answered, wished: null, pending: true }, { wish: { ...courseWish, on: false } }),
  drift: () =>
    withNames({
      ...answered,
      pending: true,
      inFile: ['10.9.9.9 mlflow-server.local'],
      drift: { kind: 'changed', written: lines, found: ['10.9.9.9 mlflow-server.local', '# changed by the VPN'] },
    }),
  'broken markers': () =>
    withNames(
      { ...pending, wished: lines },
      {
        file: {
          failure: failure(
            'conflict',
            'Line 12 ends a block that was not begun, so Mooring does not write /etc/hosts.',
            {
              hint: 'Put that right with an editor, or take the lines of that block out. Mooring never guesses whose lines they are.',
              detail: 'Line 12 ends a block that was not begun',
            },
          ),
        },
      },
    ),
  'leads elsewhere': () =>
    withNames(
      {
        ...answered,
        names: answered.names.map((each, index) =>
          index === 2
            ? {
                ...each,
                answers: ['86.50.1.2'],
                trouble: failure('conflict', 'mlflow-server.local answers 86.50.1.2: line 3 of the file has it too.', {
                  hint: 'Take that line out: 86.50.1.2 mlflow-server.local',
                }),
              }
            : each,
        ),
        conflicts: [
          {
            name: 'mlflow-server.local',
            address: '86.50.1.2',
            line: 3,
            text: '86.50.1.2 mlflow-server.local',
            wins: true,
          },
        ],
      },
      {
        file: {
          nameOrder: failure('conflict', 'Names in .local are asked of the network (mdns4) before the hosts file.', {
            hint: 'Put “files” before “mdns4” in the “hosts:” line of /etc/nsswitch.conf.',
          }),
          strays: [{ blockId: 'gone-1', label: 'old-lab', names: ['a.lab', 'b.lab'] }],
        },
      },
    ),
} satisfies Record<string, () => Snapshot>;
