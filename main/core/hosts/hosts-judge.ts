/** What stands against a wish or a write, in words. Pure. */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { HostsWish } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { WantedBlock } from './hosts-edit.ts';
import { foreignAddresses, namesProblems } from './hosts-names.ts';
import { blockLabel } from './hosts-text.ts';
import { driftOf, linesWished, type Look } from './hosts-view.ts';

/** `own`: this machine's names; `server`: the server's addresses; an address that was confirmed once needs no more words. */
export function wishTrouble(
  { name, hosts: before }: ServerProfile,
  wish: HostsWish,
  { own, server, confirmed }: { own: readonly string[]; server: readonly string[]; confirmed: boolean },
): Failure | null {
  const fields = namesProblems(wish.names, own);
  const [first] = fields;
  if (first) return failure('invalid-argument', first.message, { fields });
  const known = foreignAddresses(before.names, server);
  const foreign = foreignAddresses(wish.names, server).filter((each) => !known.includes(each));
  if (foreign.length === 0 || confirmed) return null;
  return failure('needs-you', `${foreign.join(', ')} is neither this computer nor ${name}.`, {
    hint: 'Programs here would send what they have for those names there. Confirm it if that is meant.',
  });
}

/** The block as it is to be. Fails while an address that it needs is not known. */
export function wantedBlock(look: Look): Reply<WantedBlock> {
  const lines = linesWished(look);
  const { id, name, address } = look.profile;
  if (lines !== null) return done({ id, label: blockLabel(name), lines });
  return failed(
    failure('address-unknown', `The address of ${name} is not known: ${address} does not resolve now.`, {
      hint: 'Names that lead to the server itself need it. Try again when the network is there.',
    }),
  );
}

/** What a person asked for, when it was found that somebody else had changed the names. */
type DriftAsked =
  { readonly kind: 'apply' } | { readonly kind: 'remove' } | { readonly kind: 'restore'; readonly entryId?: string };

export function driftTrouble(look: Look, path: string, asked: DriftAsked): Failure | null {
  const drift = driftOf(look);
  if (drift === null) return null;
  const { name } = look.profile;
  const what = {
    gone: `Somebody took the names of ${name} out of ${path}.`,
    changed: `Somebody changed the names of ${name} in ${path}.`,
    unknown: `There are names of ${name} in ${path} that Mooring does not remember writing.`,
  }[drift.kind];
  return failure('conflict', what, {
    hint: 'Look at what is there now, on its Hosts page, and decide which counts.',
    commandHint: `Decide which counts. ${waysOut(asked, quoted(name))}`,
  });
}

function waysOut(asked: DriftAsked, server: string): string {
  const over = `${server} --over-drift`;
  const keep = `mooring hosts keep ${server}`;
  switch (asked.kind) {
    case 'apply':
      return `Yours: mooring hosts apply ${over}; what is there: ${keep}`;
    case 'remove':
      return `Take out what is there now: mooring hosts remove ${over}; keep it: ${keep}`;
    case 'restore': {
      const which = asked.entryId === undefined ? over : `${server} ${asked.entryId} --over-drift`;
      return `The one of that time: mooring hosts restore ${which}; what is there: ${keep}`;
    }
    default:
      return asked satisfies never;
  }
}

export const changedMeanwhile = (path: string): Failure =>
  failure('conflict', `${path} has changed since you looked.`, { hint: 'Look at the change again, then write it.' });
