/** What is known here of a forward that helps to probe it: names, neighbours, and secrets of the stacks behind it. */
import { formatEndpoint, isOwnHost, type Forward } from '../../shared/forward.ts';
import { webForward } from '../../shared/hosts.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { canAllowNames } from '../../shared/setup/other-names.ts';
import { hasClients, type InstalledStack, type Stack, type StackSecretName } from '../../shared/setup/stack.ts';
import type { Secrets } from '../secrets.ts';
import { parseStack } from '../setup/stack/parse-stack.ts';
import type { State } from '../state.ts';
import { engineSendAs, namesLeadingTo } from '../tunnels/engine-send-as.ts';
import type { Neighbour, ProbeContext } from './probe.ts';

export interface ServiceContextDeps {
  readonly state: State;
  readonly secrets: Secrets;
}

export async function serviceContext(
  profile: ServerProfile,
  forward: Forward,
  deps: ServiceContextDeps,
): Promise<Omit<ProbeContext, 'deep' | 'fullDisk'>> {
  const { bind, target, service } = forward;
  const sendAs = engineSendAs(forward, profile);
  const none = { login: null, loginMissing: false, keys: null, database: null };
  return {
    target,
    host: sendAs?.host ?? formatEndpoint(bind.address, bind.port),
    sendsAs: sendAs !== null,
    localPort: bind.port,
    names: namesOf(profile, forward),
    ownStack: ownStackOf(profile, forward),
    neighbours: profile.forwards.filter((each) => each.id !== forward.id).map(neighbourOf),
    ...none,
    ...(service === 'mlflow' ? await mlflowLogin(profile, forward, deps) : {}),
    ...(service === 'mlflow' ? storeOf(profile, forward) : {}),
    ...(service === 's3' ? await storeKeys(profile, forward, deps) : {}),
    ...(service === 'postgres' ? await databaseLogin(profile, forward, deps) : {}),
  };
}

/** Of other services on the same platform, by the words that their names have. */
const othersNames = /minio|grafana|prometheus|kserve|pipeline|evidently|jupyter/;

/**
 * Under which this machine opens it, by the hosts file. Only MLflow minds: it refuses names that it was not told of, also
 * from behind the web server that shares port 80 out by name. A forward that sends a name of its own has no others.
 */
export function namesOf(profile: ServerProfile, forward: Forward): readonly string[] {
  if (forward.sendAs) return [];
  const names = namesLeadingTo(forward, profile).filter((name) => !othersNames.test(name));
  if (forward.service === 'mlflow') return names;
  return isWeb(profile, forward) ? names.filter((name) => name.includes('mlflow')) : [];
}

const isWeb = (profile: ServerProfile, { id }: Forward): boolean => webForward(profile)?.id === id;

/** Of the MLflow behind a forward to it, or to the web server before it. */
function ownStackOf(profile: ServerProfile, forward: Forward): string | null {
  const ours = profile.stacks.filter((each) => canAllowNames(each) && hasClients(each));
  const itsOwn = ours.find((each) => each.forwardId === forward.id);
  const isShared = isWeb(profile, forward) && ours.length === 1;
  return (itsOwn ?? (isShared ? ours[0] : undefined))?.environment ?? null;
}

const neighbourOf = ({ id, label, service, bind, target }: Forward): Neighbour => ({
  forwardId: id,
  label,
  service,
  localPort: bind.port,
  target,
});

async function mlflowLogin({ id, stacks }: ServerProfile, forward: Forward, deps: ServiceContextDeps) {
  const stack = stacks.find((each) => each.forwardId === forward.id && each.adminUser !== null);
  if (!stack || stack.adminUser === null) return {};
  const password = await secretOf(id, stack, 'mlflow.admin-password', deps);
  return password === null ? { loginMissing: true } : { login: { user: stack.adminUser, password } };
}

/** The store of its artifacts, where the server itself reaches that on its loopback. */
function storeOf({ stacks }: ServerProfile, { id }: Forward): Pick<ProbeContext, 'storePort'> {
  const installed = stacks.find((each) => each.forwardId === id);
  const stack = installed ? stackOf(installed) : null;
  const artifacts = stack?.mlflow?.artifacts;
  if (artifacts?.kind === 'own-storage' && stack?.storage) return { storePort: stack.storage.port };
  if (artifacts?.kind !== 's3') return {};
  const [, port] =
    /^https?:\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d{1,5})/.exec(artifacts.endpoint ?? '') ?? [];
  return port === undefined ? {} : { storePort: Number(port) };
}

async function storeKeys({ id, stacks }: ServerProfile, { target }: Forward, deps: ServiceContextDeps) {
  if (!isOwnHost(target.host)) return {};
  const stack = stacks.find((each) => stackOf(each)?.storage?.port === target.port);
  if (!stack) return {};
  const accessKeyId = await secretOf(id, stack, 'storage.access-key', deps);
  const secretAccessKey = await secretOf(id, stack, 'storage.secret-key', deps);
  return accessKeyId === null || secretAccessKey === null ? {} : { keys: { accessKeyId, secretAccessKey } };
}

async function databaseLogin({ id, stacks }: ServerProfile, { target }: Forward, deps: ServiceContextDeps) {
  for (const stack of stacks) {
    const database = stackOf(stack)?.mlflow?.database;
    const isIt =
      (database?.kind === 'postgres' && isOwnHost(target.host)) ||
      (database?.kind === 'external-postgres' && database.host === target.host && database.port === target.port);
    if (!isIt) continue;
    const password = await secretOf(id, stack, 'database.password', deps);
    if (password !== null) return { database: { user: database.user, database: database.name, password } };
  }
  return {};
}

function stackOf({ draft }: InstalledStack): Stack | null {
  const parsed = parseStack(draft);
  return parsed.ok ? parsed.value : null;
}

/** Null where it is not known. A keychain that would have to ask a person is left alone: nobody asked for a probe. */
async function secretOf(
  serverId: string,
  { environment, secrets: kept }: InstalledStack,
  name: StackSecretName,
  { state, secrets }: ServiceContextDeps,
): Promise<string | null> {
  const { kind } = state.get().keychain;
  if (!kept.includes(name) || (kind !== 'ready' && kind !== 'absent')) return null;
  const found = await secrets.getForStack(serverId, environment, name);
  return found.ok ? found.value : null;
}
