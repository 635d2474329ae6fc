/** A server that is connected, and which of its stacks is meant: what every command of setup begins with. */
import { failure } from '../../shared/failure.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { suggest } from '../terminal/near-names.ts';
import { answerCommand, promptLine, promptSource } from '../terminal/prompt-words.ts';
import type { Context } from './context.ts';
import { findServer, quote } from './find.ts';
import { serversOf, waitForServers } from './wait-for-servers.ts';

const patienceMs = 60_000;

/** Connects it where it is not, as `mooring up` does, with its questions asked here. Ends the command if that fails. */
export async function connectedServer(context: Context, session: Session, typed: string): Promise<ServerView> {
  const { profile, connection } = findServer(await session.snapshot(), typed);
  const serverId = profile.id;
  if (connection.kind !== 'up') {
    if (!profile.wanted) await session.call('wanted.set', { serverId, on: true });
    else if (connection.kind === 'failed' || connection.kind === 'waiting') {
      await session.call('connection.retry', { serverId });
    }
    const result = await waitForServers(context, session, [serverId], patienceMs);
    if (result.kind === 'gone') throw new CommandFailure(failure('unreachable', 'Mooring ended meanwhile.'));
    if (result.kind === 'needs-you') {
      const [prompt] = result.prompts;
      if (prompt) throw needsYou(`${promptSource(result.snapshot, prompt)} needs you. ${promptLine(prompt)}`, prompt);
    }
    const [now] = result.snapshot ? serversOf(result.snapshot, [serverId]) : [];
    if (now?.connection.kind !== 'up') throw new CommandFailure(whyNotUp(profile.name, now));
    return now;
  }
  return findServer(await session.snapshot(), serverId);
}

/** Ends a command that nobody sits before, with the way to answer. */
export function needsYou(message: string, prompt: Parameters<typeof answerCommand>[0]): CommandFailure {
  return new CommandFailure(
    failure('needs-you', message, { hint: `Answer with: ${answerCommand(prompt)}` }),
    exitCodes.needsYou,
  );
}

function whyNotUp(name: string, server: ServerView | undefined) {
  const { connection } = server ?? {};
  if (connection?.kind === 'failed' || connection?.kind === 'waiting') {
    return { ...connection.failure, message: `${name}: ${connection.failure.message}` };
  }
  return failure('timed-out', `${name} is not connected yet; Mooring goes on trying.`, {
    hint: `See how it goes: mooring status ${quote(name)}`,
  });
}

/** The stack that is meant among those there are: the one typed, the only one, or `main`. */
export function pickEnvironment(
  serverName: string,
  environments: readonly string[],
  typed: string | undefined,
): string {
  const [first] = environments;
  if (typed !== undefined && environments.includes(typed)) return typed;
  if (first === undefined) {
    throw wrongUse(
      `Mooring knows of no stack on ${serverName}.`,
      `See what is there: mooring setup history ${quote(serverName)}`,
      'not-found',
    );
  }
  if (typed !== undefined) {
    throw wrongUse(`${serverName} has no stack ${typed}.`, suggest(typed, environments, ''), 'not-found');
  }
  if (environments.length === 1) return first;
  if (environments.includes('main')) return 'main';
  throw wrongUse(`Say which stack of ${serverName}: --environment NAME`, `There is: ${environments.join(', ')}`);
}

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
