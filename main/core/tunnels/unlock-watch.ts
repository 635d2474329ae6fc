/** Notices that a locked keychain was unlocked outside Mooring, for as long as something waits for that. */
import type { Snapshot } from '../../shared/snapshot.ts';
import type { Clock, Keychain } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import type { State } from '../state.ts';

/** How often to look whether something waits; the look itself costs nothing. */
const lookMs = 1000;

export interface UnlockWatchDeps {
  readonly clock: Clock;
  readonly keychain: Keychain;
  readonly state: State;
  readonly secrets: Secrets;
}

/** Looks until stopped. */
export function watchForUnlock({ clock, keychain, state, secrets }: UnlockWatchDeps): () => void {
  let endWatch: (() => void) | null = null;
  let cancel = clock.after(lookMs, look);

  function look(): void {
    cancel = clock.after(lookMs, look);
    const now = state.get();
    const waits = now.keychain.kind === 'locked' && (secrets.owesRemoval || waitsForKeychain(now));
    if (!waits) end();
    else endWatch ??= keychain.watchUnlocked(() => void secrets.probeIfLocked());
  }

  function end(): void {
    endWatch?.();
    endWatch = null;
  }

  return () => {
    cancel();
    end();
  };
}

/** A secret is asked for, or one is remembered for a server that is wanted and not there. */
function waitsForKeychain({ prompts, servers }: Snapshot): boolean {
  return (
    prompts.some(({ kind }) => kind === 'password' || kind === 'passphrase') ||
    servers.some(({ profile, connection }) => {
      return profile.wanted && connection.kind !== 'up' && profile.remembered.length > 0;
    })
  );
}
