/** A server that is connected, and which of its stacks is meant: what every command of setup begins with. */
import { failure, type Failure } from '../../shared/failure.ts';
import { describeTook } from '../../shared/setup/setup-words.ts';
import { whichStack, type Candidate, type WhichStack } from '../../shared/setup/which-stack.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';
import { answerCommand, promptLine, promptSource } from '../terminal/prompt-words.ts';
import type { Context } from './context.ts';
import { findServer, quote } from './find.ts';
import { patienceMs, type PatienceOption } from './patience.ts';
import { serversOf, waitForServers } from './wait-for-servers.ts';

/** Connects it where it is not, as `mooring up` does, with its questions asked here. Ends the command if that fails. */
export async function connectedServer(
  context: Context,
  session: Session,
  typed: string,
  options: PatienceOption = {},
): Promise<ServerView> {
  const { profile, connection } = findServer(await session.snapshot(), typed);
  const serverId = profile.id;
  if (connection.kind === 'up') return findServer(await session.snapshot(), serverId);
  if (!profile.wanted) await session.call('wanted.set', { serverId, on: true });
  else if (connection.kind === 'failed' || connection.kind === 'waiting') {
    await session.call('connection.retry', { serverId });
  }
  const limitMs = patienceMs(context, options);
  const result = await waitForServers(context, session, [serverId], limitMs);
  if (result.kind === 'gone') throw new CommandFailure(failure('unreachable', 'Mooring ended meanwhile.'));
  if (result.kind === 'needs-you') {
    const [prompt] = result.prompts;
    if (prompt) throw needsYou(`${promptSource(result.snapshot, prompt)} needs you. ${promptLine(prompt)}`, prompt);
  }
  const [now] = result.snapshot ? serversOf(result.snapshot, [serverId]) : [];
  if (now?.connection.kind === 'up') return now;
  throw new CommandFailure(
    result.kind === 'interrupted' ? leftWaiting(profile.name) : whyNotUp(profile.name, now, limitMs),
  );
}

/** Ends a command that nobody sits before, with the way to answer. */
export function needsYou(message: string, prompt: Parameters<typeof answerCommand>[0]): CommandFailure {
  return new CommandFailure(
    failure('needs-you', message, { hint: `Answer with: ${answerCommand(prompt)}` }),
    exitCodes.needsYou,
  );
}

const leftWaiting = (name: string): Failure =>
  failure('cancelled', `Stopped waiting for ${name}; Mooring goes on trying.`, {
    hint: `Stop that as well: mooring down ${quote(name)}`,
  });

function whyNotUp(name: string, server: ServerView | undefined, limitMs: number): Failure {
  const { connection } = server ?? {};
  const within = `${name} did not come up within ${describeTook(limitMs)}`;
  if (connection?.kind === 'failed') {
    return { ...connection.failure, message: `${name}: ${connection.failure.message}` };
  }
  if (connection?.kind === 'waiting') {
    return { ...connection.failure, message: `${within}: ${connection.failure.message}` };
  }
  return failure('timed-out', `${within}; Mooring goes on trying.`, {
    hint: `See how it goes: mooring status ${quote(name)}`,
  });
}

/** The stack that is meant among those there are, as `whichStack` has it. Ends the command where that is none. */
export function pickStack(serverName: string, stacks: readonly Candidate[], typed: string | undefined): string {
  const which = whichStack(stacks, typed);
  if (which.kind === 'this') return which.environment;
  throw noStack(serverName, which, typed);
}

/** Why none is meant, and how to say which. */
export function noStack(
  serverName: string,
  which: Exclude<WhichStack, { kind: 'this' }>,
  typed: string | undefined,
): CommandFailure {
  switch (which.kind) {
    case 'none':
      return wrongUse(
        `Mooring knows of no stack on ${serverName}.`,
        `See what is there: mooring setup history ${quote(serverName)}`,
        'not-found',
      );
    case 'unfinished':
      return new CommandFailure(
        failure('conflict', `${unfinishedWords(which.environments)} on ${serverName} was not set up to its end.`, {
          hint: `Go on with it: mooring setup ${quote(serverName)} --resume`,
        }),
      );
    case 'unknown':
      return wrongUse(
        `${serverName} has no stack ${typed ?? ''}.`,
        suggest(typed ?? '', which.environments, ''),
        'not-found',
      );
    case 'several':
      return wrongUse(
        `Say which stack of ${serverName}: --environment NAME`,
        `There is: ${which.environments.join(', ')}`,
      );
    default:
      return which satisfies never;
  }
}

const unfinishedWords = (environments: readonly string[]): string =>
  environments.length === 1 ? (environments[0] ?? '') : `None of ${environments.join(', ')}`;

/** As an argument where it is not the usual one. */
export const environmentOption = (environment: string): string =>
  environment === 'main' ? '' : ` --environment ${quote(environment)}`;

/** Ends a command that would ask where nobody can answer. */
export function mustBeAsked({ terminal }: Context): void {
  if (terminal.interactive) return;
  throw wrongUse('Nobody sits at this terminal to be asked.', 'Look at what it would do, then add --yes');
}

/** Asks for yes or no; anything but yes is no. Ends the command when nobody can be asked. */
export async function confirmed(context: Context, question: string): Promise<boolean> {
  mustBeAsked(context);
  const typed = await context.terminal.ask(`${question} [y/N] `, { echo: true });
  return /^y(es)?$/i.test(typed?.trim() ?? '');
}

export const cancelled = (message: string): CommandFailure => new CommandFailure({ code: 'cancelled', message });
