/** What a playbook's plan has to know beside the server's facts: Ansible here, and the way to the server. */
import type { Stack } from '../../../../shared/setup/stack.ts';
import type { PrivateKeys } from '../../../ports.ts';
import type { Playbooks } from './playbook-ports.ts';
import { loginPurpose, type Secrets } from '../../../secrets.ts';
import type { HostKeys } from '../../../servers/host-keys.ts';
import type { Profiles } from '../../../servers/profiles.ts';
import type { State } from '../../../state.ts';
import { isPlaybook } from '../../plan/own-script/paths.ts';
import type { PlaybookGround } from '../../plan/own-script/playbook.ts';

export interface PlaybookGroundDeps {
  readonly playbooks: Playbooks;
  readonly privateKeys: PrivateKeys;
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly hostKeys: HostKeys;
  readonly state: State;
}

/** Null: the stack is no playbook. */
export async function playbookGround(
  serverId: string,
  { script }: Stack,
  { playbooks, privateKeys, profiles, secrets, hostKeys, state }: PlaybookGroundDeps,
): Promise<PlaybookGround | null> {
  const found = profiles.find(serverId);
  if (script === null || !isPlaybook(script.path) || !found.ok) return null;
  const server = found.value;
  const { login, address, port } = server;
  const keyFile = login.kind === 'key' ? login.path : null;
  const [look, keys, kept, key] = await Promise.all([
    playbooks.look({ playbook: script.path, keyFile }),
    hostKeys.trusted(address, port, state.get().settings.useKnownHosts),
    login.kind === 'auto' ? secrets.get(serverId, 'password', loginPurpose(server)) : null,
    keyFile === null ? null : privateKeys.open(keyFile, null),
  ]);
  return {
    server,
    look,
    hostKeys: keys.map((each) => `${each.keyType} ${each.key}`),
    hasPassword: kept?.ok === true && kept.value !== null,
    isKeyLocked: key?.kind === 'needs-passphrase',
  };
}
