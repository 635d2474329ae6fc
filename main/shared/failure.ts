/**
 * Ordinary failures as values. A `Failure` crosses every border (core, HTTP, control socket, IPC); exceptions never do.
 */

import { withStop } from './sentence.ts';

/** What the app does by itself after a failure; derived from the code by {@link failureClass}. */
export type FailureClass = 'network' | 'authentication' | 'host-key' | 'local' | 'request' | 'bug';

const classes = {
  // The way to the server. Retried for ever with backoff.
  'address-unknown': 'network',
  unreachable: 'network',
  refused: 'network',
  'timed-out': 'network',
  'link-lost': 'network',
  'not-ssh': 'network',
  'protocol-error': 'network',
  // Hung up in the middle of a login: a server that is starting up, or a rude no. Tried a few times only.
  'login-cut-off': 'network',
  // Who we are. Two strikes, then a person is asked (fail2ban bans the third).
  'login-rejected': 'authentication',
  'login-unavailable': 'authentication',
  'key-unreadable': 'authentication',
  'agent-unavailable': 'authentication',
  // Who the server is. Never retried by itself.
  'host-key-changed': 'host-key',
  'host-key-revoked': 'host-key',
  'host-key-rejected': 'host-key',
  // This machine, or the far end of one forward. The connection stays.
  'port-taken': 'local',
  'port-forbidden': 'local',
  'address-unavailable': 'local',
  'target-refused': 'local',
  'target-unreachable': 'local',
  'forward-forbidden': 'local',
  'storage-failed': 'local',
  'keychain-failed': 'local',
  'needs-you': 'local',
  cancelled: 'local',
  // What was asked of us.
  'unknown-call': 'request',
  'invalid-argument': 'request',
  'not-found': 'request',
  conflict: 'request',
  'not-allowed': 'request',
  'too-large': 'request',
  bug: 'bug',
} as const satisfies Record<string, FailureClass>;

export type FailureCode = keyof typeof classes;

/** One field of the input that was not accepted. `path` is dotted, as in `forwards.0.bind.port`. */
export interface FieldFailure {
  readonly path: string;
  readonly message: string;
}

/** What happened (`message`), what to do next (`hint`), the raw cause for the log or the curious (`detail`). */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  readonly hint?: string;
  /** On the command line in the place of the hint: what to do there, with the command to type. */
  readonly commandHint?: string;
  /** What the hint says is done on the server: nothing that is done here helps before that. */
  readonly isMendedThere?: boolean;
  readonly detail?: string;
  readonly fields?: readonly FieldFailure[];
}

export function failureClass(code: FailureCode): FailureClass {
  return classes[code];
}

/** Builds a Failure, leaving out what is not there (so that it survives `exactOptionalPropertyTypes` and JSON alike). */
export function failure(code: FailureCode, message: string, more: Omit<Failure, 'code' | 'message'> = {}): Failure {
  return { code, message, ...more };
}

/** The answer to every call. */
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

export const done = <T>(value: T): Reply<T> => ({ ok: true, value });
export const failed = (error: Failure): Reply<never> => ({ ok: false, error });

/** Message and hint as sentences: `The server refused the connection. Check the port.` */
export function failureText({ message, hint }: Failure): string {
  return [message, hint]
    .filter((each): each is string => each !== undefined && each !== '')
    .map(withStop)
    .join(' ');
}

/** The message alone, as part of a line: without its full stop. */
export function failureLine({ message }: Failure): string {
  return message.replace(/\.$/, '');
}
