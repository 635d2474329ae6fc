/**
 * State in words and shapes. Window, tray and command line say the same because they all ask here. Pure functions of
 * the snapshot and the time.
 */
import type {
  ForwardState,
  ForwardView,
  ConnectionState,
  PortHolder,
  ServerView,
  Snapshot,
  Traffic,
} from './snapshot.ts';
import { failureLine } from './failure.ts';
import { formatEndpoint, type Forward, type ServiceKind } from './forward.ts';
import type { Prompt } from './prompt.ts';
import { brokenPart, isServiceBroken, type ServiceView } from './services.ts';
import type { Login, ServerProfile } from './server.ts';

/** A state at a glance. Drawn as ● up, ◐ working, ○ off, ▲ needs you, ✕ failed: always a shape beside the colour. */
export type Light = 'off' | 'up' | 'working' | 'failed' | 'needs-you';

export const lightShape: Record<Light, string> = { up: '●', working: '◐', off: '○', 'needs-you': '▲', failed: '✕' };

/** From calm to urgent; the tray shows the last. */
const urgency: readonly Light[] = ['off', 'up', 'working', 'failed', 'needs-you'];

export function worstLight(lights: readonly Light[]): Light {
  return lights.reduce((worst, each) => (urgency.indexOf(each) > urgency.indexOf(worst) ? each : worst), 'off');
}

export function connectionLight(state: ConnectionState): Light {
  switch (state.kind) {
    case 'off':
      return 'off';
    case 'connecting':
    case 'waiting':
      return 'working';
    case 'up':
      return 'up';
    case 'needs-you':
      return 'needs-you';
    case 'failed':
      return 'failed';
    default:
      return state satisfies never;
  }
}

/**
 * `connection`: that of the forward’s server; one that has stopped brings up nothing by itself. `service`: what was found
 * behind it; a tunnel to something broken is no use.
 */
export function forwardLight(
  state: ForwardState,
  connection?: ConnectionState['kind'],
  service: ServiceView | null = null,
): Light {
  switch (state.kind) {
    case 'off':
      return 'off';
    case 'holding':
      return connection === 'failed' ? 'off' : 'working';
    case 'starting':
      return 'working';
    case 'up':
      return isServiceBroken(service) ? 'failed' : 'up';
    case 'target-failed':
    case 'port-taken':
    case 'failed':
      return 'failed';
    default:
      return state satisfies never;
  }
}

/** The id of the question that a run on the server waits for: sudo's password. Null: none, or it is out of reach. */
export const runAsks = ({ run, connection }: Pick<ServerView, 'run' | 'connection'>): string | null =>
  connection.kind === 'up' && run?.state.kind === 'needs-you' ? run.state.promptId : null;

/** The server as a whole: a run that asks, its connection, and failing forwards where the connection itself is fine. */
export function serverLight(server: ServerView): Light {
  return runAsks(server) === null ? tunnelsLight(server) : 'needs-you';
}

/** The connection with its forwards, whatever is being set up on the server. */
export function tunnelsLight(server: ServerView): Light {
  const own = connectionLight(server.connection);
  return own === 'up' ? worstLight([own, ...server.forwards.map(lightOf)]) : own;
}

const lightOf = ({ state, service }: ForwardView): Light => forwardLight(state, 'up', service);

/** `3 s`, `4 min`, `3 h 12 min`, `2 d 4 h`. */
export function describeDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 60) return `${String(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${String(hours)} h ${String(minutes % 60)} min` : `${String(hours)} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${String(days)} d ${String(hours % 24)} h` : `${String(days)} d`;
}

/** `0 B`, `512 B`, `1.2 MB`; decimal units. */
export function describeBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? String(Math.round(value)) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `↓ 1.2 GB ↑ 86 MB`, or an empty string while nothing has passed. */
export function describeTraffic(traffic: Traffic): string {
  if (traffic.bytesDown === 0 && traffic.bytesUp === 0) return '';
  return `↓ ${describeBytes(traffic.bytesDown)} ↑ ${describeBytes(traffic.bytesUp)}`;
}

/** One line of fact: `Connected for 3 h 12 min`, `Back in 4 s · no route to host`. */
export function describeConnection(state: ConnectionState, nowMs: number): string {
  switch (state.kind) {
    case 'off':
      return 'Off';
    case 'connecting': {
      const doing = { dialling: 'Connecting', greeting: 'Greeting the server', 'logging-in': 'Logging in' }[state.step];
      return state.attempt > 1 ? `${doing}, try ${String(state.attempt)}` : doing;
    }
    case 'up':
      return `Connected for ${describeDuration(nowMs - state.sinceMs)}`;
    case 'waiting': {
      const leftMs = state.retryAtMs - nowMs;
      const when = leftMs > 500 ? `Next try in ${describeDuration(leftMs)}` : 'Trying again';
      return `${when} · ${failureLine(state.failure)}`;
    }
    case 'needs-you':
      return 'Needs you';
    case 'failed':
      return failureLine(state.failure);
    default:
      return state satisfies never;
  }
}

/** One word, or few, for a forward. `connection`: that of its server; `service`: what was found behind it. */
export function describeForward(
  state: ForwardState,
  connection?: ConnectionState['kind'],
  service: ServiceView | null = null,
): string {
  switch (state.kind) {
    case 'off':
      return 'off';
    case 'starting':
      return 'starting';
    case 'holding':
      return connection === 'failed' ? 'not connected' : 'waiting to connect';
    case 'up':
      return brokenPart(service)?.words ?? 'up';
    case 'target-failed':
    case 'port-taken':
    case 'failed':
      return failureLine(state.failure);
    default:
      return state satisfies never;
  }
}

