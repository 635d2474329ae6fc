/** What this machine knows of a server’s stacks: noted when a run begins and ends, forgotten when it is taken off. */
import { done, failed, type Reply } from '../../../shared/failure.ts';
import type { ServerProfile } from '../../../shared/server.ts';
import type { InstalledStack, StackSecretName } from '../../../shared/setup/stack.ts';
import type { Secrets } from '../../secrets.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { Manifest } from './manifest.ts';
import { withoutTunnels } from './stack-tunnels.ts';

export interface AfterwardsDeps {
  readonly profiles: Profiles;
  readonly secrets: Secrets;
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

/**
 * A stack is gone from the server: so are its secrets here, and the tunnels to the ports where it answered. Another one can
 * have such a port by now.
 */
export async function forgetStack(
  serverId: string,
  environment: string,
  gone: readonly number[],
  { profiles, secrets }: AfterwardsDeps,
): Promise<Reply<null>> {
  const forgotten = await secrets.forgetStack(serverId, environment);
  const changed = await profiles.replace(serverId, (server) => ({
    ...withoutTunnels(server, environment, gone),
    stacks: server.stacks.filter((each) => each.environment !== environment),
  }));
  if (!changed.ok) return changed;
  return forgotten.ok ? done(null) : failed(forgotten.error);
}
