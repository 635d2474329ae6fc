/** The tunnels to the services of stacks: made, planned, and taken off again. */
import { done, type Reply } from '../../../shared/failure.ts';
import { forwardPresets, isOwnHost, type Forward, type ForwardDraft } from '../../../shared/forward.ts';
import { mostFormerPorts, type FormerPort, type ServerProfile } from '../../../shared/server.ts';
import type { PlanRemark, PlanService } from '../../../shared/setup/plan.ts';
import { stackPorts } from '../../../shared/setup/setup-words.ts';
import type { LocalPorts } from '../../ports.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { Manifest } from './manifest.ts';

export interface StackTunnelsDeps {
  readonly profiles: Profiles;
  readonly localPorts: LocalPorts;
}

/** To one of these ports of the server’s own loopback. */
const leadsTo = ({ target }: Forward, ports: readonly number[]): boolean =>
  isOwnHost(target.host) && ports.includes(target.port);

/** The tunnel to a port of the server’s own; undefined: there is none. */
const tunnelTo = ({ forwards }: ServerProfile, port: number): Forward | undefined =>
  forwards.find((each) => leadsTo(each, [port]));

/** Makes the tunnels that are missing, and switches them on. Gives the ids of the forwards, in the order of the services. */
export async function makeTunnels(
  serverId: string,
  services: Manifest['services'],
  deps: StackTunnelsDeps,
): Promise<Reply<readonly string[]>> {
  const ids: string[] = [];
  for (const service of services) {
    const found = deps.profiles.find(serverId);
    if (!found.ok) return found;
    const known = tunnelTo(found.value, service.port);
    const id = known ? done({ forwardId: known.id }) : await addForward(found.value, service, deps);
    if (!id.ok) return id;
    ids.push(id.value.forwardId);
    await deps.profiles.setWanted(serverId, id.value.forwardId, true);
  }
  return done(ids);
}

async function addForward(
  server: ServerProfile,
  service: Manifest['services'][number],
  { profiles, localPorts }: StackTunnelsDeps,
): Promise<Reply<{ forwardId: string }>> {
  const labels = new Set(server.forwards.map((each) => each.label.toLowerCase()));
  const label = labels.has(service.label.toLowerCase()) ? `${service.label} (${String(service.port)})` : service.label;
  const port = await localPortFor(server, service, profiles.all(), localPorts);
  const draft: ForwardDraft = {
    label,
    service: service.service,
    bind: { address: '127.0.0.1', port, alsoIpv6: false },
    target: { host: '127.0.0.1', port: service.port },
  };
  return profiles.addForward(server.id, draft);
}

/**
 * The one that it had before its stack was taken off, or the usual one, if nobody has it; else the next. Always the same
 * where other programs are told that very address. `taken`: by tunnels that are yet to be made.
 */
async function localPortFor(
  { formerPorts = [] }: Pick<ServerProfile, 'formerPorts'>,
  { service, port, samePort }: Manifest['services'][number],
  servers: readonly ServerProfile[],
  localPorts: LocalPorts,
  taken: readonly number[] = [],
): Promise<number> {
  if (samePort) return port;
  const preset = forwardPresets.find((each) => each.service === service && each.targetPort === port);
  const usual = preset?.localPort ?? port;
  const planned = [...taken, ...servers.flatMap((each) => each.forwards.map(({ bind }) => bind.port))];
  for (const wanted of [...formerPorts.filter((each) => each.port === port).map((each) => each.localPort), usual]) {
    if (!planned.includes(wanted) && (await localPorts.holder('127.0.0.1', wanted)) === null) return wanted;
  }
  return (await localPorts.nextFree('127.0.0.1', usual, planned)) ?? usual;
}

/**
 * The port of the tunnel that is there, else the one that it would get now; and what to know where that is not the one it
 * had before its stack was taken off.
 */
