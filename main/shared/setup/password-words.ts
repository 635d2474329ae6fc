/** What to do about a password of a stack’s MLflow that is not known here, or will not be for long. */
import type { Failure } from '../failure.ts';
import { environmentOption, quoted } from '../shell-words.ts';
import type { KeychainView } from '../snapshot.ts';
import { adoptedPort } from './offers.ts';
import type { InstalledStack } from './stack.ts';

/** For a failure. `adminUser`: whose password it is. */
export function unknownPasswordHints(
  serverName: string,
  environment: string,
  adminUser: string,
): Required<Pick<Failure, 'hint' | 'commandHint'>> {
  const give = adoptCommand(serverName, environment);
  if (adoptedPort(environment) !== null) {
    return {
      hint: 'Forget it here, on the Setup page, and adopt it again with its password.',
      commandHint: `Give it: ${give} --user ${quoted(adminUser)}`,
    };
  }
  const which = `${quoted(serverName)}${environmentOption(environment)}`;
  const user = adminUser === 'admin' ? '' : ` --user ${quoted(adminUser)}`;
  return {
    hint: 'Set a new one by “Change password…” of the stack on the Setup page: the old one is not needed.',
    commandHint: `Set a new one, the old one is not needed: mooring setup password ${which} --change. Or give the old one: ${give}${user}`,
  };
}

/** Takes an environment over, and asks for its password: `main` has to be named as well, as there may be others. */
export function adoptCommand(serverName: string, environment: string): string {
  const port = adoptedPort(environment);
  const which = port === null ? `--environment ${quoted(environment)}` : `--port ${String(port)}`;
  return `mooring setup adopt ${quoted(serverName)} ${which}`;
}

/** Whether the password of a stack’s MLflow is known here, and for how long. `user`: whose it is. */
export type KnownPassword =
  /** It asks for no login. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly user: string }
  | { readonly kind: 'for-good'; readonly user: string }
  | { readonly kind: 'until-quit'; readonly words: string };

export function knownPassword(
  { adminUser: user, secrets }: Pick<InstalledStack, 'adminUser' | 'secrets'>,
  keychain: KeychainView,
): KnownPassword {
  if (user === null) return { kind: 'none' };
  if (!secrets.includes('mlflow.admin-password')) return { kind: 'unknown', user };
  const words = passwordLifetime(keychain, user);
  return words === null ? { kind: 'for-good', user } : { kind: 'until-quit', words };
}

/** How long a password that was just set is known here; null: in the keychain, for good. */
export function passwordLifetime(keychain: KeychainView, adminUser: string): string | null {
  switch (keychain.kind) {
    case 'unknown':
    case 'ready':
      return null;
    case 'locked':
      return `${keychain.name} is locked: the password of ${adminUser} is kept only until Mooring quits. Note it now.`;
    case 'absent':
      return `There is no keychain here: the password of ${adminUser} is kept only until Mooring quits. Note it now.`;
    default:
      return keychain satisfies never;
  }
}
