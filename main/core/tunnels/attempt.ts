/** One try to connect, from dialling to its end, and what a wake means for it. */
import { failure, type Failure } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Settings } from '../../shared/settings.ts';
import type { ConnectionState } from '../../shared/snapshot.ts';
import type { EngineCommand } from '../engine.ts';
import type { Failures } from './comeback.ts';
import type { LoginConversation } from './login.ts';

export interface Attempt {
  readonly id: string;
  readonly login: LoginConversation;
  /** Set when the attempt must end in this failure, whatever the engine says when it closes. */
  verdict: Failure | null;
  /** The question it waits for; at most one at a time. */
  openPromptId: string | null;
  /** The link went while a question was open: the answer serves the next attempt. */
  linkLost: boolean;
}

export const newAttempt = (id: string, login: LoginConversation): Attempt => ({
  id,
  login,
  verdict: null,
  openPromptId: null,
  linkLost: false,
});

const dialTimeoutMs = 10_000;

export const connectCommand = (
  connectionId: string,
  { address, port, user }: ServerProfile,
  { deadLinkSeconds }: Settings,
  hostKeyTypes: readonly string[],
): EngineCommand => ({
  kind: 'connect',
  connectionId,
  host: address,
  port,
  user,
  timeoutMs: dialTimeoutMs,
  deadAfterMs: deadLinkSeconds * 1000,
  hostKeyTypes,
});

/** After a wake, the server has this long for its word on a login that was sent before. */
export const verdictTimeoutMs = 15_000;

/** `dial`: instead of whatever is under way. */
export type WakeAction = 'check-link' | 'dial' | 'await-verdict' | 'none';

/** What to do when the laptop woke or its network changed. */
export function decideWake(
  state: ConnectionState['kind'],
  failures: Failures,
  login: Pick<LoginConversation, 'asked' | 'awaitsVerdict'> | null,
): WakeAction {
  switch (state) {
    case 'up':
      return 'check-link';
    case 'waiting':
      // What may have been a server's no is not asked for again sooner because of a network.
      return failures.logins === 0 && failures.cutOffs === 0 ? 'dial' : 'none';
    case 'connecting':
      // A code that was typed is not wasted.
      if (!login || login.asked) return 'none';
      // What was sent would be sent again, unheard of each time, until the server bans us.
      return login.awaitsVerdict ? 'await-verdict' : 'dial';
    case 'off':
    case 'needs-you':
    case 'failed':
      return 'none';
  }
}

export const verdictLost = (name: string): Failure =>
  failure('login-cut-off', `The network changed while ${name} was checking the login, and no answer came`, {
    hint: 'It is tried again a few times, with pauses: servers count logins.',
  });
