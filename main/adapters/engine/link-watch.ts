/**
 * Notices a dead link. Anything that comes in is life; pings make sure that a living link always has something to say.
 * A link is given up before `deadAfterMs` have passed since the last byte, so that a death is noticed within that time.
 */
import type { Failure } from '../../shared/failure.ts';
import { linkDead } from './failures.ts';

/** Ticks a `deadAfterMs`. One of them is the slack within which the death is noticed. */
const ticksToDeath = 8;
const pingEveryTicks = 2;
const latencyEveryMs = 3_000;
/** A server that never answers pings, yet sends data, lives; the wait for its answers must not grow. */
const maxUnansweredPings = 8;

export interface LinkWatchEvents {
  /** Sends a global request that the server must answer, with a refusal if it likes. */
  ping(): void;
  latency(latencyMs: number): void;
  dead(failure: Failure): void;
}

export class LinkWatch {
  readonly #deadAfterMs: number;
  readonly #events: LinkWatchEvents;
  readonly #ticker: NodeJS.Timeout;
  readonly #checks = new Set<NodeJS.Timeout>();
  readonly #pingsSentMs: number[] = [];
  #heardMs = performance.now();
  #tickedMs = performance.now();
  #pingedMs = -Infinity;
  #toldLatencyMs = -Infinity;

  constructor(deadAfterMs: number, events: LinkWatchEvents) {
    this.#deadAfterMs = deadAfterMs;
    this.#events = events;
    this.#ticker = setInterval(() => {
      this.#tick();
    }, deadAfterMs / ticksToDeath);
    this.#ping();
  }

  /** Something came in. */
  heard(): void {
    this.#heardMs = performance.now();
  }

  /** A ping was answered. Answers come in the order of the pings. */
  answered(): void {
    const sentMs = this.#pingsSentMs.shift();
    const nowMs = performance.now();
    if (sentMs === undefined || nowMs - this.#toldLatencyMs < latencyEveryMs) return;
    this.#toldLatencyMs = nowMs;
    this.#events.latency(nowMs - sentMs);
  }

  /** Asks at once; dead if nothing at all comes in within `timeoutMs`. */
  check(timeoutMs: number): void {
    const askedMs = performance.now();
    this.#ping();
    const timer = setTimeout(() => {
      this.#checks.delete(timer);
      if (this.#heardMs < askedMs) this.#events.dead(linkDead(timeoutMs));
    }, timeoutMs);
    this.#checks.add(timer);
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#checks.forEach(clearTimeout);
    this.#checks.clear();
  }

  #tick(): void {
    const nowMs = performance.now();
    const tickMs = this.#deadAfterMs / ticksToDeath;
    const overslept = nowMs - this.#tickedMs > 2 * tickMs;
    this.#tickedMs = nowMs;
    // The process was asleep or busy: what came meanwhile is not read yet, so the link gets half its time again.
    if (overslept) this.#heardMs = Math.max(this.#heardMs, nowMs - this.#deadAfterMs / 2);
    const silentMs = nowMs - this.#heardMs;
    // Half a tick: timers may come that much early or late.
    if (silentMs > this.#deadAfterMs - 1.5 * tickMs) {
      this.#events.dead(linkDead(silentMs));
    } else if (overslept || nowMs - this.#pingedMs > (pingEveryTicks - 0.5) * tickMs) {
      this.#ping();
    }
  }

  #ping(): void {
    if (this.#pingsSentMs.length >= maxUnansweredPings) return;
    this.#pingedMs = performance.now();
    this.#pingsSentMs.push(this.#pingedMs);
    this.#events.ping();
  }
}
