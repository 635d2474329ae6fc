/** A time limit that can be held: a person's time to answer does not count. */
export class StopClock {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | null = null;
  #startedMs = 0;
  #leftMs = 0;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Starts anew with `limitMs`. */
  run(limitMs: number): void {
    this.#leftMs = limitMs;
    this.resume();
  }

  /** Goes on with what was left. */
  resume(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#startedMs = performance.now();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ring();
    }, this.#leftMs);
  }

  /** Holds the limit, or ends it. */
  pause(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedMs));
  }
}
