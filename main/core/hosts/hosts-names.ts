/** Names and addresses that may go into the hosts file. Pure; asks no resolver. */
import { done, failed, failure, type FieldFailure, type Reply } from '../../shared/failure.ts';
import { isLoopback } from '../../shared/forward.ts';
import type { HostsName, HostsTo } from '../../shared/hosts.ts';
import { isIpv4, isIpv6 } from '../servers/address.ts';
import { linesOf, shownLine } from './hosts-text.ts';

/** Far above what a person needs; what is written goes to the system as one argument. */
export const maxHostsNames = 100;

const label = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** What every system and browser takes for this machine, whatever the file says. */
const reserved = /^(?:.+\.)?localhost(?:\.localdomain)?$|^localdomain$|^broadcasthost$|^ip6-/;

/** What is wrong with a name, as a sentence that does not repeat it; null if nothing. `own`: this machine's names. */
export function nameProblem(name: string, own: readonly string[] = []): string | null {
  if (name === '') return 'A name is missing';
  if (/[\s\p{Z}\p{C}]/u.test(name)) return 'A name must not have spaces or invisible characters in it';
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(name)) return 'A name must be a host name alone, without http:// before it';
  if (/[^\p{ASCII}]/u.test(name)) {
    return 'A name may have only the letters a to z, digits, dots and hyphens: write other letters in their xn-- form';
  }
  if (/["'`$()\\;&|<>{}*?!#%^=~@[\]/:,]/.test(name)) return 'A name may have only letters, digits, dots and hyphens';
  if (name.endsWith('.')) return 'A name must not end with a dot: the hosts file knows it without';
  if (name.startsWith('.') || name.includes('..')) return 'A name must have something between its dots';
  if (name.length > 253) return 'A name must have at most 253 characters';
  const parts = name.toLowerCase().split('.');
  if (/^\d+$/.test(parts.at(-1) ?? '')) return 'A name must not end in a number: that would be an address';
  if (parts.some((part) => part.length > 63)) return 'A name must have at most 63 characters between its dots';
  if (parts.some((part) => part.startsWith('-') || part.endsWith('-'))) {
    return 'A name must not have a hyphen at the start or the end of a part';
  }
  if (!parts.every((part) => label.test(part))) return 'A name may have only letters, digits, dots and hyphens';
  const lower = name.toLowerCase();
  if (reserved.test(lower)) return 'localhost and names like it belong to the system';
  if (own.some((each) => each.toLowerCase() === lower)) return 'That is this machine’s own name';
  return null;
}

/** This machine's names as the system may use them: `laptop.example.org` is also `laptop`. */
export function ownNames(hostName: string): readonly string[] {
  const short = hostName.split('.')[0] ?? '';
  return [...new Set([hostName, short, `${short}.local`].filter((each) => each !== '' && each !== '.local'))];
}

/** What is wrong with an address of its own; null if nothing. */
export function addressProblem(address: string): string | null {
  if (!isIpv4(address) && !(isIpv6(address) && !address.includes('%'))) {
    return 'An address must be an IPv4 or IPv6 address, such as 128.214.252.130';
  }
  if (/^0\.|^(?:2[2-5]\d)\./.test(address) || /^(?:0{0,4}:){2,7}0{0,4}$/.test(address) || /^ff/i.test(address)) {
    return 'An address must be one of a single machine';
  }
  return null;
}

/** What is wrong with a list of names, by field; empty if nothing. */
export function namesProblems(names: readonly HostsName[], own: readonly string[]): readonly FieldFailure[] {
  const fields: FieldFailure[] = [];
  const seen = new Set<string>();
  names.forEach(({ name, to }, index) => {
    const path = `hosts.names.${String(index)}`;
    const lower = name.toLowerCase();
    const problem = nameProblem(name, own) ?? (seen.has(lower) ? 'A name must be there only once' : null);
    seen.add(lower);
    if (problem !== null) fields.push({ path: `${path}.name`, message: problem });
    const bad = to.kind === 'address' ? addressProblem(to.address) : null;
    if (bad !== null) fields.push({ path: `${path}.to.address`, message: bad });
  });
  return fields;
}

/** Addresses that need a person's word: neither this machine's own nor the server's. */
export function foreignAddresses(names: readonly HostsName[], serverAddresses: readonly string[]): readonly string[] {
  const named = names.flatMap(({ to }) => (to.kind === 'address' ? [to.address] : []));
  return [...new Set(named.filter((each) => !isLoopback(each) && !serverAddresses.includes(each)))];
}

/** A stand-in of a tutorial for the server’s address: FLOATING_IP, <floating-IP-of-cPouta-VM>, $FLOATING_IP, {{ip}}. */
const standIn =
  /^(?:\$?\{?[A-Z][A-Z\d_]*IP[A-Z\d_]*\}?|<[^<>\s]*>|\{\{[^{}]*\}\}|\[[^\]\s]*(?:ip|address)[^\]\s]*\])$/i;

