/** Writing the hosts file from the window, and how the last write of each page ended: told until the next one. */
import { create } from 'zustand';
import type { HostsOutcome } from '../../main/shared/hosts.ts';
import { act } from '../api/act.ts';

const useOutcomes = create<Readonly<Record<string, HostsOutcome | null>>>()(() => ({}));

export const useOutcome = (serverId: string): HostsOutcome | null => useOutcomes((all) => all[serverId] ?? null);

function keep(serverId: string, outcome: HostsOutcome | null): void {
  useOutcomes.setState({ [serverId]: outcome });
}

/** `pageOf`: the server whose page it is. Null: it failed, and that was shown. */
export async function write(
  pageOf: string,
  call: 'hosts.apply' | 'hosts.remove' | 'hosts.restore',
  args: { serverId: string; from?: string; overDrift?: boolean; entryId?: string },
): Promise<HostsOutcome | null> {
  keep(pageOf, null);
  const reply = await act(call, args);
  if (!reply.ok) return null;
  keep(pageOf, reply.value);
  return reply.value;
}
