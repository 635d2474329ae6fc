/** What our block is to say, who else has its names, and what a write would change. */
import type { HostsConflict, HostsDiffLine, HostsName } from '../../shared/hosts.ts';
import { isIpv4, isIpv6 } from '../servers/address.ts';
import { applyEdit, type HostsEdit } from './hosts-edit.ts';
import { linesOf, shownLine, type HostsBlock, type HostsText } from './hosts-text.ts';

export interface Leads {
  /** Where this machine listens for names that lead into the tunnel. */
  readonly tunnel: readonly string[];
  /** The server's own addresses as far as they are known now; the first one is written. */
  readonly server: readonly string[];
}

/** What a name is to answer; empty: the server's address is not known. */
export function addressesOf({ to }: HostsName, leads: Leads): readonly string[] {
  switch (to.kind) {
    case 'tunnel':
      return leads.tunnel;
    case 'server':
      return leads.server.slice(0, 1);
    case 'address':
      return [to.address];
    default:
      return to satisfies never;
  }
}

/** One name a line; null while an address that is needed is not known. */
export function wishedLines(names: readonly HostsName[], leads: Leads): readonly string[] | null {
  const lines: string[] = [];
  for (const each of names) {
    const addresses = addressesOf(each, leads);
    if (addresses.length === 0) return null;
    for (const address of addresses) lines.push(`${address} ${each.name}`);
  }
  return lines;
}

/** Lines outside of `own` that give another address to one of the names; the same one once more does no harm. */
export function conflictsOf(
  hosts: HostsText,
  own: HostsBlock | null,
  names: readonly HostsName[],
  leads: Leads,
): readonly HostsConflict[] {
  const wanted = new Map(names.map((each) => [each.name.toLowerCase(), addressesOf(each, leads)]));
  const conflicts: HostsConflict[] = [];
  if (wanted.size === 0) return conflicts;
  const { text } = hosts;
  let line = 0;
  for (const { start, end } of linesOf(text)) {
    line += 1;
    if (own && start >= own.start && start < own.end) continue;
    const content = text.slice(start, Math.min(end, start + longestLooked));
    const [address = '', ...found] = (content.split('#', 1)[0] ?? '').trim().split(/[ \t\r\f\v]+/);
    if (!isIpv4(address) && !isIpv6(address)) continue;
    for (const word of new Set(found.map((each) => each.toLowerCase().replace(/\.$/, '')))) {
      if (wanted.get(word)?.includes(address) ?? true) continue;
      conflicts.push({ name: word, address, line, text: shownLine(content), wins: own === null || start < own.start });
      if (conflicts.length >= maxConflicts) return conflicts;
    }
  }
  return conflicts;
}

const longestLooked = 8192;
const maxConflicts = 200;
const around = 3;

/** The lines that an edit takes off and puts in, with a few others around them. */
export function diffLines(text: string, edit: HostsEdit | null): readonly HostsDiffLine[] {
  if (edit === null) return [];
  // Whole lines: an edit may begin with the end of the line above, or stop before that of its own last line.
  const before = numbered(text);
  const after = numbered(applyEdit(text, edit));
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same += 1;
  let tail = 0;
  while (
    tail < before.length - same &&
    tail < after.length - same &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const of = (kind: HostsDiffLine['kind'], lines: readonly string[], first: number): HostsDiffLine[] =>
    lines.map((each, index) => ({ kind, line: first + index + 1, text: shownLine(each) }));
  const from = Math.max(0, same - around);
  const behind = before.length - tail;
  return [
    ...of('same', before.slice(from, same), from),
    ...of('remove', before.slice(same, behind), same),
    ...of('add', after.slice(same, after.length - tail), same),
    ...of('same', before.slice(behind, behind + around), behind),
  ];
}

function numbered(text: string): readonly string[] {
  return [...linesOf(text)].map(({ start, end }) => text.slice(start, end));
}
