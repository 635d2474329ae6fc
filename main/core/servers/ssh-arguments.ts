/** The arguments of an `ssh` command, in the manner of getopt; nothing is judged here but whether it can be read. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { flags, noteForKey, readOptions, valued } from './ssh-options.ts';

/** What the arguments say, as written. `null`: not said. */
export interface SshArguments {
  readonly host: string | null;
  /** `-o HostName=…`: where to dial in place of `host`. */
  readonly hostName: string | null;
  readonly port: string | null;
  readonly user: string | null;
  readonly keyPaths: readonly string[];
  readonly passwordOnly: boolean;
  /** As after `-L`. */
  readonly forwardSpecs: readonly string[];
  /** Something follows that would be run on the server. */
  readonly hasCommand: boolean;
  readonly notes: readonly string[];
}

type Found = {
  -readonly [K in keyof SshArguments]: SshArguments[K] extends readonly string[] ? string[] : SshArguments[K];
};
type ReadOption = (typeof readOptions)[number];

/** @param words what follows `ssh`. Fails with `invalid-argument` for options that ssh does not have, or without value. */
export function readSshArguments(words: readonly string[]): Reply<SshArguments> {
  const found: Found = {
    host: null,
    hostName: null,
    port: null,
    user: null,
    keyPaths: [],
    passwordOnly: false,
    forwardSpecs: [],
    hasCommand: false,
    notes: [],
  };
  let at = 0;
  let optionsEnded = false;
  while (at < words.length) {
    const word = words[at] ?? '';
    at += 1;
    if (!optionsEnded && word === '--') {
      optionsEnded = true;
    } else if (!optionsEnded && word.startsWith('-') && word.length > 1) {
      const read = readFlags(word.slice(1), words[at], found);
      if (!read.ok) return read;
      if (read.value === 'took-next') at += 1;
    } else if (found.host === null) {
      readServer(word, found);
      // As in OpenSSH, options may go on after the server.
      optionsEnded = false;
    } else {
      found.hasCommand = true;
      break;
    }
  }
  return done(found);
}

/** A word such as `NfL` or `p2222`, without its hyphen: flags, of which the last may take the rest or the next word. */
function readFlags(word: string, next: string | undefined, found: Found): Reply<'took-next' | 'took-own'> {
  for (let at = 0; at < word.length; at += 1) {
    const flag = word.charAt(at);
    if (Object.hasOwn(flags, flag)) {
      note(found, flags[flag] ?? null);
      continue;
    }
    const option = readOptions.find((each) => each === flag);
    if (option === undefined && !Object.hasOwn(valued, flag)) {
      const shown = /^[\x21-\x7e]$/.test(flag) ? `-${flag}` : 'Something after a hyphen';
      return refuse(`${shown} is not an option of ssh`, 'Check the line and try again.');
    }
    const own = word.slice(at + 1);
    const value = own === '' ? next : own;
    if (value === undefined) return refuse(`-${flag} has nothing after it`, 'Copy the whole line and try again.');
    if (option === undefined) note(found, valued[flag] ?? null);
    else readOption(option, value, found);
    return done(own === '' ? 'took-next' : 'took-own');
  }
  return done('took-own');
}

function readOption(option: ReadOption, value: string, found: Found): void {
  switch (option) {
    case 'L':
      found.forwardSpecs.push(value);
      return;
    case 'l':
      found.user ??= value;
      return;
    case 'p':
      found.port ??= value;
      return;
    case 'i':
      found.keyPaths.push(value);
      return;
    case 'o':
      readKeyAndValue(value, found);
      return;
    default:
      option satisfies never;
  }
}

/** `Port=2222`, `Port 2222`, `LocalForward=5001 localhost:5000`. */
function readKeyAndValue(text: string, found: Found): void {
  const [, key = '', quoted = ''] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*)$/s.exec(text) ?? [];
  const value = quoted.trim().replace(/^"(.*)"$/s, '$1');
  switch (key.toLowerCase()) {
    case 'port':
      found.port ??= value;
      return;
    case 'user':
      found.user ??= value;
      return;
    case 'hostname':
      found.hostName ??= value;
      return;
    case 'identityfile':
      if (value.toLowerCase() !== 'none') found.keyPaths.push(value);
      return;
    case 'localforward':
      found.forwardSpecs.push(value.replace(/\s+/, ':'));
      return;
    case 'preferredauthentications':
      found.passwordOnly ||= /^password\b/i.test(value);
      return;
    case 'pubkeyauthentication':
      found.passwordOnly ||= /^no$/i.test(value);
      return;
    default:
      note(found, noteForKey(key, value));
  }
}

/** `user@host`, `host:2222`, `[::1]:22`, `ssh://user@host:2222`. */
function readServer(word: string, found: Found): void {
  const url = /^ssh:\/\//i.exec(word)?.[0];
  const place = url === undefined ? word : word.slice(url.length).replace(/\/$/, '');
  const at = place.lastIndexOf('@');
  if (at >= 0) {
    // In a URL the user may be followed by parameters or, wrongly, a password: neither belongs in a profile.
    const user = place.slice(0, at).replace(url === undefined ? /^$/ : /[;:].*$/s, '');
    found.user ??= url === undefined ? user : decoded(user);
  }
  const hostAndPort = place.slice(at + 1);
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(hostAndPort) ?? [];
  found.host = bracketed ?? plain ?? hostAndPort;
  if (port !== undefined) found.port ??= port;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function note(found: Found, text: string | null): void {
  if (text !== null) found.notes.push(text);
}

const refuse = (message: string, hint: string) => failed(failure('invalid-argument', message, { hint }));
