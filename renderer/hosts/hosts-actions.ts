/**
 * Names as they are chosen in the window, until a person has them written or leaves them; whether their tunnel is made
 * along with them; writing the hosts file, and how the last write of each page ended: told until the next one.
 */
import { create } from 'zustand';
import type { HostsOutcome, HostsWish } from '../../main/shared/hosts.ts';
import { act } from '../api/act.ts';

/** A choice that nobody has said yes to: it is in this window alone. */
export interface HostsChoice {
  readonly hosts: HostsWish;
  /** An address of others in it was confirmed. */
  readonly confirmed?: boolean;
}

const useOutcomes = create<Readonly<Record<string, HostsOutcome | null>>>()(() => ({}));
const useChoices = create<Readonly<Record<string, HostsChoice | null>>>()(() => ({}));
const useWithTunnels = create<Readonly<Record<string, boolean>>>()(() => ({}));

export const useOutcome = (serverId: string): HostsOutcome | null => useOutcomes((all) => all[serverId] ?? null);
export const useChoice = (serverId: string): HostsChoice | null => useChoices((all) => all[serverId] ?? null);
/** Who unticked the tunnel once is not given it with another change of the names. */
export const useWithTunnel = (serverId: string): boolean => useWithTunnels((all) => all[serverId] ?? true);
export const setWithTunnel = (serverId: string, on: boolean): void => {
  useWithTunnels.setState({ [serverId]: on });
};

function keep(serverId: string, outcome: HostsOutcome | null): void {
  useOutcomes.setState({ [serverId]: outcome });
}

/** Null: what is saved counts again. */
export function choose(serverId: string, choice: HostsChoice | null): void {
  keep(serverId, null);
  useChoices.setState({ [serverId]: choice });
}

interface WriteArgs extends Partial<HostsChoice> {
  readonly serverId: string;
  readonly from?: string;
  readonly overDrift?: boolean;
  readonly entryId?: string;
  readonly tunnel?: boolean;
}

/** `pageOf`: the server whose page it is. Null: it failed, and that was shown. */
export async function write(
  pageOf: string,
  call: 'hosts.apply' | 'hosts.remove' | 'hosts.restore',
  args: WriteArgs,
): Promise<HostsOutcome | null> {
  keep(pageOf, null);
  const reply = await act(call, args);
  if (!reply.ok) return null;
  // A person who did not give the system leave may think again: the choice stays.
  if (reply.value.kind !== 'cancelled' && args.serverId === pageOf) choose(pageOf, null);
  keep(pageOf, reply.value);
  return reply.value;
}
