/** What it means that nothing listens where a stack of ours should: its service does not run. Pure. */
import { failure, type Failure } from '../../shared/failure.ts';
import { formatEndpoint, isLoopback, type Forward } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { adoptedPort } from '../../shared/setup/offers.ts';
import { unitName } from '../setup/plan/places.ts';
import { parseStack } from '../setup/stack/parse-stack.ts';

/** The failure of a forward’s target, in the words that help most: that of a service of ours names what starts it. */
export function explainTarget(profile: ServerProfile, { target }: Forward, trouble: Failure): Failure {
  const { host, port } = target;
  if (trouble.code !== 'target-refused' || !(host === 'localhost' || isLoopback(host))) return trouble;
  const own = ownService(profile, port);
  if (own === null) return trouble;
  const hint = `Start it on the server: ${startCommand(profile.user, own.scope, own.unit)}`;
  const message = `${own.name} does not run on ${profile.name}: nothing listens on ${formatEndpoint(host, port)} there.`;
  const { detail } = trouble;
  return failure(trouble.code, message, { hint, commandHint: hint, ...(detail === undefined ? {} : { detail }) });
}

interface OwnService {
  readonly name: string;
  readonly unit: string;
  readonly scope: 'auto' | 'system' | 'user';
}

/** What somebody else set up is started by what they made for it. */
function ownService({ stacks }: ServerProfile, port: number): OwnService | null {
  for (const { draft, environment, complete } of stacks) {
    const parsed = complete && adoptedPort(environment) === null ? parseStack(draft) : null;
    if (!parsed?.ok) continue;
    const { mlflow, storage, scope } = parsed.value;
    if (mlflow?.port === port) return { name: 'MLflow', unit: unitName('mlflow', environment), scope };
    if (storage?.port === port) return { name: 'The store', unit: unitName('storage', environment), scope };
  }
  return null;
}

/** Which of the two it became is known on the server alone, unless somebody chose. */
function startCommand(user: string, scope: OwnService['scope'], unit: string): string {
  const own = `systemctl --user start ${unit}`;
  if (scope === 'user') return own;
  if (user === 'root') return `systemctl start ${unit}`;
  const system = `sudo systemctl start ${unit}`;
  return scope === 'system' ? system : `${system} (for an account without sudo: ${own})`;
}
