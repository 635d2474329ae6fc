/** What this machine does once the server's part of a run is over: tunnels, what it knows of the stack, the check. */
import { done, failed, type Reply } from '../../../shared/failure.ts';
import { forwardPresets, type ForwardDraft } from '../../../shared/forward.ts';
import type { ServerProfile } from '../../../shared/server.ts';
import type { InstalledStack, StackDraft, StackSecretName } from '../../../shared/setup/stack.ts';
import type { LocalPorts } from '../../ports.ts';
import type { Secrets } from '../../secrets.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { Manifest } from './manifest.ts';

export interface AfterwardsDeps {
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly localPorts: LocalPorts;
}

/** Notes a stack with its server, in place of what was known of its environment. */
export const noteStack = (server: ServerProfile, stack: InstalledStack): ServerProfile => ({
  ...server,
  stacks: [...server.stacks.filter((each) => each.environment !== stack.environment), stack],
});

export const stackFrom = (manifest: Manifest, secrets: readonly StackSecretName[]): InstalledStack => ({
  draft: manifest.draft,
  environment: manifest.environment,
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
    const known = found.value.forwards.find(
      ({ target }) => target.port === service.port && ['127.0.0.1', 'localhost', '::1'].includes(target.host),
    );
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
  { profiles, localPorts }: AfterwardsDeps,
): Promise<Reply<{ forwardId: string }>> {
  const labels = new Set(server.forwards.map((each) => each.label.toLowerCase()));
  const label = labels.has(service.label.toLowerCase()) ? `${service.label} (${String(service.port)})` : service.label;
  const port = await localPortFor(service, profiles.all(), localPorts);
  const draft: ForwardDraft = {
    label,
    service: service.service,
    bind: { address: '127.0.0.1', port, alsoIpv6: false },
    target: { host: '127.0.0.1', port: service.port },
  };
  return profiles.addForward(server.id, draft);
}

/** The usual one if nobody has it, else the next; always the same where other programs are told that very address. */
async function localPortFor(
  { service, port, samePort }: Manifest['services'][number],
  servers: readonly ServerProfile[],
  localPorts: LocalPorts,
): Promise<number> {
  if (samePort) return port;
  const preset = forwardPresets.find((each) => each.service === service && each.targetPort === port);
  const usual = preset?.localPort ?? port;
  const planned = servers.flatMap((each) => each.forwards.map(({ bind }) => bind.port));
  const isFree = !planned.includes(usual) && (await localPorts.holder('127.0.0.1', usual)) === null;
  if (isFree) return usual;
  return (await localPorts.nextFree('127.0.0.1', usual, planned)) ?? usual;
}

/** The ports on the server where a stack answers. */
export function portsOf({ stack, values }: StackDraft): readonly number[] {
  const port = (key: string, usual: number) => Number(values[key] ?? usual);
  const isStore = stack === 'mlflow-full' || stack === 'object-storage';
  return [
    ...(stack.startsWith('mlflow') ? [port('mlflow.port', 5000)] : []),
    ...(isStore ? [port('storage.port', 9000), port('storage.console-port', 9001)] : []),
  ];
}

const withoutTunnels = (server: ServerProfile, ports: readonly number[]): ServerProfile['forwards'] =>
  server.forwards.filter(
    ({ target }) => !(ports.includes(target.port) && ['127.0.0.1', 'localhost'].includes(target.host)),
  );

/** What an environment has now answers no more where it did before: the tunnels go, unless another one has that port. */
export async function dropTunnels(
  serverId: string,
  { environment, gone }: Pick<Manifest, 'environment' | 'gone'>,
  { profiles }: AfterwardsDeps,
): Promise<Reply<null>> {
  if (gone.length === 0) return done(null);
  const changed = await profiles.replace(serverId, (server) => {
    const others = server.stacks
      .filter((each) => each.environment !== environment)
      .flatMap(({ draft }) => portsOf(draft));
    return {
      ...server,
      forwards: withoutTunnels(
        server,
        gone.filter((port) => !others.includes(port)),
      ),
    };
  });
  return changed.ok ? done(null) : changed;
}

/** A stack is gone from the server: so are its secrets, and the tunnels that led to its services. */
export async function forgetStack(
  serverId: string,
  environment: string,
  ports: readonly number[],
  { profiles, secrets }: AfterwardsDeps,
): Promise<Reply<null>> {
  const forgotten = await secrets.forgetStack(serverId, environment);
  const changed = await profiles.replace(serverId, (server) => ({
    ...server,
    stacks: server.stacks.filter((each) => each.environment !== environment),
    forwards: withoutTunnels(server, ports),
  }));
  if (!changed.ok) return changed;
  return forgotten.ok ? done(null) : failed(forgotten.error);
}
