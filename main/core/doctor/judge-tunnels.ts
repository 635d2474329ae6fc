/** Each tunnel: its local port, and what listens at its far end. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { ListeningPort, ServerFacts } from '../../shared/facts.ts';
import { failureLine } from '../../shared/failure.ts';
import { formatEndpoint, isLoopback, type Forward } from '../../shared/forward.ts';
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
        hint: 'Add one: for MLflow, mooring forward add SERVER mlflow',
        fix: { kind: 'open-tab', serverId: profile.id, tab: 'tunnels' },
      }),
    ];
  }
  return profile.forwards.flatMap((forward, at) => {
    const view = forwards[at];
    if (view === undefined || view.state.kind === 'off') return [];
    return [localEnd(find, profile.id, forward, view), ...farEnd(find, forward, view, facts)];
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
        seen: `${failureLine(state.failure)}.`,
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

function farEnd(find: Find, forward: Forward, { state }: ForwardView, facts: ServerFacts | null): readonly Finding[] {
  const { host, port } = forward.target;
  const target = formatEndpoint(host, port);
  const title = `${forward.label}, far end`;
  const id = `forward/${forward.id}/target`;
  const isHere = host === 'localhost' || isLoopback(host);
  const found = isHere ? listenerOn(facts?.ports ?? null, port) : undefined;
  if (state.kind === 'target-failed') {
    return [
      find({
        id,
        title,
        status: 'broken',
        seen:
          found === null ? `Nothing listens on port ${String(port)} of the server.` : `${failureLine(state.failure)}.`,
        hint: found === null ? notRunning(forward, facts) : state.failure.hint,
      }),
    ];
  }
  if (state.kind !== 'up') return [];
  if (found === null) {
    return [
      find({
        id,
        title,
        status: 'broken',
        seen: `Nothing listens on ${target} of the server.`,
        hint: notRunning(forward, facts),
      }),
    ];
  }
  if (found !== undefined && !reachesLoopback(found)) {
    return [
      find({
        id,
        title,
        status: 'broken',
        seen: `Port ${String(port)} is listened on at ${found.addresses.join(', ')} only, not on the server’s loopback.`,
        hint: `Lead the tunnel there (${formatEndpoint(found.addresses[0] ?? host, port)}), or bind the service to 127.0.0.1.`,
      }),
    ];
  }
  const who = found?.program?.name ?? found?.unit ?? null;
  return [find(well(id, title, `${target} answers${who === null ? '' : `: ${who}`}.`))];
}

/** Null: nothing listens there. Undefined: not known. */
const listenerOn = (ports: readonly ListeningPort[] | null, port: number): ListeningPort | null | undefined =>
  ports === null ? undefined : (ports.find((each) => each.port === port) ?? null);

const reachesLoopback = ({ addresses }: ListeningPort): boolean =>
  addresses.some((each) => each === '0.0.0.0' || each === '::' || each === '*' || isLoopback(each.replace(/%.*$/, '')));

/** A unit that is there but does not run says more than a port that is silent. */
function notRunning(forward: Forward, facts: ServerFacts | null): string {
  const product = { mlflow: 'mlflow', postgres: 'postgresql', s3: 'versitygw' }[forward.service as string];
  const unit = facts?.services.find((each) => each.kind === 'unit' && each.product === product && !each.active);
  if (unit?.kind === 'unit') {
    const sudo = unit.scope === 'system' ? 'sudo systemctl' : 'systemctl --user';
    return `Its service ${unit.unit} is stopped: ${sudo} start ${unit.unit}. Why it ended: journalctl ${unit.scope === 'user' ? '--user ' : ''}-u ${unit.unit} -n 50`;
  }
  return 'Start the service on the server, or lead the tunnel to the port that it listens on (mooring facts SERVER shows them).';
}
