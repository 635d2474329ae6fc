/** Acts on a server that menu and palette share. */
import type { ServerProfile } from '../../main/shared/server.ts';
import { act, showDone } from '../api/act.ts';
import { goTo } from '../shell/ui-store.ts';

export async function duplicateServer(serverId: string): Promise<void> {
  const reply = await act('servers.duplicate', { serverId });
  if (reply.ok) goTo(reply.value.serverId);
}

export async function forgetSecrets(profile: ServerProfile): Promise<void> {
  const reply = await act('servers.forget-secrets', { serverId: profile.id });
  if (reply.ok) showDone(`The saved secrets of ${profile.name} are forgotten.`);
}

export async function writeKnownHosts(serverId: string): Promise<void> {
  const reply = await act('host-keys.write-known-hosts', { serverId });
  if (reply.ok) showDone(reply.value.added ? `Written to ${reply.value.path}.` : `Already in ${reply.value.path}.`);
}

export async function startDemo(): Promise<void> {
  const reply = await act('demo.start', {});
  if (reply.ok) goTo(reply.value.serverId, 'tunnels');
}
