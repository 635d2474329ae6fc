/** A server that is connected: what commands begin with that need one. */
import { failure, type Failure } from '../../shared/failure.ts';
import { describeTook } from '../../shared/setup/setup-words.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { CommandFailure } from '../exit-codes.ts';
import { promptLine, promptSource } from '../terminal/prompt-words.ts';
import { needsYou } from './asking.ts';
import type { Context } from './context.ts';
import { findServer } from './find.ts';
import { patienceMs, type PatienceOption } from './patience.ts';
import { serversOf, waitForServers } from './wait-for-servers.ts';

/** Connects it where it is not, as `mooring up` does, with its questions asked here. Ends the command if that fails. */
export async function connectedServer(
  context: Context,
  session: Session,
  typed: string,
  options: PatienceOption = {},
): Promise<ServerView> {
  const view = findServer(await session.snapshot(), typed);
  const { profile, connection } = view;
  const serverId = profile.id;
  if (connection.kind === 'up') return view;
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
    result.kind === 'interrupted' ? leftWaiting(profile.name) : whyNotUp(profile.name, now ?? null, limitMs),
  );
}

const leftWaiting = (name: string): Failure =>
  failure('cancelled', `Stopped waiting for ${name}; Mooring goes on trying.`, {
    hint: `Stop that as well: mooring down ${quoted(name)}`,
  });

/** `server` null: it is no longer there. */
function whyNotUp(name: string, server: ServerView | null, limitMs: number): Failure {
  if (server === null) return failure('not-found', `${name} was removed meanwhile.`);
  const { profile, connection } = server;
  if (!profile.wanted) {
    return failure('cancelled', `${name} was switched off meanwhile.`, {
      hint: `Switch it on again: mooring up ${quoted(name)}`,
    });
  }
  const within = `${name} did not come up within ${describeTook(limitMs)}`;
  if (connection.kind === 'failed') {
    return { ...connection.failure, message: `${name}: ${connection.failure.message}` };
  }
  if (connection.kind === 'waiting') {
    return { ...connection.failure, message: `${within}: ${connection.failure.message}` };
  }
  return failure('timed-out', `${within}; Mooring goes on trying.`, {
    hint: `See how it goes: mooring status ${quoted(name)}`,
  });
}
