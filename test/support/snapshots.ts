/** Fixed snapshots of every state the window has to draw. */
import { failure } from '../../main/shared/failure.ts';
import type { Forward } from '../../main/shared/forward.ts';
import type { LogEntry } from '../../main/shared/log.ts';
import type { Prompt, PromptBody } from '../../main/shared/prompt.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import type { ServiceView } from '../../main/shared/services.ts';
import { emptyHostsView, noHosts, type HostsFileView } from '../../main/shared/hosts.ts';
import { foundMlflow } from './service-views.ts';
import { defaultSettings } from '../../main/shared/settings.ts';
import type { ConnectionState, ForwardState, ServerView, Snapshot, Traffic } from '../../main/shared/snapshot.ts';

/** The moment all fixtures are of; pages are shown with their clock set to it. */
export const nowMs = Date.UTC(2026, 4, 12, 9, 30, 0);
export const ago = (seconds: number): number => nowMs - seconds * 1000;

export const idle: Traffic = { bytesDown: 0, bytesUp: 0, clients: 0, held: 0 };
const busy: Traffic = { bytesDown: 1_214_000_000, bytesUp: 86_300_000, clients: 2, held: 0 };

export const up: ConnectionState = {
  kind: 'up',
  sinceMs: ago(3 * 3600 + 12 * 60),
  software: 'OpenSSH_9.2p1 Debian-2+deb12u3',
  cipher: 'chacha20-poly1305@openssh.com',
  latencyMs: 12,
};
export const off: ConnectionState = { kind: 'off' };
export const connecting: ConnectionState = { kind: 'connecting', sinceMs: ago(2), attempt: 1, step: 'logging-in' };
export const waiting: ConnectionState = {
  kind: 'waiting',
  sinceMs: ago(95),
  retryAtMs: nowMs + 4000,
  attempt: 6,
  failure: failure('unreachable', 'No route to 86.50.230.11.', {
    hint: 'The network here may be down, or the machine switched off. Mooring goes on trying.',
    detail: 'connect EHOSTUNREACH 86.50.230.11:22',
  }),
};
export const rejected: ConnectionState = {
  kind: 'failed',
  sinceMs: ago(600),
  failure: failure('login-rejected', 'lab-vm did not accept the login.', {
    hint: 'Check user and key. Mooring stopped after two tries, so that the server does not ban this address.',
    detail: 'Tried: publickey (ssh-ed25519, ~/.ssh/id_ed25519). Server allows: publickey.',
  }),
};

export const upChecked: ForwardState = { kind: 'up', checked: true };
export const targetFailed: ForwardState = {
  kind: 'target-failed',
  sinceMs: ago(360),
  failure: failure('target-refused', 'Nothing listens on port 9001 of lab-vm.', {
    hint: 'Start the service there, or change the target. It is tried again whenever a program connects.',
    detail: 'open failed: connect failed: Connection refused',
  }),
};
export const airPlay: ForwardState = {
  kind: 'port-taken',
  holder: { pid: 412, program: 'ControlCe' },
  freePort: 5002,
  failure: failure('port-taken', 'Port 5001 is held by the AirPlay Receiver of macOS.', {
    hint: 'Choose another port, or switch it off in System Settings → General → AirDrop & Handoff → AirPlay Receiver.',
  }),
};
export const portTaken: ForwardState = {
  kind: 'port-taken',
  holder: { pid: 4242, program: 'python3' },
  freePort: 5002,
  failure: failure('port-taken', 'Port 5001 is held by python3 (process 4242).', {
    hint: 'It comes up by itself when the port is free, or choose another port.',
  }),
};

type ForwardPatch = Partial<Omit<Forward, 'bind' | 'target'>> & { readonly localPort?: number; readonly port?: number };

export function forwardOf({ localPort = 5001, port = 5000, ...patch }: ForwardPatch = {}): Forward {
  return {
    id: `f-${patch.label ?? 'MLflow'}`,
    label: 'MLflow',
    service: 'mlflow',
    wanted: true,
    bind: { address: '127.0.0.1', port: localPort, alsoIpv6: false },
    target: { host: '127.0.0.1', port },
    ...patch,
  };
}

export interface ForwardFixture extends ForwardPatch {
  readonly state?: ForwardState;
  readonly traffic?: Traffic;
  /** What a probe found behind it. */
  readonly found?: ServiceView;
}

export interface ServerFixture extends Partial<Omit<ServerProfile, 'forwards'>> {
  readonly connection?: ConnectionState;
  readonly forwards?: readonly ForwardFixture[];
  readonly secrets?: ServerView['secrets'];
  readonly run?: ServerView['run'];
  readonly newPorts?: ServerView['newPorts'];
  readonly verify?: ServerView['verify'];
  readonly names?: ServerView['hosts'];
}

