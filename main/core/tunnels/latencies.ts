import type { EngineEvent } from '../engine.ts';
import type { Clock } from '../ports.ts';

type Latency = Extract<EngineEvent, { kind: 'latency' }>;

/** Latencies are told together, this often. */
const togetherMs = 1000;

/** Gathers the connections’ latencies, so that they change the snapshot once and not each by itself. */
export class Latencies {
  readonly #clock: Clock;
  readonly #tell: (latest: Latency) => void;
  readonly #latest = new Map<string, Latency>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, tell: (latest: Latency) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  gather(event: Latency): void {
    this.#latest.set(event.connectionId, event);
    this.#cancel ??= this.#clock.after(togetherMs, () => {
      this.#cancel = null;
      const events = [...this.#latest.values()];
      this.#latest.clear();
      for (const each of events) this.#tell(each);
    });
  }

  /** Nobody wants to know any more. */
  forget(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#latest.clear();
  }
}
