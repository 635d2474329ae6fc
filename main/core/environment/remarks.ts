/** What stands in the way of clients that use an environment now, and what is good to know about it. */
import type { EnvRemark } from '../../shared/environment/environment.ts';
import type { Failure } from '../../shared/failure.ts';
import { withStop } from '../../shared/sentence.ts';
import { quoted } from '../../shared/shell-words.ts';
import { brokenPart } from '../../shared/services.ts';
import { adoptCommand } from '../../shared/setup/password-words.ts';
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
  { commandHint = null, fix = null }: Partial<Pick<EnvRemark, 'commandHint' | 'fix'>> = {},
): EnvRemark => ({ level, message, hint, commandHint, fix });

/** `what`: what the failure is of, in front of it. */
export const remarkOfFailure = ({ message, hint, commandHint }: Failure, what = ''): EnvRemark =>
  remark('trouble', `${what}${message}`, hint ?? null, { commandHint: commandHint ?? null });

export function remarksOn(
  server: Pick<ServerView, 'profile' | 'forwards' | 'connection'>,
  { used, installed, stack, mlflow, throughProxy }: Remarked,
): readonly EnvRemark[] {
  const { profile } = server;
  const missing =
    stack?.mlflow && !mlflow
      ? [
          remark('trouble', 'There is no tunnel to MLflow.', 'Set it up again, which makes its tunnel, or add one.', {
            commandHint: `Add one: ${addMlflowCommand(profile, stack.mlflow.port)}`,
          }),
        ]
      : [];
  const store =
    stack?.storage && !used.some(({ service }) => service === 's3')
      ? [
          remark(
            stack.mlflow ? 'note' : 'trouble',
            'There is no tunnel to the store, so that its keys are left out.',
            `Add one to port ${String(stack.storage.port)} on the Tunnels page.`,
            {
              commandHint: `Add one: mooring forward add ${quoted(profile.name)} ${String(stack.storage.port)}:127.0.0.1:${String(stack.storage.port)} --service s3`,
            },
          ),
        ]
      : [];
  const unfinished =
    installed?.complete === false
      ? [
          remark('trouble', `${installed.environment} was not set up to its end.`, 'Go on with setting it up first.', {
            commandHint: `Go on with setting it up first: mooring setup ${quoted(profile.name)} --resume`,
          }),
        ]
      : [];
  const login =
    installed?.adminUser === null && stack?.mlflow?.login
      ? [
          remark(
            'note',
            'If this MLflow asks for a login: its user and password are not known here.',
            'Adopt it on the Setup page.',
            { commandHint: `Adopt it: ${adoptCommand(profile.name, installed.environment)}` },
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
    ...used.flatMap((each) => off(server, each)),
    ...login,
    ...proxy,
  ];
}

/** A port here that no tunnel of the server has; 5000 is AirPlay’s on most Macs. */
function addMlflowCommand({ name, forwards }: ServerView['profile'], port: number): string {
  const taken = forwards.map(({ bind }) => bind.port);
  let here = port === 5000 ? 5001 : port;
  while (taken.includes(here)) here += 1;
  return `mooring forward add ${quoted(name)} ${String(here)}:127.0.0.1:${String(port)} --service mlflow`;
}

/** The server as a whole. */
function away({ profile, connection }: Pick<ServerView, 'profile' | 'connection'>): readonly EnvRemark[] {
  switch (connection.kind) {
    case 'up':
      return [];
    case 'off':
      return [
        remark('trouble', `${profile.name} is off: nothing answers at these ports.`, 'Connect it first.', {
          fix: { kind: 'connect' },
          commandHint: `Connect it first: mooring up ${quoted(profile.name)}`,
        }),
      ];
    case 'connecting':
      return [remark('note', `${profile.name} is connecting: programs wait for it.`, null)];
    case 'needs-you':
      return [remark('trouble', `${profile.name} needs you.`, 'Answer its question.')];
    case 'waiting':
    case 'failed':
      return [remarkOfFailure(connection.failure)];
    default:
      return connection satisfies never;
  }
}

/** One tunnel, and what was found behind it. */
function off({ profile, forwards }: Pick<ServerView, 'profile' | 'forwards'>, forward: Forward): readonly EnvRemark[] {
  const view = forwards.find((each) => each.forwardId === forward.id);
  const state = view?.state;
  switch (state?.kind) {
    case undefined:
    case 'off':
      // Said of the server already.
      if (!profile.wanted) return [];
      return [
        remark(
          'trouble',
          `The tunnel ${forward.label} is off: nothing answers at ${localAddress(forward)}.`,
          'Turn it on.',
          {
            fix: { kind: 'turn-on', forwardId: forward.id },
            commandHint: `Turn it on: mooring up ${quoted(`${profile.name}/${forward.label}`)}`,
          },
        ),
      ];
    case 'port-taken':
    case 'failed':
    case 'target-failed':
      return [remarkOfFailure(state.failure, `${forward.label}: `)];
    case 'starting':
    case 'holding':
      return [];
    case 'up': {
      const broken = brokenPart(view?.service ?? null);
      return broken ? [remark('trouble', `${forward.label}: ${withStop(broken.words)}`, broken.reason)] : [];
    }
    default:
      return state satisfies never;
  }
}