const longestPaste = 200_000;

export interface ParsedNames {
  readonly names: readonly HostsName[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/**
 * Reads pasted lines of a hosts file, or names alone. Stand-ins for the server's address, the address itself and
 * loopback addresses lead to `to` (the tunnel, unless chosen otherwise); another address stays what it is.
 */
export function parseNames(
  pasted: string,
  { to, serverAddresses, own }: { to: HostsTo; serverAddresses: readonly string[]; own: readonly string[] },
): Reply<ParsedNames> {
  if (pasted.length > longestPaste) {
    return failed(
      failure('too-large', 'That is too long for a list of names.', { hint: 'Paste only the lines with the names.' }),
    );
  }
  const names: HostsName[] = [];
  const notes: string[] = [];
  let number = 0;
  for (const { start, end } of linesOf(pasted)) {
    number += 1;
    const words = withoutStandInSpaces(pasted.slice(start, end))
      .replace(/#.*$/, '')
      .trim()
      .split(/[\s\u00a0]+/);
    const [first = '', ...rest] = words;
    if (first === '') continue;
    const lead = leadOf(first, to, serverAddresses);
    for (const word of lead === null ? words : rest) {
      const name = word.toLowerCase().replace(/\.$/, '');
      const problem = nameProblem(name, own);
      if (problem !== null) notes.push(`Line ${String(number)}: ${problem}.`);
      else if (!names.some((each) => each.name === name)) names.push({ name, to: lead ?? to });
    }
  }
  if (names.length > maxHostsNames) notes.push(`Only the first ${String(maxHostsNames)} names were taken.`);
  return done({ names: names.slice(0, maxHostsNames), notes: notes.slice(0, 20) });
}

/** `<floating IP of the VM>` as one word. */
const withoutStandInSpaces = (line: string): string => line.replace(/<[^<>]*>/g, (each) => each.replace(/\s+/g, '-'));

/** Where the first word of a line leads; null: it is no address, but a name as well. */
function leadOf(word: string, to: HostsTo, serverAddresses: readonly string[]): HostsTo | null {
  if (standIn.test(word) || isLoopback(word) || serverAddresses.includes(word)) return to;
  return addressProblem(word) === null ? { kind: 'address', address: word } : null;
}

/** What a line of our block says, as a wish; null: it is none of the form that Mooring writes. */
export function wishOfLine(line: string, serverAddresses: readonly string[]): HostsName | null {
  const [address = '', name = '', ...more] = line.split(/[ \t]+/);
  if (more.length > 0 || nameProblem(name) !== null) return null;
  const lower = name.toLowerCase();
  if (isLoopback(address)) return { name: lower, to: { kind: 'tunnel' } };
  if (serverAddresses.includes(address)) return { name: lower, to: { kind: 'server' } };
  return addressProblem(address) === null ? { name: lower, to: { kind: 'address', address } } : null;
}

/** A block's lines as wished names, each once; lines of another form are left out. */
export function wishOfLines(lines: readonly string[], serverAddresses: readonly string[]): readonly HostsName[] {
  const names = new Map<string, HostsName>();
  for (const line of lines) {
    const wish = wishOfLine(line, serverAddresses);
    if (wish && !names.has(wish.name)) names.set(wish.name, wish);
  }
  return [...names.values()].slice(0, maxHostsNames);
}

/** A name from outside as it may be shown. */
export const shownName = (name: string): string => shownLine(name.slice(0, 80));