export function serverOf({
  connection = up,
  forwards = usual,
  secrets = [],
  run = null,
  newPorts = [],
  verify = null,
  names = emptyHostsView,
  ...patch
}: ServerFixture = {}): ServerView {
  const name = patch.name ?? 'lab-vm';
  return {
    profile: {
      id: `s-${name}`,
      name,
      address: '128.214.252.130',
      port: 22,
      user: 'ubuntu',
      login: { kind: 'auto' },
      wanted: connection.kind !== 'off',
      demo: false,
      remembered: [],
      stacks: [],
      openRunId: null,
      hosts: noHosts,
      ...patch,
      forwards: forwards.map(({ state: _state, traffic: _traffic, found: _found, ...forward }) => forwardOf(forward)),
    },
    connection,
    forwards: forwards.map(({ state, traffic, found, ...forward }) => ({
      forwardId: forwardOf(forward).id,
      state: state ?? (forward.wanted === false ? { kind: 'off' } : stateUnder(connection)),
      traffic: traffic ?? idle,
      service: found ?? null,
    })),
    secrets,
    run,
    newPorts,
    verify,
    hosts: names,
  };
}

/** How a forward does that has no trouble of its own. */
function stateUnder(connection: ConnectionState): ForwardState {
  if (connection.kind === 'up') return upChecked;
  return connection.kind === 'off' ? { kind: 'off' } : { kind: 'holding' };
}

const usual: readonly ForwardFixture[] = [
  { label: 'MLflow', service: 'mlflow', traffic: busy, found: foundMlflow },
  {
    label: 'S3 API',
    service: 's3',
    localPort: 9000,
    port: 9000,
    traffic: { ...busy, bytesDown: 40_100_000, clients: 1 },
  },
  { label: 'S3 console', service: 's3-console', localPort: 9001, port: 9001 },
  { label: 'PostgreSQL', service: 'postgres', localPort: 5432, port: 5432, wanted: false },
];

export const hostsFile: HostsFileView = {
  path: '/etc/hosts',
  isSystem: true,
  way: 'pkexec',
  failure: null,
  nameOrder: null,
  strays: [],
};

export function snapshotOf(patch: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: 1,
    coreId: 'core-1',
    version: '0.1.0',
    servers: [],
    prompts: [],
    settings: defaultSettings,
    keychain: { kind: 'ready', name: 'GNOME Keyring' },
    network: { online: true },
    notices: [],
    doctor: null,
    desktop: null,
    hosts: hostsFile,
    dataDir: '/home/ada/.local/share/mooring',
    ...patch,
  };
}

export function promptOf(body: PromptBody, patch: Partial<Prompt> = {}): Prompt {
  return { id: `p-${body.kind}`, serverId: 's-lab-vm', createdMs: ago(5), ...body, ...patch } as Prompt;
}

const fingerprint = 'SHA256:uNiVztksCsDhcc0u9e8BrBQXnzKsD7fQpV0rMbC4lTY';
const otherFingerprint = 'SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM';

export const promptBodies: { readonly [K in PromptBody['kind']]: Extract<PromptBody, { kind: K }> } = {
  'host-key-unknown': {
    kind: 'host-key-unknown',
    host: '128.214.252.130',
    presented: { keyType: 'ssh-ed25519', fingerprint },
  },
  'host-key-changed': {
    kind: 'host-key-changed',
    host: '128.214.252.130',
    presented: { keyType: 'ssh-ed25519', fingerprint: otherFingerprint },
    known: [
      { keyType: 'ssh-ed25519', fingerprint, firstSeenMs: ago(40 * 86_400), storedIn: 'Mooring' },
      { keyType: 'ssh-ed25519', fingerprint, firstSeenMs: null, storedIn: '~/.ssh/known_hosts:12' },
    ],
  },
  passphrase: { kind: 'passphrase', keyPath: '~/.ssh/id_ed25519', wasWrong: false },
  password: { kind: 'password', user: 'ubuntu', host: '128.214.252.130', wasWrong: true },
  'sudo-password': { kind: 'sudo-password', user: 'ubuntu', host: '128.214.252.130', wasWrong: true },
  codes: {
    kind: 'codes',
    title: 'Two-factor login',
    instructions: 'Open the authenticator app on your phone.',
    questions: [
      { text: 'Verification code: ', echo: false },
      { text: 'Device (phone/key): ', echo: true },
    ],
  },
  confirm: {
    kind: 'confirm',
    title: 'Listen on all addresses?',
    message: 'Anyone on your network could reach the server through this tunnel.',
    confirmLabel: 'Listen on all',
    destructive: true,
  },
};

/** A server parked on a question, and the question. */
export function needsYou(body: PromptBody, patch: Partial<Snapshot> = {}): Snapshot {
  const prompt = promptOf(body);
  const connection: ConnectionState = { kind: 'needs-you', sinceMs: ago(5), promptId: prompt.id };
  return snapshotOf({ servers: [serverOf({ connection }), ...neighbours], prompts: [prompt], ...patch });
}

