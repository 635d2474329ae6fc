/** What names answer, asked of the system one after another: a name that nobody knows may take it many seconds. */
import type { Clock } from '../ports.ts';
import type { NameLookup } from './hosts-ports.ts';
import type { Answered } from './hosts-view.ts';

export class NameAnswers {
  readonly #lookup: NameLookup;
  readonly #clock: Clock;
  readonly #known = new Map<string, Answered>();
  readonly #waiting = new Set<string>();
  #asking: Promise<void> | null = null;
  #stopped = false;

  constructor(lookup: NameLookup, clock: Clock) {
    this.#lookup = lookup;
    this.#clock = clock;
  }

  get known(): ReadonlyMap<string, Answered> {
    return this.#known;
  }

  /** Asks anew, and forgets all others. `told` after each answer. Resolves when none is left to ask. */
  ask(names: readonly string[], told: () => void): Promise<void> {
    for (const each of this.#known.keys()) if (!names.includes(each)) this.#known.delete(each);
    this.#waiting.clear();
    for (const each of names) this.#waiting.add(each);
    this.#asking ??= this.#run(told).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** No more questions; the one that is open can't be taken back. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  async #run(told: () => void): Promise<void> {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const startMs = this.#clock.nowMs();
      const answers = await this.#lookup.lookup(next);
      if (this.#stopped) return;
      this.#known.set(next, { answers, tookMs: Math.max(0, this.#clock.nowMs() - startMs) });
      told();
    }
  }

  #next(): string | null {
    const [next] = this.#waiting;
    if (next === undefined) return null;
    this.#waiting.delete(next);
    return next;
  }
}