/** The sidebar's second line: `3 of 4 tunnels up`, else what the connection says, or that a run asks. */
export function describeServer(server: ServerView, nowMs: number): string {
  if (server.connection.kind !== 'up') return describeConnection(server.connection, nowMs);
  if (runAsks(server) !== null) return 'Setup needs you';
  const on = server.profile.forwards.filter((each) => each.wanted).length;
  if (on === 0) return 'Connected, no tunnel on';
  const up = server.forwards.filter((each) => lightOf(each) === 'up').length;
  return `${String(up)} of ${String(on)} ${on === 1 ? 'tunnel' : 'tunnels'} up`;
}

/** The first line of tray and status: `2 of 3 servers up · lab-vm needs you`. */
export function describeAll(snapshot: Snapshot): string {
  if (snapshot.servers.length === 0) return 'No servers yet';
  const wanted = snapshot.servers.filter((each) => each.profile.wanted);
  if (wanted.length === 0) return 'All off';
  const up = wanted.filter((each) => each.connection.kind === 'up').length;
  const calling = wanted
    .filter((each) => each.connection.kind === 'needs-you' || runAsks(each) !== null)
    .map((each) => each.profile.name);
  const first = `${String(up)} of ${String(wanted.length)} ${wanted.length === 1 ? 'server' : 'servers'} up`;
  const broken = wanted.flatMap((each) => each.forwards).filter((each) => lightOf(each) === 'failed').length;
  const second = broken === 0 ? first : `${first} · ${String(broken)} ${broken === 1 ? 'tunnel' : 'tunnels'} broken`;
  if (calling.length === 0) return second;
  return `${second} · ${calling.length === 1 ? `${calling[0] ?? ''} needs you` : `${String(calling.length)} need you`}`;
}

/** `127.0.0.1:5001`. */
export function localAddress(forward: Forward): string {
  return formatEndpoint(forward.bind.address, forward.bind.port);
}

/** `127.0.0.1:5000`, as the server sees it. */
export function targetAddress(forward: Forward): string {
  return formatEndpoint(forward.target.host, forward.target.port);
}

/** `ubuntu@10.0.0.4`, with the port where it is not 22. */
export function loginAddress(profile: Pick<ServerProfile, 'user' | 'address' | 'port'>): string {
  const host = profile.port === 22 ? profile.address : formatEndpoint(profile.address, profile.port);
  return `${profile.user}@${host}`;
}

/** A forward is on when both its server and itself are wanted. */
export function isForwardOn(profile: Pick<ServerProfile, 'wanted'>, forward: Pick<Forward, 'wanted'>): boolean {
  return profile.wanted && forward.wanted;
}

/** True while something listens at the local address, so that opening it makes sense. */
export function isBound(state: ForwardState): boolean {
  return state.kind === 'holding' || state.kind === 'up' || state.kind === 'target-failed';
}

/** The state of a light in one or two words, for those who do not see its shape. */
export const lightWords: Record<Light, string> = {
  up: 'up',
  working: 'working on it',
  off: 'off',
  'needs-you': 'needs you',
  failed: 'failed',
};

export const serviceWords: Record<ServiceKind, string> = {
  mlflow: 'MLflow',
  s3: 'S3 API',
  's3-console': 'S3 console',
  postgres: 'PostgreSQL',
  jupyter: 'Jupyter',
  grafana: 'Grafana',
  prometheus: 'Prometheus',
  http: 'Web page',
  tcp: 'Other (TCP)',
};

export const loginWords: Record<Login['kind'], { readonly name: string; readonly explanation: string }> = {
  auto: {
    name: 'Automatic',
    explanation: 'As ssh does: the agent, the keys in ~/.ssh, then what the server asks for.',
  },
  agent: { name: 'SSH agent', explanation: 'Only the keys your agent holds.' },
  key: { name: 'Key file', explanation: 'One private key. Its passphrase is asked for once.' },
  password: { name: 'Password', explanation: 'Asked for at the first connection, kept in the keychain if you like.' },
};

/** What a prompt wants, in a few words: `one-time code`. Follows `needs you:`. */
export function describePrompt(prompt: Prompt): string {
  switch (prompt.kind) {
    case 'host-key-unknown':
      return 'check a new host key';
    case 'host-key-changed':
      return 'the host key has changed';
    case 'passphrase':
      return 'passphrase';
    case 'password':
      return 'password';
    case 'sudo-password':
      return 'password for sudo';
    case 'codes':
      return prompt.questions.length === 1 ? 'an answer' : 'some answers';
    case 'confirm':
      return prompt.title;
    default:
      return prompt satisfies never;
  }
}

/** `python3 (process 4242)`, `another program` where the system does not tell. */
export function describeHolder(holder: PortHolder | null): string {
  const program = holder?.program ?? 'another program';
  return holder?.pid ? `${program} (process ${String(holder.pid)})` : program;
}

/** `2 clients`, `1 client · 1 held`; empty when there is none. */
export function describeClients(traffic: Traffic): string {
  const parts = [];
  if (traffic.clients > 0) parts.push(`${String(traffic.clients)} ${traffic.clients === 1 ? 'client' : 'clients'}`);
  if (traffic.held > 0) parts.push(`${String(traffic.held)} held`);
  return parts.join(' · ');
}
