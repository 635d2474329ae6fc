/** Whether names that lead through the tunnel would lead to anything, as far as that is known or quickly asked. */
import { needsTunnel, webForward } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { httpGet } from '../services/probe.ts';
import type { State } from '../state.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';

export interface WebListeningDeps {
  readonly state: State;
  readonly tunnels: Pick<Tunnels, 'asks' | 'connectionIdOf'>;
}

/** A person waits for it. */
const askMs = 2_000;

/** A sentence where nothing listens on port 80 of the server; null where something does, or nobody can tell now. */
export async function webWarning(profile: ServerProfile, deps: WebListeningDeps): Promise<string | null> {
  if (!needsTunnel(profile.hosts) || !(await isRefused(profile, deps))) return null;
  return `Nothing listens on port 80 of ${profile.name} now, where these names lead: they open nothing until a web server runs there.`;
}

async function isRefused(profile: ServerProfile, { state, tunnels }: WebListeningDeps): Promise<boolean> {
  const forward = webForward(profile);
  const views = state.get().servers.find((each) => each.profile.id === profile.id)?.forwards ?? [];
  const known = views.find((each) => each.forwardId === forward?.id)?.state;
  if (known?.kind === 'target-failed') return known.failure.code === 'target-refused';
  if (known?.kind === 'up' && known.checked) return false;
  const connectionId = tunnels.connectionIdOf(profile.id);
  if (connectionId === null) return false;
  const target = forward?.target ?? { host: '127.0.0.1', port: 80 };
  const request = httpGet({ host: target.host }, '/');
  const answer = await tunnels.asks.ask(connectionId, { target, request, timeoutMs: askMs }).done;
  return !answer.ok && answer.error.code === 'target-refused';
}
