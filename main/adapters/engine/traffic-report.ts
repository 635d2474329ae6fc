/** Tells how much has passed, once a second at most and only what changed. No timer while nobody wants to know. */
import type { EngineEvent } from '../../core/engine.ts';
import type { Traffic } from '../../shared/snapshot.ts';

type Entry = Extract<EngineEvent, { kind: 'traffic' }>['forwards'][number];

const reportEveryMs = 1_000;

export class TrafficReport {
  readonly #read: () => Iterable<readonly [string, Traffic]>;
  readonly #tell: (forwards: readonly Entry[]) => void;
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(read: () => Iterable<readonly [string, Traffic]>, tell: (forwards: readonly Entry[]) => void) {
    this.#read = read;
    this.#tell = tell;
  }

  /** Turned on, everything is told once at the next occasion. */
  set(on: boolean): void {
    if (on === (this.#timer !== null)) return;
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    if (!on) return;
    this.#told.clear();
    this.#timer = setInterval(() => {
      this.#report();
    }, reportEveryMs);
    this.#report();
  }

  #report(): void {
    const changed: Entry[] = [];
    for (const [forwardId, traffic] of this.#read()) {
      const state = Object.values(traffic).join(' ');
      if (this.#told.get(forwardId) === state) continue;
      this.#told.set(forwardId, state);
      changed.push({ forwardId, ...traffic });
    }
    if (changed.length > 0) this.#tell(changed);
  }
}
