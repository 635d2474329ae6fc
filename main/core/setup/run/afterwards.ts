/** What this machine does once the server's part of a run is over: tunnels, what it knows of the stack, the check. */
import { done, failed, type Reply } from '../../../shared/failure.ts';
import { forwardPresets, type Forward, type ForwardDraft } from '../../../shared/forward.ts';
import { mostFormerPorts, type FormerPort, type ServerProfile } from '../../../shared/server.ts';
import type { InstalledStack, StackSecretName } from '../../../shared/setup/stack.ts';
import { stackPorts } from '../../../shared/setup/setup-words.ts';
import type { LocalPorts } from '../../ports.ts';
import type { Secrets } from '../../secrets.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { Manifest } from './manifest.ts';

export interface AfterwardsDeps {
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly localPorts: LocalPorts;
}

/** Notes a stack with its server, in the very place of what was known of its environment. */
export function noteStack(server: ServerProfile, stack: InstalledStack): ServerProfile {
  const isSame = (each: InstalledStack) => each.environment === stack.environment;
  if (!server.stacks.some(isSame)) return { ...server, stacks: [...server.stacks, stack] };
  return { ...server, stacks: server.stacks.map((each) => (isSame(each) ? stack : each)) };
}

/** As a run that begins has it: not complete yet. */
export const stackFrom = (manifest: Manifest, secrets: readonly StackSecretName[]): InstalledStack => ({
  draft: manifest.draft,
  environment: manifest.environment,
  complete: false,
  adminUser: manifest.adminUser,
  secrets,
  forwardId: null,
});

/** Makes the tunnels that are missing, and switches them on. Gives the ids of the forwards, in the order of the services. */
export async function makeTunnels(
  serverId: string,
  services: Manifest['services'],
  deps: AfterwardsDeps,
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

/** The tunnel to a port of the server’s own; undefined: there is none. */
export const tunnelTo = ({ forwards }: Pick<ServerProfile, 'forwards'>, port: number) =>
  forwards.find(({ target }) => target.port === port && ['127.0.0.1', 'localhost', '::1'].includes(target.host));

async function addForward(
  server: ServerProfile,
  service: Manifest['services'][number],
  { profiles, localPorts }: AfterwardsDeps,
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
export async function localPortFor(
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

/** Without its tunnels to these ports of the server's loopback, whose ports here are kept for when they come back. */
function withoutTunnels(server: ServerProfile, ports: readonly number[]): ServerProfile {
  const isGone = ({ target }: Forward) =>
    ports.includes(target.port) && ['127.0.0.1', 'localhost'].includes(target.host);
  const gone = server.forwards.filter(isGone);
  return {
    ...server,
    forwards: server.forwards.filter((each) => !isGone(each)),
    formerPorts: [
      ...gone.map(({ target, bind }): FormerPort => ({ port: target.port, localPort: bind.port })),
      ...(server.formerPorts ?? []).filter((each) => !ports.includes(each.port)),
    ].slice(0, mostFormerPorts),
  };
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
  { profiles }: AfterwardsDeps,
): Promise<Reply<null>> {
  if (gone.length === 0) return done(null);
  const changed = await profiles.replace(serverId, (server) =>
    withoutTunnels(server, ownPorts(server, environment, gone)),
  );
  return changed.ok ? done(null) : changed;
}

/**
 * A stack is gone from the server: so are its secrets, and the tunnels that led to its services. Another one can have such
 * a port by now.
 */
export async function forgetStack(
  serverId: string,
  environment: string,
  ports: readonly number[],
  { profiles, secrets }: AfterwardsDeps,
): Promise<Reply<null>> {
  const forgotten = await secrets.forgetStack(serverId, environment);
  const changed = await profiles.replace(serverId, (server) => ({
    ...withoutTunnels(server, ownPorts(server, environment, ports)),
    stacks: server.stacks.filter((each) => each.environment !== environment),
  }));
  if (!changed.ok) return changed;
  return forgotten.ok ? done(null) : failed(forgotten.error);
}
