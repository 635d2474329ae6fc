/** Readers of what is typed for addresses, forwards and logins. Failures are `invalid-argument`. */
import { resolve } from 'node:path';
import { addressProblem } from '../../core/servers/address.ts';
import { parseForwardSpec, portOf } from '../../core/servers/forward-spec.ts';
import { isFullPath } from '../../core/servers/rules.ts';
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { forwardPresets, type ForwardDraft } from '../../shared/forward.ts';
import { withStop } from '../../shared/sentence.ts';
import type { Login } from '../../shared/server.ts';
import { suggest } from '../terminal/near-names.ts';

export interface AddressSpec {
  readonly user: string;
  readonly address: string;
  readonly port: number;
}

const bad = (message: string, hint: string): Reply<never> => failed(failure('invalid-argument', message, { hint }));

const addressHint = 'Write it as user@host, or user@host:2222';
const addressPattern =
  /^(?:ssh:\/\/)?(.+)@(?:\[([0-9A-Fa-f:.%\w]+)\]|([^@[\]\s:]+|[0-9A-Fa-f]*(?::[0-9A-Fa-f.]*){2,}))(?::(\d+))?\/?$/;

/** `user@host`, `user@host:2222`, `user@[2001:db8::1]:22`, `ssh://user@host`. */
export function parseAddress(text: string): Reply<AddressSpec> {
  const match = addressPattern.exec(text);
  if (match) return readAddress(match);
  const typed = text.replace(/^ssh:\/\//, '');
  const example = `ubuntu@${typed}`;
  const withUser = /^[^@\s]+$/.test(typed) ? addressPattern.exec(example) : null;
  if (!withUser) return bad(`${text} is not an address Mooring understands.`, addressHint);
  // What would be refused with a user too is no example.
  const read = readAddress(withUser);
  if (!read.ok) return read;
  const problem = addressProblem('Address', read.value.address);
  if (problem !== null) return bad(withStop(problem), addressHint);
  return bad(`${text} does not say who logs in there.`, `Write it as user@address, such as ${example}`);
}

function readAddress([, user = '', bracketed, plain, portText]: RegExpExecArray): Reply<AddressSpec> {
  if (/\s/.test(user)) return bad('A user name has no blanks.', addressHint);
  const port = portText === undefined ? 22 : portOf(portText);
  if (port === null) return bad(`${String(portText)} is not a port.`, 'Ports are 1 to 65535.');
  return done({ user, address: bracketed ?? plain ?? '', port });
}

/**
 * `[BIND:]PORT:HOST:PORT` as ssh -L takes it (IPv6 addresses in brackets), or the name of a preset such as `mlflow`.
 * `taken`: labels of the server that are in use.
 */
export function parseForward(text: string, taken: readonly string[] = []): Reply<ForwardDraft> {
  const preset = forwardPresets.find((each) => each.name === text.toLowerCase());
  if (preset) {
    return done({
      label: freeLabel(preset.label, taken),
      service: preset.service,
      bind: { address: '127.0.0.1', port: preset.localPort, alsoIpv6: false },
      target: { host: '127.0.0.1', port: preset.targetPort },
    });
  }
  if (!text.includes(':')) {
    const names = forwardPresets.map((each) => each.name);
    return bad(`${text} is not a preset.`, `${withStop(suggest(text, names, ''))} Or write it as 5001:localhost:5000`);
  }
  const spec = parseForwardSpec(text);
  return spec.ok ? done({ ...spec.value, label: freeLabel(spec.value.label, taken) }) : spec;
}

/** `MLflow`, or `MLflow 2` when that is taken. */
function freeLabel(label: string, taken: readonly string[]): string {
  const used = taken.map((each) => each.toLowerCase());
  if (!used.includes(label.toLowerCase())) return label;
  let number = 2;
  while (used.includes(`${label} ${String(number)}`.toLowerCase())) number += 1;
  return `${label} ${String(number)}`;
}

/** `--login` and `--key` together; a key alone means to log in by it. */
export function parseLogin(kind: string | undefined, keyPath: string | undefined, before: Login): Reply<Login> {
  if (keyPath !== undefined) {
    // The core runs elsewhere: a path from here means nothing to it.
    const path = isFullPath(keyPath) ? keyPath : resolve(keyPath);
    if (kind !== undefined && kind !== 'key') return bad(`--key does not go with --login ${kind}.`, 'Leave one out.');
    return done({ kind: 'key', path });
  }
  switch (kind) {
    case undefined:
      return done(before);
    case 'auto':
    case 'agent':
    case 'password':
      return done({ kind });
    case 'key':
      return before.kind === 'key' ? done(before) : bad('Say which key.', 'Add --key ~/.ssh/id_ed25519');
    default:
      return bad(`${kind} is not a way to log in.`, 'There is: auto, agent, key, password');
  }
}
