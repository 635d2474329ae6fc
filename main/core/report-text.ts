/** A report as text. Pure: what is put in comes from the snapshot, the log and the facts of the machine. */
import type { DesktopView } from '../shared/desktop.ts';
import type { Failure } from '../shared/failure.ts';
import { forwardPresets, type Forward } from '../shared/forward.ts';
import type { LogEntry } from '../shared/log.ts';
import type { Login, ServerProfile } from '../shared/server.ts';
import type { ConnectionState, ForwardState, ForwardView, ServerView, Snapshot } from '../shared/snapshot.ts';
import { describeDuration, describeTraffic } from '../shared/words.ts';
import { isPublic, type Known, type Redactor } from './redact.ts';

export interface ReportParts {
  readonly snapshot: Snapshot;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  readonly nowMs: number;
  readonly redactor: Redactor;
  /** Characters. */
  readonly maxLength: number;
}

/** Characters of one line of the log. */
const longestLine = 600;

const opening = `# Report of a problem with Mooring

**What did you do?**


**What did you expect?**


**What happened instead?**


Names, addresses, users, paths and whatever looks like a secret are replaced below: server-1, host-1 … Read it before you send it, and take out what you like.
`;

/**
 * Everything that must not be seen, as profiles and the machine name it.
 *
 * @param allProfiles the servers of now first: they get the low numbers
 */
export function knownOf(
  allProfiles: readonly ServerProfile[],
  dataDir: string,
  personal: readonly string[],
): readonly Known[] {
  // The demo's are the same for everyone.
  const profiles = allProfiles.filter((each) => !each.demo);
  const home = personal.find(isPath);
  const keys = profiles.flatMap(({ login }) => (login.kind === 'key' ? [login.path] : []));
  const hosts = profiles.flatMap((each) => [each.address, ...each.forwards.map((forward) => forward.target.host)]);
  const labels = profiles.flatMap((each) => each.forwards.map((forward) => forward.label));
  return [
    ...profiles.map(({ name }) => ({ kind: 'server', value: name }) as const),
    ...hosts.map((value) => ({ kind: 'host', value }) as const),
    ...profiles.map(({ user }) => ({ kind: 'user', value: user }) as const),
    // As it was typed, and as the system writes it.
    ...keys.filter((each) => !isUsualKey(each)).flatMap((path) => [path, ...inFull(path, home)].map(keyAt)),
    ...labels.filter((each) => !isPresetLabel(each)).map((value) => ({ kind: 'tunnel', value }) as const),
    { kind: 'data-folder', value: dataDir },
    ...personal.map((value) => ({ kind: isPath(value) ? 'home' : 'personal', value }) as const),
  ];
}

const keyAt = (value: string): Known => ({ kind: 'key', value });
const isPath = (text: string) => /[\\/]/.test(text);
const inFull = (path: string, home: string | undefined) =>
  home !== undefined && path.startsWith('~') ? [home + path.slice(1)] : [];
/** OpenSSH's own names for keys say nothing of anyone. */
const isUsualKey = (path: string) => /^~[\\/]\.ssh[\\/]id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/.test(path);
/** `MLflow`, `MLflow 2`, `Port 5000`: made by Mooring itself. */
const isPresetLabel = (label: string) =>
  forwardPresets.some((each) => each.label === label.replace(/ \d{1,2}$/, '')) || /^Port \d+$/.test(label);

export function reportText(parts: ReportParts): string {
  const { snapshot, facts, nowMs, redactor, entries, maxLength } = parts;
  const head = [
    opening,
    section('Versions', [
      `Mooring: ${snapshot.version}`,
      `Made: ${isoTime(nowMs)}`,
      ...facts.map(([name, value]) => `${name}: ${value}`),
    ]),
    section(
      'Settings',
      Object.entries(snapshot.settings).map(([name, value]) => `${name}: ${String(value)}`),
    ),
    section('State', stateLines(snapshot, redactor)),
    ...snapshot.servers.map((server) => serverSection(server, parts)),
    section(
      'Open questions',
      snapshot.prompts.map(
        (each) =>
          `${each.kind}, asked by ${whose(each.serverId, parts)}, open for ${describeDuration(nowMs - each.createdMs)}`,
      ),
    ),
    section(
      'Notices',
      snapshot.notices.flatMap((each) => failureLines(each.failure, redactor)),
    ),
  ].join('\n');
  const logHead = '\n## Log, the newest last\n\n';
  const room = maxLength - logHead.length;
  const cut = head.length > room ? `${head.slice(0, room - 40)}\n… cut: it became too long.\n` : head;
  return cut + logHead + newestLines(entries, parts, room - cut.length);
}

