/**
 * How much a server may send on a channel before it has to wait (RFC 4254, 5.2). The one place that decides about
 * windows: a window that grows with demand belongs here.
 */
import { maxPacketBytes } from './protocol.ts';

/** As OpenSSH's own. */
export const initialWindowBytes = 2 * 1024 * 1024;

/** Topped up early, as OpenSSH does, so that a far server never runs out while our word is on its way. */
const topUpBytes = 3 * maxPacketBytes;

export class ReceiveWindow {
  /** What the server may still send. */
  #openBytes = initialWindowBytes;
  /** Taken out of our hands, but not yet given back to the server. */
  #freedBytes = 0;

  /** Counts what came in; false if the server sent more than it may. */
  take(bytes: number): boolean {
    this.#openBytes -= bytes;
    return this.#openBytes >= 0;
  }

  /** Counts what has been passed on; returns how much to give back to the server now, 0 for nothing yet. */
  free(bytes: number): number {
    this.#freedBytes += bytes;
    if (this.#freedBytes < topUpBytes) return 0;
    const topUp = this.#freedBytes;
    this.#freedBytes = 0;
    this.#openBytes += topUp;
    return topUp;
  }
}
