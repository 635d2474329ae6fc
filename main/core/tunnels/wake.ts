/**
 * Notices that the laptop slept (the clock jumped) or that its network changed, without the help of the OS: works the
 * same under Electron and plain Node.
 */
import type { Clock, Network } from '../ports.ts';

/** How often to look. Short enough to be back within a second of the network, long enough to cost nothing. */
const lookMs = 500;
/** A look that comes this much late means that the machine was asleep; a busy machine is never this late. */
const sleptMs = 15_000;

export interface WakeDeps {
  readonly clock: Clock;
  readonly network: Network;
  onWake(why: string): void;
  onOnline(online: boolean): void;
}

/** Looks until the returned function is called. */
export function watchForWake({ clock, network, onWake, onOnline }: WakeDeps): () => void {
  let signature = network.signature();
  let online = network.online();
  let lastMs = clock.nowMs();
  let cancel = clock.after(lookMs, look);
  onOnline(online);

  function look(): void {
    cancel = clock.after(lookMs, look);
    const nowMs = clock.nowMs();
    const gapMs = nowMs - lastMs;
    lastMs = nowMs;
    const nextOnline = network.online();
    if (nextOnline !== online) {
      online = nextOnline;
      onOnline(online);
    }
    const next = network.signature();
    const changed = next !== signature;
    signature = next;
    if (gapMs > sleptMs) onWake('The laptop woke up');
    else if (changed) onWake('The network changed');
  }

  return () => {
    cancel();
  };
}
