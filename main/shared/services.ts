/**
 * The truth behind a port, as a chain from this machine to the service: each link with its state in words, why, and what
 * mends it, as data. Window, command line and tray show the same. Pure.
 */
import { failureLine, type Failure } from './failure.ts';
import type { Fix } from './fixes.ts';
import { formatEndpoint, type Forward, type ForwardDraft, type ServiceKind } from './forward.ts';
import type { ConnectionState, ForwardView } from './snapshot.ts';

export const linkNames = ['listening', 'ssh', 'port', 'service', 'login', 'health'] as const;
export type LinkName = (typeof linkNames)[number];

/**
 * `unknown`: can't be known, since an earlier link is broken or nobody has asked, or needs a person to be known.
 * `warning`: it works, but for what the words say.
 */
export type LinkState = 'ok' | 'working' | 'unknown' | 'warning' | 'failed' | 'off';

interface Said {
  /** What is true, short: `MLflow 3.17.2`. */
  readonly words: string;
  /** What to do, or why; null where there is nothing to add. */
  readonly reason: string | null;
  /** The likeliest first. */
  readonly fixes: readonly Fix[];
  /** As {@link Failure.isMendedThere}, of the reason. */
  readonly isMendedThere?: boolean;
}

export interface ChainLink extends Said {
  readonly name: LinkName;
  readonly state: LinkState;
}

/** What an answer says of one link. */
export interface Judged extends Said {
  readonly state: 'ok' | 'unknown' | 'warning' | 'failed';
}

/** What was found behind a forward when it was last asked. */
export interface ServiceView {
  readonly checkedMs: number;
  /** From asking to the first byte of the answer; null: none came. */
  readonly latencyMs: number | null;
  /** What answers, as far as it can be told. */
  readonly kind: ServiceKind | null;
  /** `MLflow 3.17.2`; null where it is not told. */
  readonly product: string | null;
  /** Whether the server reaches the target. */
  readonly port: Judged;
  readonly service: Judged;
  readonly login: Judged;
  readonly health: Judged;
  /** What is good to know and breaks nothing. */
  readonly notes: readonly string[];
}

/** Something that listens on a server. */
export interface FoundPort {
  /** Where the server itself reaches it. */
  readonly host: string;
  readonly port: number;
  /** Or its systemd unit; null where neither is told. */
  readonly program: string | null;
  /** Others than the server itself may reach it, unless a firewall is in between. */
  readonly isOpen: boolean;
  readonly kind: ServiceKind | null;
  readonly product: string | null;
  readonly words: string;
  readonly isBroken: boolean;
  /** Of a forward that leads there already. */
  readonly forwardId: string | null;
  /** What a forward to it could be, with a local port that is free; null where there is one. */
  readonly draft: ForwardDraft | null;
}

/** Something that did not listen when it was looked before. */
export interface NewPort {
  readonly port: number;
  readonly program: string | null;
  readonly sinceMs: number;
}

/** Programs of this machine that are connected to a forward. */
export interface ForwardClient {
  /** Null where the system does not tell. */
  readonly pid: number | null;
  readonly program: string | null;
  readonly connections: number;
}

/** Of the last minutes, the oldest first; one for each piece of time in which somebody looked. */
export interface ForwardHistory {
  readonly everyMs: number;
  readonly samples: readonly HistorySample[];
}

export interface HistorySample {
  readonly timeMs: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Of a probe in this time; null: there was none. */
  readonly probeMs: number | null;
}

const link = (
  name: LinkName,
  state: LinkState,
  words: string,
  reason: string | null = null,
  fixes: readonly Fix[] = [],
): ChainLink => ({ name, state, words, reason, fixes });

const notKnown = (name: LinkName): ChainLink => link(name, 'unknown', 'not known yet');
const unknownFrom = (first: LinkName): readonly ChainLink[] => linkNames.slice(linkNames.indexOf(first)).map(notKnown);

/** All six links. What lies behind a broken one is unknown: it can’t be told. */
export function chain(forward: Forward, view: ForwardView, connection: ConnectionState): readonly ChainLink[] {
  const here = formatEndpoint(forward.bind.address, forward.bind.port);
  const { state } = view;
  switch (state.kind) {
    case 'off':
      return linkNames.map((name) =>
        name === 'listening' ? link(name, 'off', 'off', null, [{ kind: 'turn-on' }]) : link(name, 'off', 'off'),
      );
    case 'starting':
      return [link('listening', 'working', `taking ${here}`), ...unknownFrom('ssh')];
    case 'port-taken': {
      const use = state.freePort === null ? [] : [{ kind: 'use-port', port: state.freePort } as const];
      const fixes: readonly Fix[] = [...use, { kind: 'retry' }];
      const { failure } = state;
      return [link('listening', 'failed', failureLine(failure), failure.hint ?? null, fixes), ...unknownFrom('ssh')];
    }
    case 'failed': {
      const fixes: readonly Fix[] = [{ kind: 'edit-tunnel' }, { kind: 'retry' }];
      return [
        link('listening', 'failed', failureLine(state.failure), state.failure.hint ?? null, fixes),
        ...unknownFrom('ssh'),
      ];
    }
    case 'holding':
      return [link('listening', 'ok', here), sshLink(connection), ...unknownFrom('port')];
    case 'target-failed':
      return [
        link('listening', 'ok', here),
        sshLink(connection),
        { name: 'port', ...targetLink(state.failure) },
        ...unknownFrom('service'),
      ];
    case 'up':
      return [
        link('listening', 'ok', here),
        sshLink(connection),
        view.service !== null
          ? { name: 'port', ...view.service.port }
          : state.checked
            ? link('port', 'ok', formatEndpoint(forward.target.host, forward.target.port))
            : link('port', 'working', 'being tried'),
        ...serviceLinks(view.service),
      ];
    default:
      return state satisfies never;
  }
}

