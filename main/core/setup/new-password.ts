/** Changes the password of a stack’s MLflow; where the old one is not known here, by a run that sets it anew. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { quoted } from '../../shared/shell-words.ts';
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
  return setup.start(serverId, stack.draft, { 'mlflow.admin-password': password.value });
}
