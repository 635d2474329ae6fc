/** Takes over what is on a server already: a stack from another laptop, or an MLflow that somebody made by hand. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { forwardUrl } from '../../shared/forward.ts';
import { quoted } from '../../shared/shell-words.ts';
import { adoptedEnvironment } from '../../shared/setup/offers.ts';
import type { InstalledStack } from '../../shared/setup/stack.ts';
import type { LocalPorts } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import type { Profiles } from '../servers/profiles.ts';
import type { Credentials } from './credentials.ts';
import { noteStack } from './run/afterwards.ts';
import type { Manifest } from './run/manifest.ts';
import type { Preparation } from './run/preparation.ts';
import { makeTunnels } from './run/stack-tunnels.ts';

export interface AdoptingDeps {
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly localPorts: LocalPorts;
  readonly preparation: Preparation;
  readonly credentials: Credentials;
}

export interface Adoption {
  /** Of a stack that Mooring made. */
  readonly environment?: string;
  /** Of an MLflow that it did not make. */
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
}

/** A login that does not prove right is a failure; the tunnel is there then, and no password is kept. */
export async function adopt(
  serverId: string,
  wanted: Adoption,
  deps: AdoptingDeps,
): Promise<Reply<Record<never, never>>> {
  const target = await targetOf(serverId, wanted, deps);
  if (!target.ok) return target;
  const { services, draft, environment, complete, adminUser } = target.value;
  const made = await makeTunnels(serverId, services, deps);
  if (!made.ok) return made;
  const found = deps.profiles.find(serverId);
  if (!found.ok) return found;
  const main = services.findIndex((each) => each.service === 'mlflow');
  const forward = found.value.forwards.find((each) => each.id === made.value[Math.max(0, main)]);
  const user = wanted.user ?? adminUser;
  const { password } = wanted;
  if (main >= 0 && forward) {
    const url = forwardUrl(forward)?.replace(/\/$/, '') ?? '';
    const login = user !== null && password !== undefined && password !== '' ? { user, password } : null;
    const opened = await deps.credentials.tryLogin(url, login);
    if (!opened.ok) return opened;
    if (login) await deps.secrets.keepForStack(serverId, environment, 'mlflow.admin-password', login.password);
  }
  const stack: InstalledStack = {
    draft,
    environment,
    complete,
    adminUser: password === undefined || password === '' ? null : user,
    secrets: password === undefined || password === '' ? [] : ['mlflow.admin-password'],
    forwardId: forward?.id ?? null,
  };
  const noted = await deps.profiles.replace(serverId, (server) => noteStack(server, stack));
  return noted.ok ? done({}) : noted;
}

type Target = Pick<Manifest, 'services' | 'environment' | 'adminUser'> & Pick<InstalledStack, 'draft' | 'complete'>;

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
    services: [{ service: 'mlflow', label: 'MLflow', port, samePort: false }],
  });
}
