/** Each tunnel: its local port, and what listens at its far end. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { ListeningPort, ServerFacts } from '../../shared/facts.ts';
import { formatEndpoint, isBeyondLoopback, isOwnHost, type Forward } from '../../shared/forward.ts';
import { withStop } from '../../shared/sentence.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { ForwardView, ServerView } from '../../shared/snapshot.ts';
import { finding, well, type Find } from './finding.ts';

/** `facts`: null while the server is not connected or did not tell. */
export function judgeTunnels(server: ServerView, facts: ServerFacts | null): readonly Finding[] {
  const { profile, forwards } = server;
  const find = finding('tunnels', profile.id);
  if (profile.forwards.length === 0) {
    return [
      find({
        id: 'tunnels',
        title: 'Tunnels',
        status: 'warning',
        seen: `${profile.name} has no tunnel.`,
        hint: `Add one: for MLflow, mooring forward add ${quoted(profile.name)} mlflow`,
        fix: { kind: 'open-tab', serverId: profile.id, tab: 'tunnels' },
      }),
    ];
  }
  return profile.forwards.flatMap((forward, at) => {
    const view = forwards[at];
    if (view === undefined || view.state.kind === 'off') return [];
    return [localEnd(find, profile.id, forward, view), ...farEnd(find, profile, forward, view, facts)];
  });
}

function localEnd(find: Find, serverId: string, forward: Forward, { state }: ForwardView): Finding {
  const title = forward.label;
  const id = `forward/${forward.id}/local`;
  const here = formatEndpoint(forward.bind.address, forward.bind.port);
  switch (state.kind) {
    case 'port-taken':
    case 'failed': {
      const freePort = state.kind === 'port-taken' ? state.freePort : null;
      return find({
        id,
        title,
        status: 'broken',
        seen: withStop(state.failure.message),
        hint: state.failure.hint,
        fix: freePort === null ? null : { kind: 'use-port', serverId, forwardId: forward.id, port: freePort },
      });
    }
    case 'off':
    case 'starting':
    case 'holding':
      return find({
        id,
        title,
        status: 'unknown',
        seen: `${here} is ready, and waits for the connection.`,
        hint: 'See the connection above.',
      });
    case 'target-failed':
    case 'up':
      return find(well(id, title, `${here} listens.`));
    default:
      return state satisfies never;
  }
}

function farEnd(
  find: Find,
  profile: ServerProfile,
  forward: Forward,
  { state }: ForwardView,
  facts: ServerFacts | null,
): readonly Finding[] {
  if (state.kind !== 'up' && state.kind !== 'target-failed') return [];
  const { host, port } = forward.target;
  const target = formatEndpoint(host, port);
  const title = `${forward.label}, far end`;
  const id = `forward/${forward.id}/target`;
  const broken = (seen: string, hint: string | undefined) => [find({ id, title, status: 'broken', seen, hint })];
  const found = isOwnHost(host) ? listenerOn(facts?.ports ?? null, port) : undefined;
  if (found === null) return broken(`Nothing listens on ${target} of the server.`, notRunning(profile, forward, facts));
  if (found !== undefined && !reachesLoopback(found)) {
    return broken(
      `Port ${String(port)} is listened on at ${found.addresses.join(', ')} only, not on the server’s loopback.`,
      `Lead the tunnel there (${formatEndpoint(found.addresses[0] ?? host, port)}), or bind the service to 127.0.0.1.`,
    );
  }
  if (state.kind === 'target-failed') return broken(withStop(state.failure.message), state.failure.hint);
  const who = found?.program?.name ?? found?.unit ?? null;
  return [find(well(id, title, `${target} answers${who === null ? '' : `: ${who}`}.`))];
}

/** Several programs may share a port: the one that a tunnel reaches, else any. Null: none. Undefined: not known. */
function listenerOn(ports: readonly ListeningPort[] | null, port: number): ListeningPort | null | undefined {
  if (ports === null) return undefined;
  const all = ports.filter((each) => each.port === port);
  return all.find(reachesLoopback) ?? all[0] ?? null;
}

const reachesLoopback = ({ addresses }: ListeningPort): boolean =>
  addresses.some((each) => each === '0.0.0.0' || each === '::' || !isBeyondLoopback(each));

/** A unit that is there but does not run says more than a port that is silent. */
function notRunning({ name }: ServerProfile, forward: Forward, facts: ServerFacts | null): string {
  const product = { mlflow: 'mlflow', postgres: 'postgresql', s3: 'versitygw' }[forward.service as string];
  const unit = facts?.services.find((each) => each.kind === 'unit' && each.product === product && !each.active);
  if (unit?.kind === 'unit') {
    const [systemctl, journalctl] =
      unit.scope === 'system' ? ['sudo systemctl', 'journalctl'] : ['systemctl --user', 'journalctl --user'];
    return `Its service ${unit.unit} is stopped: ${systemctl} start ${unit.unit}. Why it ended: ${journalctl} -u ${unit.unit} -n 50`;
  }
  return `Start the service on the server, or lead the tunnel to the port that it listens on (mooring facts ${quoted(name)} shows them).`;
}
