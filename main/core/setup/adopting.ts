/** Takes over what is on a server already: a stack from another laptop, or an MLflow that somebody made by hand. */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import { adoptedEnvironment, adoptedPort } from '../../shared/setup/offers.ts';
import { adoptCommand, unknownPasswordHints } from '../../shared/setup/password-words.ts';
import { stackPorts } from '../../shared/setup/setup-words.ts';
import type { InstalledStack } from '../../shared/setup/stack.ts';
import type { LocalPorts } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import type { Profiles } from '../servers/profiles.ts';
import { startHint } from '../tunnels/own-service.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { proveMlflow } from './adopt-proof.ts';
import { noteStack } from './run/afterwards.ts';
import type { Manifest } from './run/manifest.ts';
import type { Preparation } from './run/preparation.ts';
import { makeTunnels, withMovedTunnels } from './run/stack-tunnels.ts';

export interface AdoptingDeps {
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly localPorts: LocalPorts;
  readonly preparation: Preparation;
  readonly tunnels: Pick<Tunnels, 'asks' | 'connectionIdOf'>;
}

export interface Adoption {
  /** Of a stack that Mooring made. */
  readonly environment?: string;
  /** Of an MLflow that it did not make. */
  readonly port?: number;
  readonly user?: string;
  /** Not there: the one that is kept here, if there is one. Empty: it is not to be known here now. */
  readonly password?: string;
}

/**
 * What is there is proven first: where that fails, nothing is changed. One that is known here is brought to how the
 * server has it now.
 */
export async function adopt(
  serverId: string,
  wanted: Adoption,
  deps: AdoptingDeps,
): Promise<Reply<Record<never, never>>> {
  const { profiles, secrets } = deps;
  const aimed = await targetOf(serverId, wanted, deps);
  if (!aimed.ok) return aimed;
  const target = aimed.value;
  const { services, draft, environment, complete } = target;
  const found = profiles.find(serverId);
  if (!found.ok) return found;
  const known = found.value.stacks.find((each) => each.environment === environment);
  const login = await loginOf(found.value, target, known, wanted, deps);
  if (!login.ok) return login;
  const { user, password } = login.value;
  const gone = known ? stackPorts(known.draft).filter((port) => !services.some((each) => each.port === port)) : [];
  const moved = await profiles.replace(serverId, (server) => withMovedTunnels(server, target, gone));
  if (!moved.ok) return moved;
  const made = await tunnelsTo(serverId, services, deps);
  if (!made.ok) return made;
  if (password?.isNew) await secrets.keepForStack(serverId, environment, 'mlflow.admin-password', password.text);
  const others = (known?.secrets ?? []).filter((each) => each !== 'mlflow.admin-password');
  const stack: InstalledStack = {
    draft,
    environment,
    complete,
    adminUser: user,
    secrets: [...others, ...(password ? (['mlflow.admin-password'] as const) : [])],
    forwardId: made.value[Math.max(0, indexOfMlflow(services))] ?? null,
  };
  const noted = await profiles.replace(serverId, (server) => noteStack(server, stack));
  return noted.ok ? done({}) : noted;
}

type Target = Pick<Manifest, 'services' | 'environment' | 'adminUser'> &
  Pick<InstalledStack, 'draft' | 'complete'> & {
    /** Null: Mooring did not make it. */
    readonly scope: Manifest['scope'] | null;
  };

async function targetOf(serverId: string, { environment, port }: Adoption, deps: AdoptingDeps): Promise<Reply<Target>> {
  if (environment !== undefined) {
    const found = deps.profiles.find(serverId);
    if (!found.ok) return found;
    const looked = await deps.preparation.look(serverId);
    if (!looked.ok) return looked;
    const stack = looked.value.stacks.find((each) => each.environment === environment);
    if (stack) return done({ ...stack.manifest, complete: stack.complete });
    return failed(
      failure('not-found', `There is no stack “${environment}” on this server.`, {
        hint: 'See on the Setup page what is there.',
        commandHint: `See what is there: mooring setup history ${quoted(found.value.name)}`,
      }),
    );
  }
  if (port === undefined) {
    return failed(failure('invalid-argument', 'Say what to adopt: an environment, or the port of an MLflow.'));
  }
  return done({
    environment: adoptedEnvironment(port),
    complete: true,
    draft: { stack: 'mlflow-quick-start', values: { 'mlflow.port': port } },
    adminUser: null,
    scope: null,
    services: [{ service: 'mlflow', label: 'MLflow', port, samePort: false }],
  });
}

