/** The name under which a forward’s requests go on, and the names that this machine has for it. */
import { webServices, type Forward } from '../../shared/forward.ts';
import { webForward } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { EngineSendAs } from '../engine.ts';

type WithNames = Pick<ServerProfile, 'hosts' | 'forwards'>;

/** Null: bytes pass as they are. */
export function engineSendAs(forward: Forward, profile: WithNames): EngineSendAs | null {
  const { sendAs, service } = forward;
  if (!sendAs || !webServices.includes(service)) return null;
  return {
    host: sendAs.host,
    // MLflow takes changes from pages of localhost, and from origins on a list of its own: a Host that it answers to may
    // well not be on that.
    origin: service === 'mlflow' ? 'localhost' : 'host',
    // Many services share the tunnel to port 80 by their names: all of them can’t be sent as one.
    aliases: webForward(profile)?.id === forward.id ? [] : namesLeadingTo(forward, profile),
  };
}

/** Names of the server that lead to where a forward listens, by the hosts file. */
export function namesLeadingTo({ bind }: Forward, profile: WithNames): readonly string[] {
  const { on, names } = profile.hosts;
  if (!on) return [];
  const tunnel = webForward(profile)?.bind.address ?? '127.0.0.1';
  const leadsTo = ({ to }: (typeof names)[number]): string | null =>
    to.kind === 'address' ? to.address : to.kind === 'tunnel' ? tunnel : null;
  return names.filter((each) => leadsTo(each) === bind.address).map(({ name }) => name);
}