export const neighbours: readonly ServerView[] = [
  serverOf({ name: 'cpouta-course', address: '86.50.230.11', connection: waiting }),
  serverOf({ name: 'ec2-tracking', address: 'ec2-3-70-1-2.compute.amazonaws.com', connection: connecting }),
  serverOf({ name: 'azure-mlflow', address: '20.82.1.9', user: 'azureuser', connection: off }),
];

const longName = (index: number): string =>
  `gpu-cluster-node-${String(index).padStart(2, '0')}-for-the-multimodal-retrieval-experiments-2026`;

const connections: readonly ConnectionState[] = [up, up, waiting, up, off, connecting, rejected, up];
const states: readonly ForwardState[] = [upChecked, upChecked, targetFailed, { kind: 'up', checked: false }];

/** 30 servers, 12 tunnels each, long names; a fresh object each time, as JSON would be. */
export function full(): Snapshot {
  const servers = Array.from({ length: 30 }, (_, at) => {
    const connection = connections[at % connections.length] ?? up;
    const forwards = Array.from({ length: 12 }, (_each, index): ForwardFixture => {
      const state = connection.kind === 'up' && at > 0 ? states[index % states.length] : undefined;
      return {
        id: `f-${String(index)}`,
        label:
          index % 3 === 0
            ? `MLflow of the ablation study number ${String(index)} (do not stop)`
            : `Port ${String(index)}`,
        service: index % 3 === 0 ? 'mlflow' : 'tcp',
        localPort: 10_000 + at * 100 + index,
        port: 5000 + index,
        traffic: { bytesDown: 1_000_000 * (index + 1), bytesUp: 4200 * index, clients: index % 3, held: 0 },
        ...(state === undefined ? {} : { state }),
      };
    });
    return serverOf({ id: `s-${String(at)}`, name: longName(at), connection, forwards });
  });
  return snapshotOf({ servers });
}

export const everyday = (): Snapshot => snapshotOf({ servers: [serverOf(), ...neighbours] });

const withTrouble = (first: ForwardState): readonly ForwardFixture[] => [
  { ...usual[0], state: first },
  ...usual.slice(1, 2),
  { ...usual[2], state: targetFailed },
  ...usual.slice(3),
];

export const scenes = {
  empty: () => snapshotOf(),
  everyday,
  full,
  connecting: () => snapshotOf({ servers: [serverOf({ connection: connecting }), ...neighbours] }),
  'waiting countdown': () => snapshotOf({ servers: [serverOf({ connection: waiting }), ...neighbours] }),
  'login rejected': () => snapshotOf({ servers: [serverOf({ connection: rejected }), ...neighbours] }),
  off: () => snapshotOf({ servers: [serverOf({ connection: off }), ...neighbours] }),
  'no tunnels': () => snapshotOf({ servers: [serverOf({ forwards: [] }), ...neighbours] }),
  'port taken': () => snapshotOf({ servers: [serverOf({ forwards: withTrouble(portTaken) }), ...neighbours] }),
  'airplay and target failed': () =>
    snapshotOf({ servers: [serverOf({ forwards: withTrouble(airPlay) }), ...neighbours] }),
  'offline with notices': () =>
    snapshotOf({
      servers: [serverOf({ connection: waiting }), ...neighbours],
      network: { online: false },
      keychain: {
        kind: 'absent',
        failure: failure('keychain-failed', 'No keychain answers on this machine.', {
          hint: 'Install gnome-keyring or KWallet, log in anew, then check again.',
        }),
      },
      notices: [
        {
          id: 'n-1',
          createdMs: ago(60),
          failure: failure('storage-failed', 'The saved servers were damaged, and the last good copy is used.', {
            hint: 'The damaged file was set aside.',
            detail: '/home/ada/.local/share/mooring/servers.json.damaged-2026-05-12',
          }),
        },
      ],
    }),
  demo: () =>
    snapshotOf({
      servers: [
        serverOf({
          name: 'Demo',
          demo: true,
          address: '127.0.0.1',
          port: 50022,
          user: 'demo',
          forwards: [{ label: 'MLflow (demo)', traffic: { ...idle, bytesDown: 5200, bytesUp: 900 } }],
        }),
      ],
    }),
} satisfies Record<string, () => Snapshot>;

export const logEntries: readonly LogEntry[] = [
  ['info', 'Connecting to 128.214.252.130:22 as ubuntu'],
  ['debug', 'Server greets as OpenSSH_9.2p1 Debian-2+deb12u3'],
  ['info', 'Host key is the pinned one (ssh-ed25519)'],
  ['info', 'Logged in with ~/.ssh/id_ed25519'],
  ['info', 'MLflow listens on 127.0.0.1:5001'],
  ['warn', 'S3 console: nothing listens on port 9001 of lab-vm'],
  ['error', 'The link is dead: no sign of life for 10 s'],
  ['info', 'Next try in 0.4 s'],
  ['info', 'Connected again after 1.2 s; 2 clients were held meanwhile'],
].map(([level, message], index) => ({
  seq: index + 1,
  timeMs: ago(300 - index * 7),
  level: level as LogEntry['level'],
  serverId: 's-lab-vm',
  message: message ?? '',
}));
