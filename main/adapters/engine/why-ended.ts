/** Why a connection ended, from how far it had come. */
import type { Failure } from '../../shared/failure.ts';
import {
  dialTimedOut,
  greetingTimedOut,
  linkLost,
  loginCutOff,
  loginRejected,
  loginTimedOut,
  notSsh,
  plainText,
  serverLeft,
  type Endpoint,
} from './failures.ts';
import { disconnectReason } from './protocol.ts';

export type Phase = 'dialling' | 'greeting' | 'logging-in' | 'ready' | 'closed';

export interface Progress {
  readonly phase: Phase;
  readonly endpoint: Endpoint;
  readonly user: string;
  readonly timeoutMs: number;
  /** What the server said in place of a greeting; null before it was connected to, and once it has greeted. */
  readonly heardInstead: Buffer | null;
  /** A login is at the server. */
  readonly awaitsVerdict: boolean;
  /** How often the server said no. */
  readonly rejections: number;
}

/** The server said goodbye (SSH_MSG_DISCONNECT). */
export function whyLeft({ phase, user, endpoint }: Progress, reason: number, description: string): Failure {
  const overLogin =
    reason === disconnectReason.noMoreAuthMethods ||
    reason === disconnectReason.illegalUserName ||
    /too many auth|auth\w* (fail|tries)/i.test(description);
  if (phase !== 'logging-in' || !overLogin) return serverLeft(description);
  return loginRejected(user, endpoint, plainText(description, 200));
}

/** The server hung up without a word. */
export function whyEnded({ phase, user, endpoint, heardInstead, awaitsVerdict, rejections }: Progress): Failure {
  if (heardInstead) {
    if (heardInstead.length > 0) return notSsh(endpoint, heardInstead);
    return linkLost('The server closed the connection before it greeted');
  }
  // In place of the last no, or since it is still starting up (PAM's nologin): that can't be told apart.
  if (phase === 'logging-in' && awaitsVerdict && rejections > 0) return loginCutOff(user, endpoint);
  return linkLost('The server closed the connection');
}

export function whyTimedOut({ phase, endpoint, timeoutMs, heardInstead }: Progress): Failure {
  if (phase === 'dialling') return dialTimedOut(endpoint, timeoutMs);
  if (phase === 'logging-in') return loginTimedOut(endpoint);
  if (heardInstead && heardInstead.length > 0) return notSsh(endpoint, heardInstead);
  return greetingTimedOut(endpoint, timeoutMs);
}