export async function withLocalPorts(
  serverId: string,
  services: readonly PlanService[],
  { profiles, localPorts }: StackTunnelsDeps,
): Promise<{ readonly services: readonly PlanService[]; readonly remarks: readonly PlanRemark[] }> {
  const found = profiles.find(serverId);
  if (!found.ok) return { services, remarks: [] };
  const taken: number[] = [];
  const planned: PlanService[] = [];
  const remarks: PlanRemark[] = [];
  for (const service of services) {
    const known = tunnelTo(found.value, service.port);
    const localPort = known?.bind.port ?? (await localPortFor(found.value, service, profiles.all(), localPorts, taken));
    const before = known || service.samePort ? undefined : formerPort(found.value, service.port);
    if (before !== undefined && before !== localPort) {
      const holder = tunnelAt(profiles.all(), before) ?? (await localPorts.holder('127.0.0.1', before))?.program;
      remarks.push(movedTunnel(service.label, before, holder ?? 'Something else', localPort));
    }
    taken.push(localPort);
    planned.push({ ...service, localPort });
  }
  return { services: planned, remarks };
}

/** Where the tunnel to this port of the server was here when its stack was taken off. */
const formerPort = ({ formerPorts = [] }: ServerProfile, port: number): number | undefined =>
  formerPorts.find((each) => each.port === port)?.localPort;

/** The tunnel, on or off, that is meant for this port of this machine, as people know it. */
function tunnelAt(servers: readonly ServerProfile[], port: number): string | undefined {
  for (const { name, forwards } of servers) {
    const label = forwards.find(({ bind }) => bind.port === port)?.label;
    if (label !== undefined) return `The tunnel ${label} of ${name}`;
  }
  return undefined;
}

const movedTunnel = (label: string, before: number, holder: string, now: number): PlanRemark => ({
  level: 'note',
  message: `The tunnel ${label} was at 127.0.0.1:${String(before)} before. ${holder} has that port now: it will be at ${String(now)}.`,
  hint: null,
});

/**
 * Without the tunnels to these ports of the server’s loopback where no other of its environments answers. Their ports here
 * are kept for when they come back.
 */
export function withoutTunnels(server: ServerProfile, environment: string, ports: readonly number[]): ServerProfile {
  const own = ownPorts(server, environment, ports);
  const gone = server.forwards.filter((each) => leadsTo(each, own));
  return {
    ...server,
    forwards: server.forwards.filter((each) => !gone.includes(each)),
    formerPorts: [
      ...gone.map(({ target, bind }): FormerPort => ({ port: target.port, localPort: bind.port })),
      ...(server.formerPorts ?? []).filter((each) => !own.includes(each.port)),
    ].slice(0, mostFormerPorts),
  };
}

/**
 * An environment answers at these services now, and at the ports in `gone` no more: its tunnels lead there, their labels
 * and ports here as they are. Those that are left without a place go, as do those that need another port here.
 */
export function withMovedTunnels(
  server: ServerProfile,
  { environment, services }: Pick<Manifest, 'environment' | 'services'>,
  gone: readonly number[],
): ServerProfile {
  const own = ownPorts(server, environment, gone);
  const forwards = server.forwards.map((each): Forward => {
    if (!leadsTo(each, own)) return each;
    const moved = services.find(({ service, port, samePort }) => {
      return service === each.service && !samePort && tunnelTo(server, port) === undefined;
    });
    return moved ? { ...each, target: { ...each.target, port: moved.port } } : each;
  });
  return withoutTunnels({ ...server, forwards }, environment, gone);
}

/** Of these ports, those where no other environment of the server answers. */
const ownPorts = ({ stacks }: ServerProfile, environment: string, ports: readonly number[]): readonly number[] => {
  const others = stacks.filter((each) => each.environment !== environment).flatMap(({ draft }) => stackPorts(draft));
  return ports.filter((port) => !others.includes(port));
};

/** What an environment has now answers no more where it did before: the tunnels go, unless another one has that port. */
export async function dropTunnels(
  serverId: string,
  { environment, gone }: Pick<Manifest, 'environment' | 'gone'>,
  { profiles }: Pick<StackTunnelsDeps, 'profiles'>,
): Promise<Reply<null>> {
  if (gone.length === 0) return done(null);
  const changed = await profiles.replace(serverId, (server) => withoutTunnels(server, environment, gone));
  return changed.ok ? done(null) : changed;
}
