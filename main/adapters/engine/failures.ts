/** What can go wrong on the way, in words for people. The raw cause goes into `detail`. */
import { failure, type Failure } from '../../shared/failure.ts';
import { formatEndpoint } from '../../shared/forward.ts';
import { errorCode } from '../system-errors.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const where = (endpoint: Endpoint): string => formatEndpoint(endpoint.host, endpoint.port);
const seconds = (durationMs: number): string => `${String(Math.max(1, Math.round(durationMs / 1000)))} s`;

/** The raw cause of an unknown thrown thing, without its stack. */
export function detailOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(detailOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** Every address of a name is tried; the most telling answer counts. */
function dialCode(error: unknown): string {
  if (!(error instanceof AggregateError)) return errorCode(error);
  const codes = error.errors.map((each) => errorCode(each));
  return ['ECONNREFUSED', 'ETIMEDOUT'].find((code) => codes.includes(code)) ?? codes[0] ?? '';
}

/** A TCP connection that did not come about. */
export function dialFailure(endpoint: Endpoint, error: unknown): Failure {
  const detail = detailOf(error);
  switch (dialCode(error)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return failure('address-unknown', `The address ${endpoint.host} is not known`, {
        hint: 'Check its spelling, and that this machine is online and on the VPN if the server needs one.',
        detail,
      });
    case 'ECONNREFUSED':
      return failure('refused', `${where(endpoint)} refused the connection`, {
        hint: 'Check that the SSH server runs there and that the port is right.',
        detail,
      });
    case 'ETIMEDOUT':
      return failure('timed-out', `${where(endpoint)} did not answer`, { hint: silentHint, detail });
    case 'ECONNRESET':
    case 'EPIPE':
      return linkLost('The connection was cut before the server greeted', detail);
    default:
      return failure('unreachable', `There is no way to ${where(endpoint)} from this network`, {
        hint: 'Check the network and the VPN, and that the server is running.',
        detail,
      });
  }
}

const silentHint = 'The server may be off, or a firewall or security group may drop the connection.';

export function dialTimedOut(endpoint: Endpoint, timeoutMs: number): Failure {
  return failure('timed-out', `${where(endpoint)} did not answer within ${seconds(timeoutMs)}`, { hint: silentHint });
}

export function greetingTimedOut(endpoint: Endpoint, timeoutMs: number): Failure {
  return failure('timed-out', `${where(endpoint)} took the connection but did not greet within ${seconds(timeoutMs)}`, {
    hint: 'The server may be overloaded, or something on the way may be holding the connection.',
  });
}

export function loginTimedOut(endpoint: Endpoint): Failure {
  return failure('timed-out', `${where(endpoint)} stopped answering during the login`, {
    hint: 'The server may be overloaded; it is tried again.',
  });
}

export function notSsh(endpoint: Endpoint, seen: Buffer): Failure {
  const start = seen
    .subarray(0, 80)
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, '·');
  return failure('not-ssh', `What answers at ${where(endpoint)} is not an SSH server`, {
    hint:
      endpoint.port === 22
        ? 'Check the address; else a firewall or a proxy on the way answers, or another service has the port there.'
        : 'Check the port: SSH servers usually listen on 22.',
    detail: `it began with: ${start}`,
  });
}

export function oldSsh(endpoint: Endpoint, greeting: string): Failure {
  return failure('protocol-error', `${where(endpoint)} speaks only an old version of SSH`, {
    hint: 'Mooring needs SSH 2. The server’s SSH software has to be updated.',
    detail: greeting,
  });
}

export function linkLost(message: string, detail?: string): Failure {
  const hint = 'It is tried again; if it keeps happening, look at the server’s SSH log.';
  return failure('link-lost', message, detail ? { hint, detail } : { hint });
}

export function linkDead(silentMs: number): Failure {
  return failure('link-lost', `The server has not answered for ${seconds(silentMs)}`, {
    hint: 'The network may have changed or the server may be down; it is tried again.',
  });
}

/** The server said goodbye (SSH_MSG_DISCONNECT) for a reason that has nothing to do with the login. */
export function serverLeft(description: string): Failure {
  const words = plainText(description, 200);
  return linkLost(words ? `The server ended the connection: ${words}` : 'The server ended the connection');
}

export function handshakeFailed(endpoint: Endpoint, error: unknown): Failure {
  return failure('protocol-error', `${where(endpoint)} and Mooring found no common way to talk securely`, {
    hint: 'The server’s SSH software may be too old or too strict. The detail names what did not match.',
    detail: detailOf(error),
  });
}

export function brokenProtocol(endpoint: Endpoint, error: unknown): Failure {
  return failure('protocol-error', `${where(endpoint)} sent something that SSH does not allow`, {
    hint: 'It is tried again; something between here and the server may be altering the connection.',
    detail: detailOf(error),
  });
}

export function hostKeyRejected(endpoint: Endpoint): Failure {
  return failure('host-key-rejected', `The host key of ${where(endpoint)} was not trusted`, {
    hint: 'Compare the fingerprint with what the server’s owner says, then connect again.',
  });
}

