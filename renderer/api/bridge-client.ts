/**
 * Calls and events by the preload bridge. The bridge itself is always there; the core behind it may be made anew after
 * a fault, and does not answer for a moment then. The new one's snapshot comes as an event.
 */
import type { Api, CallArgs, CallName, CallReply } from '../../main/shared/contract.ts';
import { failed, failure } from '../../main/shared/failure.ts';
import type { Client, Link } from './link.ts';

/** Longer than a core needs for what asks neither disk nor keychain. */
const patienceMs = 1_000;

const pause = (delayMs: number) => new Promise<false>((resolve) => window.setTimeout(resolve, delayMs, false));

export function createBridgeClient(bridge: Api): Client {
  const linkListeners = new Set<(link: Link) => void>();
  let link: Link = { kind: 'live' };
  let waiting = 0;
  let watching = false;

  const setLink = (kind: 'live' | 'restarting'): void => {
    if (link.kind === kind) return;
    link = { kind };
    for (const listener of linkListeners) listener(link);
  };

  /** Some calls take long by themselves, as with a locked keychain. One that does not tells whether the core is there. */
  async function look(): Promise<void> {
    const answered = bridge.call('snapshot.get', {}).then(
      (reply) => reply.ok,
      () => false,
    );
    setLink((await Promise.race([answered, pause(patienceMs)])) ? 'live' : 'restarting');
  }

  /** Looks again and again while a call waits for its answer, or the core is away. */
  async function watch(): Promise<void> {
    if (watching) return;
    watching = true;
    do {
      await pause(patienceMs);
      if (waiting > 0 || link.kind === 'restarting') await look();
    } while (waiting > 0 || link.kind === 'restarting');
    watching = false;
  }

  async function call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallReply<K>> {
    waiting += 1;
    void watch();
    try {
      const reply = await bridge.call(name, args);
      // So says the host when there is no core to ask; so may a core say of what was called off.
      if (!reply.ok && reply.error.code === 'cancelled') void look().then(watch);
      return reply;
    } catch (cause) {
      void look().then(watch);
      const hint = 'Try again in a moment.';
      return failed(failure('cancelled', 'Mooring did not answer.', { hint, detail: String(cause) }));
    } finally {
      waiting -= 1;
    }
  }

  bridge.subscribe((event) => {
    if (event.name === 'snapshot.changed') setLink('live');
  });

  return {
    call,
    subscribe: (listener) => bridge.subscribe(listener),
    watchLink(listener) {
      linkListeners.add(listener);
      listener(link);
      return () => linkListeners.delete(listener);
    },
    retryNow: () => void look(),
  };
}
