/** What is to be told of a server's names. Pure. */
import { failure, type Failure } from '../../shared/failure.ts';
import type {
  HostsConflict,
  HostsDrift,
  HostsFileView,
  HostsStray,
  HostsView,
  HostsWay,
  NameAnswer,
} from '../../shared/hosts.ts';
import { webForward } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { isIpv4, isIpv6 } from '../servers/address.ts';
import { findBlock, sameLines } from './hosts-edit.ts';
import { addressesOf, conflictsOf, wishedLines, type Leads } from './hosts-lines.ts';
import { shownName } from './hosts-names.ts';
import type { HostsFile } from './hosts-ports.ts';
import { shownLine, type HostsText } from './hosts-text.ts';

export type Platform = HostsFile['platform'];

/** `found`: what the system says of a server whose address is a name. */
export function leadsOf(profile: ServerProfile, platform: Platform, found: readonly string[]): Leads {
  const address = webForward(profile)?.bind.address ?? '127.0.0.1';
  // A name without an IPv6 address makes macOS wait for one, for 5 s each time (Bonjour); a refusal on ::1 costs nothing.
  const tunnel = platform === 'darwin' && address !== '::1' ? [address, '::1'] : [address];
  const own = profile.address.replace(/%.*$/, '');
  if (isIpv4(own) || isIpv6(own)) return { tunnel, server: [own] };
  return { tunnel, server: [...found.filter(isIpv4), ...found.filter(isIpv6)] };
}

export interface Look {
  readonly profile: ServerProfile;
  /** Null: the file can't be read. */
  readonly hosts: HostsText | null;
  /** What Mooring wrote last; null: nothing that it knows of. */
  readonly written: readonly string[] | null;
  readonly leads: Leads;
}

/** Lines that the block is to have; empty: no block is wished. Null while an address is not known. */
export function linesWished({ profile: { hosts }, leads }: Pick<Look, 'profile' | 'leads'>): readonly string[] | null {
  return hosts.on ? wishedLines(hosts.names, leads) : [];
}

export function linesInFile({ hosts, profile }: Pick<Look, 'hosts' | 'profile'>): readonly string[] | null {
  if (hosts === null || hosts.problems.length > 0) return null;
  return findBlock(hosts, profile.id)?.body ?? null;
}

/** Somebody else changed the block, unless to the very thing that is wished. */
export function driftOf(look: Look): HostsDrift | null {
  const { hosts, written } = look;
  if (hosts === null || hosts.problems.length > 0) return null;
  const found = linesInFile(look);
  const wished = linesWished(look);
  if (found === null) {
    const nothing = written === null || written.length === 0 || wished?.length === 0;
    return nothing ? null : { kind: 'gone', written };
  }
  if (wished !== null && sameLines(found, wished)) return null;
  const shown = found.map(shownLine);
  if (written === null) return { kind: 'unknown', found: shown };
  return sameLines(found, written) ? null : { kind: 'changed', written, found: shown };
}

/** Everything but what the names answer, and how the last write went. */
export function viewOf(look: Look): Pick<HostsView, 'inFile' | 'wished' | 'pending' | 'drift' | 'conflicts'> {
  const { profile } = look;
  const inFile = linesInFile(look);
  const wished = linesWished(look);
  return {
    inFile: inFile?.map(shownLine) ?? null,
    wished: profile.hosts.on ? wished : null,
    pending: wished === null || !sameLines(inFile ?? [], wished),
    drift: driftOf(look),
    conflicts: conflictsIn(look),
  };
}

/** With broken markers nobody can tell whose a line is. */
function conflictsIn({ hosts, profile, leads }: Look): readonly HostsConflict[] {
  if (hosts === null || hosts.problems.length > 0 || !profile.hosts.on) return [];
  return conflictsOf(hosts, findBlock(hosts, profile.id), profile.hosts.names, leads);
}