/** The port on the server, which the server can’t reach. */
export const targetLink = (failure: Failure): Judged => ({
  state: 'failed',
  words: failureLine(failure),
  reason: failure.hint ?? null,
  fixes: [
    { kind: 'retry' },
    { kind: 'edit-tunnel' },
    ...(failure.code === 'target-refused' ? [{ kind: 'open-setup' } as const] : []),
  ],
  ...(failure.isMendedThere === true ? { isMendedThere: true } : {}),
});

function sshLink(connection: ConnectionState): ChainLink {
  switch (connection.kind) {
    case 'up':
      return link('ssh', 'ok', 'connected');
    case 'connecting':
      return link('ssh', 'working', 'connecting');
    case 'waiting':
      return link('ssh', 'working', failureLine(connection.failure), connection.failure.hint ?? null, [
        { kind: 'connect' },
      ]);
    case 'needs-you':
      return link('ssh', 'working', 'waits for your answer');
    case 'failed': {
      const { failure } = connection;
      return link('ssh', 'failed', failureLine(failure), failure.hint ?? null, [
        { kind: 'connect' },
        { kind: 'open-doctor' },
      ]);
    }
    case 'off':
      return link('ssh', 'off', 'off', null, [{ kind: 'connect' }]);
    default:
      return connection satisfies never;
  }
}

function serviceLinks(service: ServiceView | null): readonly ChainLink[] {
  if (service === null) return unknownFrom('service');
  return (['service', 'login', 'health'] as const).map((name) => ({ name, ...service[name] }));
}

/** The first link that is broken; null: none is. */
export const brokenLink = (links: readonly ChainLink[]): ChainLink | null =>
  links.find((each) => each.state === 'failed') ?? null;

/** The link to be told of: the first that is broken, else the first that is not as it should be; null: none. */
export const troubledLink = (links: readonly ChainLink[]): ChainLink | null =>
  brokenLink(links) ?? links.find((each) => each.state === 'warning') ?? null;

/** Whether what answers behind a forward is not as it should be. */
export const isServiceBroken = (service: ServiceView | null): boolean => brokenPart(service) !== null;

/** The first broken link of those that an answer tells. */
export const brokenPart = (service: ServiceView | null): Judged | null => partIn(service, 'failed');

/** The first that works but for something, as when one of the names for it is refused. */
export const warnedPart = (service: ServiceView | null): Judged | null => partIn(service, 'warning');

/** The link to be told of. */
export const troubledPart = (service: ServiceView | null): Judged | null => brokenPart(service) ?? warnedPart(service);

const partIn = (service: ServiceView | null, state: Judged['state']): Judged | null =>
  service === null
    ? null
    : ([service.port, service.service, service.login, service.health].find((each) => each.state === state) ?? null);

/** `MLflow 3.17.2 · 12 ms`, for a forward with nothing broken; empty before anybody asked. */
export function describeService(service: ServiceView | null): string {
  if (service === null) return '';
  return [service.product, describeLatency(service.latencyMs)].filter(Boolean).join(' · ');
}

/** `12 ms`, `1.2 s`; empty for null. */
export function describeLatency(latencyMs: number | null): string {
  if (latencyMs === null) return '';
  return latencyMs < 1_000 ? `${String(Math.max(1, Math.round(latencyMs)))} ms` : `${(latencyMs / 1_000).toFixed(1)} s`;
}

/** As part of a sentence. */
export const serviceNames: Record<ServiceKind, string> = {
  mlflow: 'MLflow',
  s3: 'an S3 store',
  's3-console': 'a store’s console',
  postgres: 'PostgreSQL',
  jupyter: 'Jupyter',
  grafana: 'Grafana',
  prometheus: 'Prometheus',
  http: 'a web page',
  tcp: 'another service',
};

export const linkWords: Record<LinkName, string> = {
  listening: 'listening',
  ssh: 'ssh',
  port: 'remote port',
  service: 'right service',
  login: 'signed in',
  health: 'healthy',
};

export const linkStateWords: Record<LinkState, string> = {
  ok: 'well',
  working: 'working on it',
  unknown: 'not known',
  warning: 'works, with a warning',
  failed: 'broken',
  off: 'off',
};
