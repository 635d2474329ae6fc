/** What stands in the way of clients that use an environment now, and what is good to know about it. */
import type { EnvRemark } from '../../shared/environment/environment.ts';
import { withStop } from '../../shared/sentence.ts';
import type { Judged } from '../../shared/services.ts';
import type { Forward } from '../../shared/forward.ts';
import type { InstalledStack, Stack } from '../../shared/setup/stack.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { localAddress } from '../../shared/words.ts';

export interface Remarked {
  /** The forwards that the variables name. */
  readonly used: readonly Forward[];
  readonly installed: InstalledStack | undefined;
  readonly stack: Stack | null;
  readonly mlflow: Forward | undefined;
  readonly throughProxy: boolean;
}

const remark = (
  level: EnvRemark['level'],
  message: string,
  hint: string | null,
  fix: EnvRemark['fix'] = null,
): EnvRemark => ({ level, message, hint, fix });

export function remarksOn(
  server: Pick<ServerView, 'profile' | 'forwards' | 'connection'>,
  { used, installed, stack, mlflow, throughProxy }: Remarked,
): readonly EnvRemark[] {
  const { profile } = server;
  const missing =
    stack?.mlflow && !mlflow
      ? [remark('trouble', 'There is no tunnel to MLflow.', 'Set it up again, which makes its tunnel, or add one.')]
      : [];
  const store =
    stack?.storage && !used.some(({ service }) => service === 's3')
      ? [
          remark(
            stack.mlflow ? 'note' : 'trouble',
            'There is no tunnel to the store, so that its keys are left out.',
            `Add one to port ${String(stack.storage.port)} on the Tunnels page.`,
          ),
        ]
      : [];
  const unfinished =
    installed?.complete === false
      ? [remark('trouble', `${installed.environment} was not set up to its end.`, 'Go on with setting it up first.')]
      : [];
  const login =
    installed?.adminUser === null && stack?.mlflow?.login
      ? [
          remark(
            'note',
            'If this MLflow asks for a login: its user and password are not known here.',
            'Adopt it on the Setup page.',
          ),
        ]
      : [];
  const proxy = throughProxy
    ? [
        remark(
          'note',
          'A proxy is set on this machine (HTTP_PROXY): NO_PROXY keeps it away from the tunnels.',
          'Shells that have a NO_PROXY of their own lose what it says beyond this one.',
        ),
      ]
    : [];
  return [
    ...unfinished,
    ...missing,
    ...store,
    ...(used.length === 0 ? [] : away(server)),
    ...used.flatMap((each) => off(server, each, profile.wanted)),
    ...login,
    ...proxy,
  ];
}

/** The server as a whole. */
function away({ profile, connection }: Pick<ServerView, 'profile' | 'connection'>): readonly EnvRemark[] {
  switch (connection.kind) {
    case 'up':
      return [];
    case 'off':
      return [
        remark('trouble', `${profile.name} is off: nothing answers at these ports.`, 'Connect it first.', {
          kind: 'connect',
        }),
      ];
    case 'connecting':
      return [remark('note', `${profile.name} is connecting: programs wait for it.`, null)];
    case 'needs-you':
      return [remark('trouble', `${profile.name} needs you.`, 'Answer its question.')];
    case 'waiting':
    case 'failed':
      return [remark('trouble', connection.failure.message, connection.failure.hint ?? null)];
    default:
      return connection satisfies never;
  }
}

const isFailed = ({ state }: Judged): boolean => state === 'failed';

/** One tunnel, and what was found behind it. */
function off(
  { forwards }: Pick<ServerView, 'forwards'>,
  forward: Forward,
  serverWanted: boolean,
): readonly EnvRemark[] {
  const view = forwards.find((each) => each.forwardId === forward.id);
  const state = view?.state;
  switch (state?.kind) {
    case undefined:
    case 'off':
      // Said of the server already.
      if (!serverWanted) return [];
      return [
        remark(
          'trouble',
          `The tunnel ${forward.label} is off: nothing answers at ${localAddress(forward)}.`,
          'Turn it on.',
          {
            kind: 'turn-on',
            forwardId: forward.id,
          },
        ),
      ];
    case 'port-taken':
    case 'failed':
    case 'target-failed':
      return [remark('trouble', `${forward.label}: ${state.failure.message}`, state.failure.hint ?? null)];
    case 'starting':
    case 'holding':
      return [];
    case 'up': {
      const { service } = view ?? {};
      const broken = service && [service.port, service.service, service.login, service.health].find(isFailed);
      return broken ? [remark('trouble', `${forward.label}: ${withStop(broken.words)}`, broken.reason)] : [];
    }
    default:
      return state satisfies never;
  }
}
