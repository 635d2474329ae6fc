/** A clock that stands still until told. Timers run in order of their time; promises settle in between. */
import type { Clock } from '../../main/core/ports.ts';

export class FakeClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 5, 8);
  #timers: { dueMs: number; run: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Timers that have not run and were not cancelled. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets this much time pass, running what falls due on the way. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await settle();
    for (;;) {
      const next = this.#timers.filter((each) => each.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /** The laptop sleeps: the wall clock jumps, and no timer runs meanwhile. */
  async sleep(durationMs: number): Promise<void> {
    this.#nowMs += durationMs;
    this.#timers = this.#timers.map((each) => ({ ...each, dueMs: Math.max(each.dueMs, this.#nowMs) }));
    await this.pass(0);
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}
