/** Keys, as the fake core plays them: a server whose address is `refuses-key` does not let one in. */
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import type { FoundKey } from '../../main/shared/keys.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';

type KeysCall = Extract<CallName, `keys.${string}`>;
export type KeysHandlers = { [K in KeysCall]: (args: CallArgs<K>) => CallValue<K> | Promise<CallValue<K>> };

export const fakeKeyFingerprint = `SHA256:${'k'.repeat(43)}`;

export interface FakeKeysPorts {
  readonly server: (serverId: string) => ServerView;
  readonly change: (serverId: string, with_: (view: ServerView) => ServerView) => void;
  /** Throws what a call is refused with. */
  readonly refuse: (code: 'conflict' | 'login-rejected', message: string) => never;
}

export function createFakeKeys({ server, change, refuse }: FakeKeysPorts): KeysHandlers {
  const keys: FoundKey[] = [];
  return {
    'keys.list': () => ({ keys: [...keys] }),
    'keys.make': ({ name = 'id_ed25519', passphrase = '' }) => {
      const path = `~/.ssh/${name}`;
      if (keys.some((each) => each.path === path)) return refuse('conflict', 'There is a file of that name already.');
      const comment = 'ada@thinkpad';
      const fingerprint = fakeKeyFingerprint;
      const hasPassphrase = passphrase !== '';
      keys.push({ path, keyType: 'ssh-ed25519', comment, fingerprint, hasPassphrase, hasPublicFile: true });
      return { path, publicLine: `ssh-ed25519 AAAAfake ${comment}`, fingerprint };
    },
    'keys.install': ({ serverId, path, useIt }) => {
      const { profile, connection } = server(serverId);
      if (connection.kind !== 'up') return refuse('conflict', `${profile.name} is not connected.`);
      if (profile.address === 'refuses-key') return refuse('login-rejected', 'The server did not let you in with it.');
      if (useIt) {
        change(serverId, (view) => ({ ...view, profile: { ...view.profile, login: { kind: 'key', path } } }));
      }
      return { added: true, used: useIt, fingerprint: fakeKeyFingerprint, notes: [] };
    },
  };
}