const indexOfMlflow = (services: Manifest['services']): number =>
  services.findIndex((each) => each.service === 'mlflow');

interface ProvenLogin {
  /** Null: it asks for none. */
  readonly user: string | null;
  /** Null: not known here. */
  readonly password: { readonly text: string; readonly isNew: boolean } | null;
}

/** The login as it is from now on; what was given or kept has proven right. */
async function loginOf(
  server: ServerProfile,
  { services, environment, adminUser, scope }: Target,
  known: InstalledStack | undefined,
  wanted: Adoption,
  { secrets, tunnels }: AdoptingDeps,
): Promise<Reply<ProvenLogin>> {
  const port = services[indexOfMlflow(services)]?.port;
  if (port === undefined) return done({ user: null, password: null });
  // The manifest of what somebody else made does not know its login.
  const isForeign = adoptedPort(environment) !== null;
  const user = wanted.user ?? adminUser ?? (isForeign ? (known?.adminUser ?? null) : null);
  const mayKeep = known && user !== null && (wanted.user ?? known.adminUser) === known.adminUser;
  const kept =
    mayKeep && wanted.password === undefined
      ? await secrets.getForStack(server.id, environment, 'mlflow.admin-password')
      : null;
  const keptText = kept?.ok ? kept.value : null;
  const text = wanted.password ?? keptText ?? '';
  const proof = await proveMlflow(
    server,
    port,
    user === null || text === '' ? null : { user, password: text },
    tunnels,
  );
  if (!proof.ok) {
    const isStopped = proof.error.code === 'target-refused' && scope !== null && !isForeign;
    if (!isStopped) return proof;
    const { commandHint: _look, ...stopped } = proof.error;
    return failed({ ...stopped, hint: startHint(server.user, scope, 'mlflow', environment) });
  }
  switch (proof.value) {
    case 'open':
      return done({ user: null, password: null });
    case 'let-in':
      return done({ user, password: { text, isNew: wanted.password !== undefined } });
    case 'refused':
      return failed(refusedLogin(server.name, environment, user ?? '', keptText !== null));
    case 'wants-login':
      if (user !== null && wanted.password === '') return done({ user, password: null });
      return failed(missingLogin(server.name, environment, user));
    default:
      return proof.value satisfies never;
  }
}

const passwordField = (message: string): Pick<Failure, 'fields'> => ({ fields: [{ path: 'password', message }] });

function refusedLogin(serverName: string, environment: string, user: string, wasKept: boolean): Failure {
  if (wasKept) {
    return failure('login-rejected', `MLflow did not accept the password that is kept here for ${user}.`, {
      ...unknownPasswordHints(serverName, environment, user),
      ...passwordField('It was changed elsewhere'),
    });
  }
  return failure('login-rejected', 'MLflow did not accept this user and password.', {
    hint: 'Type them again.',
    commandHint: `Give them again: ${adoptCommand(serverName, environment)} --user ${quoted(user)}`,
    ...passwordField('Not accepted'),
  });
}

function missingLogin(serverName: string, environment: string, user: string | null): Failure {
  const who = user === null ? 'NAME' : quoted(user);
  return failure('login-rejected', 'MLflow asks for a login.', {
    hint: 'Give its user and password.',
    commandHint: `Give its user, and its password at a terminal or on standard input: ${adoptCommand(serverName, environment)} --user ${who} --stdin`,
    ...passwordField('Needed'),
  });
}

/** Takes back what it made where one can't be made. */
async function tunnelsTo(
  serverId: string,
  services: Manifest['services'],
  deps: AdoptingDeps,
): Promise<Reply<readonly string[]>> {
  const before = deps.profiles.find(serverId);
  const made = await makeTunnels(serverId, services, deps);
  if (made.ok || !before.ok) return made;
  const ids = before.value.forwards.map(({ id }) => id);
  await deps.profiles.replace(serverId, (server) => ({
    ...server,
    forwards: server.forwards.filter(({ id }) => ids.includes(id)),
  }));
  return made;
}
