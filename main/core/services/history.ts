/** The last minutes of each forward, in small pieces of time. Counts only while somebody looks: bytes are told only then. */
import type { ForwardHistory, HistorySample } from '../../shared/services.ts';
import type { Clock } from '../ports.ts';
import type { State } from '../state.ts';

const everyMs = 5_000;
/** Ten minutes. */
const mostSamples = 120;

interface Line {
  readonly samples: HistorySample[];
  bytesDown: number;
  bytesUp: number;
  /** Since the last sample. */
  probeMs: number | null;
}

export class History {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #lines = new Map<string, Line>();
  #cancelTimer: (() => void) | null = null;

  constructor(state: State, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  setLooking(looking: boolean): void {
    if (looking === (this.#cancelTimer !== null)) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (!looking) return;
    // What passed while nobody looked belongs to no piece of time.
    this.#count(false);
    this.#wait();
  }

  probed(forwardId: string, probeMs: number | null): void {
    const line = this.#lines.get(forwardId);
    if (line && probeMs !== null) line.probeMs = probeMs;
    else if (probeMs !== null) this.#lines.set(forwardId, { samples: [], bytesDown: 0, bytesUp: 0, probeMs });
  }

  read(forwardId: string): ForwardHistory {
    return { everyMs, samples: [...(this.#lines.get(forwardId)?.samples ?? [])] };
  }

  stop(): void {
    this.setLooking(false);
    this.#lines.clear();
  }

  #wait(): void {
    this.#cancelTimer = this.#clock.after(everyMs, () => {
      this.#count(true);
      this.#wait();
    });
  }

  #count(isSample: boolean): void {
    const timeMs = this.#clock.nowMs();
    const left = new Set(this.#lines.keys());
    for (const { forwardId, state, traffic } of this.#state.get().servers.flatMap((each) => each.forwards)) {
      left.delete(forwardId);
      if (state.kind === 'off' && !this.#lines.has(forwardId)) continue;
      const { bytesDown, bytesUp } = traffic;
      const line = this.#lines.get(forwardId) ?? { samples: [], bytesDown, bytesUp, probeMs: null };
      this.#lines.set(forwardId, line);
      if (isSample) {
        const down = Math.max(0, bytesDown - line.bytesDown);
        const up = Math.max(0, bytesUp - line.bytesUp);
        line.samples.push({ timeMs, bytesDown: down, bytesUp: up, probeMs: line.probeMs });
        line.probeMs = null;
        if (line.samples.length > mostSamples) line.samples.shift();
      }
      line.bytesDown = bytesDown;
      line.bytesUp = bytesUp;
    }
    for (const gone of left) this.#lines.delete(gone);
  }
}
