/** The core's face: what the hosts (headless, Electron) hold. */
import type { CoreEvent } from '../shared/contract.ts';
import type { Reply } from '../shared/failure.ts';
import type { Snapshot } from '../shared/snapshot.ts';

export interface Core {
  /** Loads the saved state and brings up what is wanted. */
  start(): Promise<void>;
  /** Resolves with zero sockets, timers and listeners left. */
  stop(): Promise<void>;
  /** The one door for calls from outside: `name` and `args` are untrusted and parsed here. Never throws. */
  call(name: string, args: unknown): Promise<Reply<unknown>>;
  snapshot(): Snapshot;
  /**
   * `looking`: somebody sees the result, so counters are worth sending (at most once a second). Returns the function
   * that ends the subscription. The listener must not throw.
   */
  subscribe(listener: (event: CoreEvent) => void, options: { readonly looking: boolean }): () => void;
}