const section = (title: string, lines: readonly string[]) =>
  `## ${title}\n\n${lines.length === 0 ? 'none' : lines.map((each) => `- ${each}`).join('\n')}\n`;

const isoTime = (timeMs: number) => new Date(timeMs).toISOString();

function stateLines({ keychain, network, desktop }: Snapshot, redactor: Redactor): readonly string[] {
  const trouble = keychain.kind === 'locked' || keychain.kind === 'absent' ? keychain.failure : null;
  return [
    `Keychain: ${keychain.kind}${'name' in keychain ? ` (${redactor.text(keychain.name)})` : ''}${because(trouble, redactor)}`,
    `Network: ${network.online ? 'online' : 'offline'}`,
    ...(desktop ? desktopLines(desktop, redactor) : ['Desktop: none, plain Node']),
  ];
}

function desktopLines({ loginItem, tray, updates }: DesktopView, redactor: Redactor): readonly string[] {
  return Object.entries({ 'Start at login': loginItem, Tray: tray, Updates: updates }).map(([name, view]) => {
    const { kind, ...more } = view as { kind: string; failure?: Failure };
    const { failure = null, ...plain } = more;
    const values = Object.entries(plain).map(([key, value]) => `, ${key} ${String(value)}`);
    return `${name}: ${kind}${values.join('')}${because(failure, redactor)}`;
  });
}

const because = (failure: Failure | null, redactor: Redactor) =>
  failure === null ? '' : `: ${failureLines(failure, redactor).join(' ')}`;

function failureLines(failure: Failure, redactor: Redactor): readonly string[] {
  const { code, message, hint, detail, fields = [] } = failure;
  const words = [message, hint, detail, ...fields.map((each) => `${each.path}: ${each.message}`)];
  return [`${code}: ${redactor.text(words.filter(Boolean).join(' | '))}`];
}

function serverSection(server: ServerView, parts: ReportParts): string {
  const { profile, connection, secrets } = server;
  const { redactor, nowMs } = parts;
  const { address, port, user, login, wanted, demo } = profile;
  const where = `${demo ? user : redactor.of('user', user)}@${redactor.of('host', address)}`;
  const kept = secrets.map((each) => `${each.kind} in ${each.keptIn === 'run' ? 'memory' : 'the keychain'}`);
  return section(`Server ${nameOf(profile, redactor)}`, [
    `${where}, ${addressKind(address)}, port ${String(port)}, login: ${loginWords(login, redactor)}`,
    `Wanted: ${yesNo(wanted)}. Secrets kept: ${kept.join(', ') || 'none'}`,
    `Connection: ${connectionWords(connection, nowMs, redactor)}`,
    ...profile.forwards.map((forward) => forwardLine(forward, server.forwards, profile, parts)),
  ]);
}

const nameOf = ({ name, demo }: ServerProfile, redactor: Redactor) => (demo ? 'demo' : redactor.of('server', name));

const yesNo = (value: boolean) => (value ? 'yes' : 'no');

function addressKind(address: string): string {
  if (isPublic(address)) return 'this machine';
  if (address.includes(':')) return 'IPv6';
  return /^[\d.]+$/.test(address) ? 'IPv4' : 'by name';
}

const loginWords = (login: Login, redactor: Redactor) =>
  login.kind === 'key' ? `key ${isUsualKey(login.path) ? login.path : redactor.of('key', login.path)}` : login.kind;

