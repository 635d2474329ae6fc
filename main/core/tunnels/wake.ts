/**
 * Notices that the laptop slept, was unlocked, or that its network changed: by what the machine says of itself where a
 * host hears of it (ports.power), and by looking at clock and interfaces everywhere else.
 */
import type { Clock, Network, Power, PowerEvent } from '../ports.ts';

/** How often to look. Short enough to be back within a second of the network, long enough to cost nothing. */
const lookMs = 500;
/** A look that comes this much late means that the machine was asleep; a busy machine is never this late. */
const sleptMs = 15_000;
/** One sleep, or one change of the network, is told from several sides, at most this far apart. */
const sameEventMs = 3000;
/** After a wake, a start or a change, Wi-Fi, addresses and names take this long to be there. */
const settleMs = 30_000;

/** How the network is, as far as it can be known. */
export interface Connectivity {
  /** False only when it is certain that there is no way out. */
  readonly online: boolean;
  /** It may be on its way: failures say nothing yet. */
  readonly settling: boolean;
}

export interface WakeDeps {
  readonly clock: Clock;
  readonly network: Network;
  readonly power: Power;
  onWake(why: string): void;
  onOnline(online: boolean): void;
  /** The machine says that it is about to sleep; there is no time for more than a note. */
  onSuspend(): void;
  /** A person is back: screen unlocked, or out of sleep. */
  onPerson(): void;
}

export interface WakeWatch {
  connectivity(): Connectivity;
  stop(): void;
}

/** What a wake came from; the machine's word and our own look at the same thing are one wake. */
type Cause = 'sleep' | 'network';

/** Looks until stopped. */
export function watchForWake({ clock, network, power, ...tell }: WakeDeps): WakeWatch {
  let signature = network.signature();
  let saysOffline = false;
  let online = network.online();
  let lastMs = clock.nowMs();
  let settledAtMs = lastMs + settleMs;
  const lastWakeMs: Record<Cause, number> = { sleep: -Infinity, network: -Infinity };
  let cancel = clock.after(lookMs, look);
  const endPower = power.listen(hear);
  tell.onOnline(online);

  function look(): void {
    cancel = clock.after(lookMs, look);
    const nowMs = clock.nowMs();
    const gapMs = nowMs - lastMs;
    lastMs = nowMs;
    noteOnline();
    const next = network.signature();
    const changed = next !== signature;
    signature = next;
    if (gapMs > sleptMs) wakeOnce('sleep', 'The laptop woke up');
    // Seen with our own eyes: each change counts, for addresses come one after another.
    else if (changed) wake('network', 'The network changed');
  }

  function hear(event: PowerEvent): void {
    switch (event) {
      case 'suspend':
        tell.onSuspend();
        return;
      case 'resume':
        wakeOnce('sleep', 'The laptop woke up');
        tell.onPerson();
        return;
      case 'unlock':
        wakeOnce('sleep', 'The screen was unlocked');
        tell.onPerson();
        return;
      case 'online':
        saysOffline = false;
        noteOnline();
        wakeOnce('network', 'The network is back');
        return;
      case 'offline':
        saysOffline = true;
        noteOnline();
        return;
      case 'lock':
        return;
      default:
        event satisfies never;
    }
  }

  function noteOnline(): void {
    const next = network.online() && !saysOffline;
    if (next === online) return;
    online = next;
    tell.onOnline(online);
  }

  function wakeOnce(cause: Cause, why: string): void {
    const sinceMs = clock.nowMs() - lastWakeMs[cause];
    // A clock that was set back must not keep anybody asleep.
    if (sinceMs >= 0 && sinceMs < sameEventMs) return;
    wake(cause, why);
  }

  function wake(cause: Cause, why: string): void {
    const nowMs = clock.nowMs();
    lastWakeMs[cause] = nowMs;
    settledAtMs = nowMs + settleMs;
    tell.onWake(why);
  }

  return {
    connectivity: () => ({ online, settling: isSettling(clock.nowMs(), settledAtMs) }),
    stop: () => {
      cancel();
      endPower();
    },
  };
}

/** The clock may have been set back since: no more than the whole time is left, ever. */
function isSettling(nowMs: number, settledAtMs: number): boolean {
  const leftMs = settledAtMs - nowMs;
  return leftMs > 0 && leftMs <= settleMs;
}
