import { forwardEdits, type Fix } from '../../main/shared/fixes.ts';
import { act, showDone } from '../api/act.ts';
import { currentServer } from '../api/store.ts';

/** Edits a server’s tunnels as the fix of one of them asks, and tells what is so now; a tunnel that is gone stays gone. */
export async function editForwards(fix: Fix, serverId: string, forwardId: string): Promise<void> {
  const server = currentServer(serverId);
  const all = server?.profile.forwards ?? [];
  const forward = all.find((each) => each.id === forwardId);
  if (!forward) return;
  for (const edit of forwardEdits(fix, forward, all)) {
    const reply = await act('forwards.edit', { serverId, ...edit });
    if (!reply.ok) return;
  }
  if (fix.kind === 'use-port') showDone(`${forward.label} now listens on port ${String(fix.port)}.`);
  if (fix.kind === 'send-as') showDone(`${forward.label} says ${fix.host} as Host now.`);
  if (fix.kind === 'swap-ports') showDone(`${forward.label} and ${fix.withLabel} have changed places.`);
}
