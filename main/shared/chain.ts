/**
 * The truth behind a port, as a chain from this machine to the service: each link with its state in words, why, and what
 * mends it, as data. Window, command line and tray show the same. Pure.
 */
import { failureLine, type Failure } from './failure.ts';
import type { Fix } from './fixes.ts';
import { formatEndpoint, type Forward } from './forward.ts';
import type { Judged, ServiceView } from './services.ts';
import type { ConnectionState, ForwardView } from './snapshot.ts';

export const linkNames = ['listening', 'ssh', 'port', 'service', 'login', 'health'] as const;
export type LinkName = (typeof linkNames)[number];

/**
 * `unknown`: can't be known, since an earlier link is broken or nobody has asked, or needs a person to be known.
 * `warning`: it works, but for what the words say.
 */
export type LinkState = 'ok' | 'working' | 'unknown' | 'warning' | 'failed' | 'off';

export interface ChainLink extends Omit<Judged, 'state'> {
  readonly name: LinkName;
  readonly state: LinkState;
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
  ...(failure.commandHint === undefined ? {} : { commandReason: failure.commandHint }),
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
