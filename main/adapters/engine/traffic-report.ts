/** Tells how much has passed, once a second at most and only what changed. No timer while nobody wants to know. */
import type { EngineEvent } from '../../core/engine.ts';
import type { Traffic } from '../../shared/snapshot.ts';

type Entry = Extract<EngineEvent, { kind: 'traffic' }>['forwards'][number];

const reportEveryMs = 1_000;

export class TrafficReport {
  readonly #read: () => Iterable<readonly [string, Traffic]>;
  readonly #tell: (forwards: readonly Entry[]) => void;
  /** Forward → what was told of it last; those that are gone drop out. */
  #told: ReadonlyMap<string, string> = new Map();
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
    this.#told = new Map();
    this.#timer = setInterval(() => {
      this.#report();
    }, reportEveryMs);
    this.#report();
  }

  #report(): void {
    const changed: Entry[] = [];
    const told = new Map<string, string>();
    for (const [forwardId, traffic] of this.#read()) {
      const state = Object.values(traffic).join(' ');
      told.set(forwardId, state);
      if (this.#told.get(forwardId) !== state) changed.push({ forwardId, ...traffic });
    }
    this.#told = told;
    if (changed.length > 0) this.#tell(changed);
  }
}