export function loginRejected(user: string, endpoint: Endpoint, detail?: string): Failure {
  const message = `${where(endpoint)} did not let ${user} in`;
  const hint = 'Check the user name, and that the server knows your key or password.';
  return failure('login-rejected', message, detail ? { hint, detail } : { hint });
}

export function loginCutOff(user: string, endpoint: Endpoint): Failure {
  return failure('login-cut-off', `${where(endpoint)} hung up while ${user} was logging in`, {
    hint: 'It may be starting up, or it hangs up in place of a refusal.',
  });
}

export function passwordExpired(prompt: string): Failure {
  return failure('login-rejected', 'The server wants the password to be changed first', {
    hint: 'Log in once with ssh in a terminal, change the password there, and connect again.',
    detail: plainText(prompt, 200),
  });
}

export function agentUnavailable(message: string, hint: string, detail?: string): Failure {
  return failure('agent-unavailable', message, detail ? { hint, detail } : { hint });
}

export function keyUnreadable(error: unknown): Failure {
  return failure('key-unreadable', 'The private key could not be read', {
    hint: 'It must be an OpenSSH, PEM or PuTTY key of type ed25519, ECDSA or RSA.',
    detail: detailOf(error),
  });
}

export function keyRefused(keyType: string): Failure {
  return failure('key-unreadable', `The server takes no ${keyType} keys`, {
    hint: 'Use a key of another type, such as ed25519.',
  });
}

/** The server could not or would not open the way to a target. `reason` is SSH’s (RFC 4254, 5.1). */
export function targetFailure(target: Endpoint, reason: number, description: string): Failure {
  const detail = plainText(description, 200) || `reason ${String(reason)}`;
  if (reason === 1) {
    return failure('forward-forbidden', `The server does not allow forwarding to ${where(target)}`, {
      hint: 'Its SSH settings (AllowTcpForwarding, PermitOpen) or the key’s options forbid it.',
      detail,
    });
  }
  if (/refused/i.test(description)) {
    return failure('target-refused', `Nothing listens on ${where(target)} on the server`, {
      hint: 'Start the service there, or check its port.',
      detail,
    });
  }
  return failure('target-unreachable', `The server could not reach ${where(target)}`, {
    hint: 'Check the target’s address and port as the server sees them.',
    detail,
  });
}

/** The server opens no session, or runs no command in it. */
export function commandsRefused(description: string): Failure {
  const detail = plainText(description, 200);
  const hint = 'Its SSH settings or the key’s options may forbid it, or too many commands may be running there.';
  return failure('not-allowed', 'The server does not run commands for this user', detail ? { hint, detail } : { hint });
}

/** What answered was no POSIX shell; `words` is what it said in place of the script. */
export function noShell(words: string): Failure {
  const detail = plainText(words, 400);
  const hint = 'The account may be closed to commands, or bound to one of its own. The detail is what the server said.';
  return failure('not-allowed', 'The server does not give this user a shell', detail ? { hint, detail } : { hint });
}

export function unsendableScript(): Failure {
  return failure('invalid-argument', 'A script for the server holds a zero byte, which no shell can read');
}

export function noConnection(): Failure {
  return failure('link-lost', 'There is no connection to the server', { hint: 'Connect it, and try again.' });
}

export function commandTimedOut(timeoutMs: number): Failure {
  return failure('timed-out', `The command on the server took longer than ${seconds(timeoutMs)}, and was ended`);
}

export function commandTooLoud(maxOutputBytes: number): Failure {
  const message = `The command on the server wrote more than ${String(maxOutputBytes)} bytes, and was ended`;
  return failure('too-large', message);
}

export function commandCancelled(): Failure {
  return failure('cancelled', 'The command was cancelled');
}

/** It may go on there: the server does not end what it runs when a connection is lost. */
export function commandLost(): Failure {
  return failure('link-lost', 'The connection was lost while the command ran', {
    hint: 'It may have gone on at the server. Look, or run it again once connected.',
  });
}

export function askCancelled(): Failure {
  return failure('cancelled', 'The question was cancelled');
}

/** `opened`: the server reached it, so something listens there. */
export function askTimedOut(target: Endpoint, timeoutMs: number, opened: boolean): Failure {
  if (!opened) {
    return failure(
      'target-unreachable',
      `The server got no answer from ${where(target)} within ${seconds(timeoutMs)}`,
      {
        hint: 'A firewall may drop it, or the machine may be off.',
      },
    );
  }
  return failure('timed-out', `${where(target)} takes connections but did not answer within ${seconds(timeoutMs)}`, {
    hint: 'The service there may be frozen or overloaded.',
  });
}

/** It `closed the connection …`. */
export function askBroken(target: Endpoint, what: string, detail?: string): Failure {
  return failure('protocol-error', `${where(target)} ${what}`, detail ? { detail } : {});
}

export function askLost(): Failure {
  return failure('link-lost', 'The connection was lost during the question');
}

/** Text from a server, made harmless: one line, no control characters, at most `maxLength` characters. */
export function plainText(text: string, maxLength: number): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, maxLength);
}

/** A server's own words, to be shown as they are: lines are kept, other control characters are not. */
export function serverWords(text: string): string {
  const lines = text.slice(0, 8_192).replace(/\r\n?/g, '\n');
  return lines.replace(/[^\P{Cc}\n\t]/gu, '');
}