function connectionWords(connection: ConnectionState, nowMs: number, redactor: Redactor): string {
  const { kind } = connection;
  if (kind === 'off') return kind;
  const since = `${kind} for ${describeDuration(nowMs - connection.sinceMs)}`;
  switch (kind) {
    case 'connecting':
      return `${since}, ${connection.step}, try ${String(connection.attempt)}`;
    case 'up':
      return `${since}, ${redactor.text(connection.software)}, ${connection.cipher}, latency ${String(connection.latencyMs)} ms`;
    case 'waiting':
      return `${since}, try ${String(connection.attempt)}${because(connection.failure, redactor)}`;
    case 'needs-you':
      return since;
    case 'failed':
      return `${since}${because(connection.failure, redactor)}`;
    default:
      return connection satisfies never;
  }
}

function forwardLine(
  { id, label, service, bind, target, wanted }: Forward,
  views: readonly ForwardView[],
  { wanted: serverWanted, demo }: ServerProfile,
  { redactor }: ReportParts,
): string {
  const view = views.find((each) => each.forwardId === id);
  const name = isPresetLabel(label) || demo ? label : redactor.of('tunnel', label);
  const way = `${bind.address}:${String(bind.port)}${bind.alsoIpv6 ? ' and ::1' : ''} → ${redactor.of('host', target.host)}:${String(target.port)}`;
  const on = wanted && serverWanted ? 'on' : 'off';
  const traffic = view && `${String(view.traffic.clients)} clients, ${String(view.traffic.held)} held`;
  return [
    `Tunnel ${name} (${service}) ${way}, turned ${on}`,
    view ? forwardWords(view.state, redactor) : 'unknown',
    view && serviceWords(view),
    traffic,
    view && describeTraffic(view.traffic),
  ]
    .filter(Boolean)
    .join(', ');
}

/** Links by name only: their words hold names and addresses. */
function serviceWords({ service }: ForwardView): string {
  if (service === null) return '';
  const parts = (['port', 'service', 'login', 'health'] as const).map((link) => `${link} ${service[link].state}`);
  return `found ${service.kind ?? 'nothing known'} (${parts.join(', ')})`;
}

function forwardWords(state: ForwardState, redactor: Redactor): string {
  switch (state.kind) {
    case 'off':
    case 'starting':
    case 'holding':
      return state.kind;
    case 'up':
      return state.checked ? 'up' : 'up, not checked yet';
    case 'target-failed':
    case 'port-taken':
    case 'failed':
      return `${state.kind}${because(state.failure, redactor)}`;
    default:
      return state satisfies never;
  }
}

function whose(serverId: string | null, { snapshot, redactor }: ReportParts): string {
  if (serverId === null) return 'Mooring';
  const server = snapshot.servers.find((each) => each.profile.id === serverId);
  return server ? nameOf(server.profile, redactor) : 'removed server';
}

/** As many of the newest lines as there is room for. */
function newestLines(entries: readonly LogEntry[], parts: ReportParts, room: number): string {
  const lines: string[] = [];
  let length = 0;
  for (const entry of entries.toReversed()) {
    const line = logLine(entry, parts);
    length += line.length + 1;
    if (length > room) break;
    lines.unshift(line);
  }
  return lines.map((each) => `${each}\n`).join('');
}

/** Indented, so that no line can end the block that it stands in. */
function logLine({ timeMs, level, serverId, message }: LogEntry, parts: ReportParts): string {
  const words = parts.redactor.text(sayable(message, serverId, parts.snapshot));
  const short = words.length > longestLine ? `${words.slice(0, longestLine)} …` : words;
  return `    ${isoTime(timeMs)} ${level} ${whose(serverId, parts)}: ${short}`;
}

/** A server's own words are about anything, and what a removed server was called is no longer known. */
function sayable(message: string, serverId: string | null, { servers }: Snapshot): string {
  if (serverId !== null && !servers.some((each) => each.profile.id === serverId)) return '(left out)';
  return message.replace(/^(The server says: )[\s\S]*/, '$1(left out)');
}