export function fileTrouble(path: string, hosts: HostsText): Failure | null {
  const [first] = hosts.problems;
  if (first === undefined) return null;
  const more = hosts.problems.length - 1;
  const others = more === 0 ? '' : ` (and ${String(more)} more)`;
  return failure('conflict', `${first.message}${others}, so Mooring does not write ${path}.`, {
    hint: 'Put that right with an editor, or take the lines of that block out. Mooring never guesses whose lines they are.',
    ...(more > 0 && {
      detail: hosts.problems
        .slice(0, 20)
        .map((each) => each.message)
        .join('\n'),
    }),
  });
}

export function fileViewOf(
  file: Pick<HostsFile, 'path' | 'isSystem'>,
  known: {
    readonly hosts: HostsText | null;
    readonly failure: Failure | null;
    readonly nameOrder: Failure | null;
    readonly way: HostsWay;
    readonly serverIds: readonly string[];
  },
): HostsFileView {
  const { hosts, nameOrder, way } = known;
  const strays: HostsStray[] =
    hosts === null || hosts.problems.length > 0
      ? []
      : hosts.blocks
          .filter((each) => !known.serverIds.includes(each.id))
          .slice(0, 20)
          .map((each) => ({
            blockId: each.id,
            label: each.label,
            names: [...new Set(each.body.flatMap((line) => line.split(/\s+/).slice(1, 2)))]
              .slice(0, 100)
              .map(shownName),
          }));
  const trouble = known.failure ?? (hosts === null ? null : fileTrouble(file.path, hosts));
  return { path: file.path, isSystem: file.isSystem, way, failure: trouble, nameOrder, strays };
}

export interface Answered {
  readonly answers: readonly string[];
  readonly tookMs: number;
}

/** Each wished name with what it answers; `answered` has those that were asked. */
export function answersOf(
  look: Look,
  conflicts: readonly HostsConflict[],
  answered: ReadonlyMap<string, Answered>,
  nameOrder: Failure | null,
): readonly NameAnswer[] {
  const inFile = linesInFile(look) ?? [];
  return look.profile.hosts.names.map((each) => {
    const wanted = addressesOf(each, look.leads);
    const asked = answered.get(each.name) ?? null;
    const isWritten = look.profile.hosts.on && wanted.some((address) => inFile.includes(`${address} ${each.name}`));
    const trouble =
      asked && isWritten
        ? nameTrouble(
            each.name,
            wanted,
            asked,
            conflicts.filter((line) => line.name === each.name),
            nameOrder,
          )
        : null;
    return { name: each.name, wanted, answers: asked?.answers ?? null, tookMs: asked?.tookMs ?? null, trouble };
  });
}

/** A lookup that takes longer than this is felt at every click. */
const slowMs = 2000;

function nameTrouble(
  name: string,
  wanted: readonly string[],
  { answers, tookMs }: Answered,
  others: readonly HostsConflict[],
  nameOrder: Failure | null,
): Failure | null {
  const right = answers.length > 0 && answers.every((each) => wanted.includes(each));
  if (right && tookMs < slowMs) return null;
  if (right) {
    return failure('timed-out', `${name} answers only after ${(tookMs / 1000).toFixed(0)} s.`, {
      hint: nameOrder?.hint ?? 'The system asks the network for it as well, as it does for names in .local.',
    });
  }
  const [line] = others;
  const shown = answers.length === 0 ? 'nothing' : answers.join(', ');
  if (line) {
    return failure('conflict', `${name} answers ${shown}: line ${String(line.line)} of the file has it too.`, {
      hint: `Take that line out: ${line.text}`,
    });
  }
  if (nameOrder)
    return failure(
      'conflict',
      `${name} answers ${shown}. ${nameOrder.message}`,
      nameOrder.hint === undefined ? {} : { hint: nameOrder.hint },
    );
  return failure('conflict', `${name} answers ${shown}, though the file says ${wanted.join(', ')}.`, {
    hint: 'The answer comes from a cache or a name server. It may take a minute; some programs have to be started again.',
  });
}
