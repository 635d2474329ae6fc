/** The one snapshot: changed only through `update`, told to subscribers whole, with a revision that only grows. */
import type { Clock } from './ports.ts';
import type { Snapshot, ServerView } from '../shared/snapshot.ts';

/** Changes closer together than this are told as one. Short enough for eyes, long enough for fifty servers at once. */
const quietMs = 40;

export type SnapshotParts = Omit<Snapshot, 'revision'>;

export class State {
  #snapshot: Snapshot;
  readonly #clock: Clock;
  readonly #tell: (snapshot: Snapshot) => void;
  #cancelTimer: (() => void) | null = null;
  #changedInQuiet = false;
  #closed = false;

  /** `tell` gets the snapshot at once for the first change, then at most every 40 ms. */
  constructor(initial: SnapshotParts, clock: Clock, tell: (snapshot: Snapshot) => void) {
    this.#snapshot = { ...initial, revision: 1 };
    this.#clock = clock;
    this.#tell = tell;
  }

  get(): Snapshot {
    return this.#snapshot;
  }

  /** `change` returns the same object to say that nothing changed. */
  update(change: (now: Snapshot) => Snapshot): void {
    const next = change(this.#snapshot);
    if (next === this.#snapshot) return;
    this.#snapshot = { ...next, revision: this.#snapshot.revision + 1 };
    if (this.#closed) return;
    if (this.#cancelTimer) this.#changedInQuiet = true;
    else this.#tellNow();
  }

  /** Changes one server's view; does nothing when it is gone. */
  updateServer(serverId: string, change: (server: ServerView) => ServerView): void {
    this.update((now) => {
      const old = now.servers.find((each) => each.profile.id === serverId);
      if (!old) return now;
      const next = change(old);
      return next === old ? now : { ...now, servers: now.servers.map((each) => (each === old ? next : each)) };
    });
  }

  /** No more telling; a pending change is told once more. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#changedInQuiet) this.#tell(this.#snapshot);
  }

  #tellNow(): void {
    this.#changedInQuiet = false;
    this.#cancelTimer = this.#clock.after(quietMs, () => {
      this.#cancelTimer = null;
      if (this.#changedInQuiet) this.#tellNow();
    });
    this.#tell(this.#snapshot);
  }
}
