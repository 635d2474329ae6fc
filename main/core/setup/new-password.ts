/** Changes the password of a stack’s MLflow; where the old one is not known here, by a run that sets it anew. */
import type { FoundStack } from '../../shared/contract.ts';
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import { environmentOption, quoted } from '../../shared/shell-words.ts';
import { adoptedPort } from '../../shared/setup/offers.ts';
import type { Profiles } from '../servers/profiles.ts';
import type { Credentials } from './credentials.ts';
import type { SetupRuns } from './run/setup-runs.ts';

export interface NewPasswordDeps {
  readonly profiles: Pick<Profiles, 'find'>;
  readonly credentials: Pick<Credentials, 'changePassword' | 'newPassword'>;
  readonly setup: Pick<SetupRuns, 'look' | 'start'>;
}

/** `runId`: of the run that sets it; null: it is changed. Fails as `setup.start` does, or as MLflow refuses. */
export async function setNewPassword(
  serverId: string,
  environment: string,
  wanted: string | undefined,
  { profiles, credentials, setup }: NewPasswordDeps,
): Promise<Reply<{ runId: string | null }>> {
  const changed = await credentials.changePassword(serverId, environment, wanted);
  if (changed.ok) return done({ runId: null });
  // Not known here, or changed elsewhere meanwhile.
  if (changed.error.code !== 'needs-you' && changed.error.code !== 'login-rejected') return changed;
  // What Mooring did not set up it does not set anew.
  if (adoptedPort(environment) !== null) return changed;
  const password = credentials.newPassword(wanted);
  if (!password.ok) return password;
  const found = profiles.find(serverId);
  if (!found.ok) return found;
  const looked = await setup.look(serverId);
  if (!looked.ok) return looked;
  const stack = looked.value.stacks.find((each) => each.environment === environment);
  if (!stack) {
    return failed(
      failure('not-found', `There is no stack “${environment}” of Mooring’s on this server any more.`, {
        hint: 'Ask whoever looks after its MLflow for the password, and adopt it on the Setup page.',
        commandHint: `See what is there: mooring setup history ${quoted(found.value.name)}`,
      }),
    );
  }
  if (!stack.complete) return failed(notFinished(found.value.name, stack));
  return setup.start(serverId, stack.draft, { 'mlflow.admin-password': password.value });
}

/** What was begun last may be what can’t be: it is not begun again for the sake of a password. */
function notFinished(serverName: string, { environment, draft }: Pick<FoundStack, 'environment' | 'draft'>): Failure {
  const which = `mooring setup ${quoted(serverName)}`;
  const option = environmentOption(environment);
  return failure('conflict', `“${environment}” is not finished: its last run came to no end.`, {
    hint: 'Go on with it on the Setup page, or set it up again with other values where one was wrong: that run sets the password too.',
    commandHint: `Go on with it: ${which} --resume${option}. Or, where a value was wrong, set it up again: ${which} --stack ${draft.stack}${option}. That run sets the password too`,
  });
}
