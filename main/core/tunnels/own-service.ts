/** What it means that nothing listens where a stack of ours should: its service does not run. Pure. */
import type { Failure } from '../../shared/failure.ts';
import { formatEndpoint, type Forward } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { adoptCommand } from '../../shared/setup/password-words.ts';
import type { Stack } from '../../shared/setup/stack.ts';
import { unitName } from '../setup/plan/places.ts';
import { ownStacks, partBehind } from '../setup/stack/behind.ts';

/**
 * The failure of a forward’s target, in the words that help most: that of a service of ours names what starts it. It may
 * also have been set up anew on another port, from elsewhere.
 */
export function explainTarget(profile: ServerProfile, { target }: Forward, trouble: Failure): Failure {
  const own = trouble.code === 'target-refused' ? partBehind(ownStacks(profile), target) : null;
  if (!own?.installed.complete) return trouble;
  const { environment } = own.installed;
  const name = own.part === 'mlflow' ? 'MLflow' : 'The store';
  const place = formatEndpoint(target.host, target.port);
  const hint = startHint(profile.user, own.stack.scope, own.part, environment);
  return {
    ...trouble,
    message: `${name} does not answer on ${profile.name}: nothing listens on ${place} there.`,
    hint,
    commandHint: `${hint}. Or take it over again, if it was set up anew on another port: ${adoptCommand(profile.name, environment)}`,
    isMendedThere: true,
  };
}

export const startHint = (
  user: string,
  scope: Stack['scope'],
  part: 'mlflow' | 'storage',
  environment: string,
): string => `Start it on the server: ${startCommand(user, scope, unitName(part, environment))}`;

/** Which of the two it became is known on the server alone, unless somebody chose. */
function startCommand(user: string, scope: Stack['scope'], unit: string): string {
  const own = `systemctl --user start ${unit}`;
  if (scope === 'user') return own;
  if (user === 'root') return `systemctl start ${unit}`;
  const system = `sudo systemctl start ${unit}`;
  return scope === 'system' ? system : `${system} (for an account without sudo: ${own})`;
}
