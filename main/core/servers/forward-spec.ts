/** OpenSSH's notation of a local forward: `[BIND:]PORT:HOST:PORT`, IPv6 addresses in brackets. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { isLoopback, serviceForPort, type ForwardDraft } from '../../shared/forward.ts';
import { addressProblem } from './address.ts';
import { bindAddressProblem, hasInvisible } from './rules.ts';

export interface ForwardSpec {
  /** As written; empty where none was. `localhost` is 127.0.0.1 already. */
  readonly bindAddress: string;
  readonly draft: ForwardDraft;
}

const example = 'Write it as PORT:HOST:PORT, for example 5001:localhost:5000.';

/**
 * Reads a forward as the command line and `ssh -L` take it; label and service follow from the target port. Only
 * loopback addresses may listen. Fails with `invalid-argument`.
 */
export function parseForwardSpec(spec: string): Reply<ForwardDraft> {
  const read = readForwardSpec(spec);
  if (!read.ok) return read;
  const { bindAddress, draft } = read.value;
  const problem = bindAddress === '' ? null : bindAddressProblem(bindAddress);
  if (problem !== null) return refuse(spec, problem, 'Leave the address out to listen on 127.0.0.1.');
  return done(draft);
}

/** As `parseForwardSpec`, but an address that may not listen is told in `bindAddress`, and the draft has 127.0.0.1. */
export function readForwardSpec(spec: string): Reply<ForwardSpec> {
  if (spec.length > 1000) return refuse('', 'It is too long', example);
  const parts = splitOutsideBrackets(spec.trim());
  if (parts === null) return refuse(spec, 'A bracket is missing', 'Put IPv6 addresses in brackets: 5001:[::1]:5000.');
  if (parts.some((part) => part.startsWith('/'))) {
    return refuse(spec, 'Socket files are not supported yet', 'Forward a port instead.');
  }
  if (parts.length > 4) return refuse(spec, 'It has too many parts', `${example} Put IPv6 addresses in brackets.`);
  if (parts.length < 3) return refuse(spec, 'It is not complete', example);
  const bindPart = parts.length === 4 ? (parts[0] ?? '') : null;
  const [bindPortPart = '', host = '', targetPortPart = ''] = parts.slice(-3);
  // An empty address before the port means every address, as a star does.
  const written = bindPart === '' ? '*' : (bindPart ?? '');
  const bindAddress = written.toLowerCase() === 'localhost' ? '127.0.0.1' : written;
  const bindPort = portOf(bindPortPart);
  if (bindPort === null) return refuse(spec, 'Local port must be a whole number from 1 to 65535', example);
  const problem = addressProblem('Target host', host);
  if (problem !== null) return refuse(spec, problem, example);
  const targetPort = portOf(targetPortPart);
  if (targetPort === null) return refuse(spec, 'Target port must be a whole number from 1 to 65535', example);
  const draft: ForwardDraft = {
    ...serviceForPort(targetPort),
    bind: { address: isLoopback(bindAddress) ? bindAddress : '127.0.0.1', port: bindPort, alsoIpv6: false },
    target: { host, port: targetPort },
  };
  return done({ bindAddress, draft });
}

/** 1–65535 in plain digits, or null. */
export function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** `[::1]:5001:h:80` → `::1`, `5001`, `h`, `80`; null for brackets that don't match or hold nothing. */
function splitOutsideBrackets(spec: string): readonly string[] | null {
  const parts: string[] = [];
  let rest = spec;
  for (;;) {
    const bracketed = /^\[([^[\]]+)\](?=:|$)/.exec(rest);
    const plain = /^[^:[\]]*(?=:|$)/.exec(rest);
    const found = bracketed ?? plain;
    if (!found) return null;
    parts.push(found[1] ?? found[0]);
    rest = rest.slice(found[0].length);
    if (rest === '') return parts;
    rest = rest.slice(1);
  }
}

function refuse(spec: string, why: string, hint: string): Reply<never> {
  const shown = spec !== '' && spec.length <= 80 && !hasInvisible(spec) ? ` “${spec}”` : '';
  return failed(failure('invalid-argument', `The forward${shown} is not right: ${why}`, { hint }));
}
