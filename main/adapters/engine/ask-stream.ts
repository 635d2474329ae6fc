/** A channel as a stream, for Node's own protocols. What nobody reads is not taken from the server. */
import { Duplex } from 'node:stream';
import type { Failure } from '../../shared/failure.ts';
import type { Channel, Channels } from './channels.ts';
import type { Endpoint } from './failures.ts';

/** Told to the server for its log. */
const from: Endpoint = { host: '127.0.0.1', port: 0 };

/** Why a stream ended, as an error that streams can carry. */
export class StreamFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface AskStreamEvents {
  /** The server reached the target. */
  opened(): void;
  /** The first byte of the target has come. */
  heard(): void;
}

export class AskStream extends Duplex {
  readonly #events: AskStreamEvents;
  readonly #channel: Channel;
  #isOpen = false;
  #hasHeard = false;
  #unfreedBytes = 0;
  #unsent: { data: Buffer; sent: () => void } | null = null;
  #final: (() => void) | null = null;

  constructor(channels: Channels, target: Endpoint, lost: () => Failure, events: AskStreamEvents) {
    super({ allowHalfOpen: true });
    this.#events = events;
    this.#channel = channels.open(target, from, {
      opened: () => {
        this.#isOpen = true;
        events.opened();
        this.#send();
      },
      failed: (failure) => {
        this.destroy(new StreamFailure(failure));
      },
      lost: () => {
        this.destroy(new StreamFailure(lost()));
      },
      data: (data) => {
        this.#take(data);
      },
      ended: () => {
        this.push(null);
      },
      writable: () => {
        this.#send();
      },
      closed: () => {
        if (!this.readableEnded) this.push(null);
      },
    });
  }

  // node:http and node:tls set these on what they take for a socket.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  override _read(): void {
    const bytes = this.#unfreedBytes;
    this.#unfreedBytes = 0;
    if (bytes > 0) this.#channel.free(bytes);
  }

  override _write(data: Buffer, _encoding: string, sent: () => void): void {
    this.#unsent = { data, sent };
    this.#send();
  }

  override _final(ended: () => void): void {
    if (this.#isOpen) {
      this.#channel.end();
      ended();
    } else this.#final = ended;
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#unsent = null;
    this.#final = null;
    // A channel that failed or was lost takes no harm from it.
    this.#channel.close();
    destroyed(error);
  }

  #take(data: Buffer): void {
    if (this.destroyed) return;
    if (!this.#hasHeard) {
      this.#hasHeard = true;
      this.#events.heard();
    }
    // It lies inside a larger chunk that is used again.
    const hasRoom = this.push(Buffer.from(data));
    this.#unfreedBytes += data.length;
    if (hasRoom) this._read();
  }

  #send(): void {
    const unsent = this.#unsent;
    if (!this.#isOpen) return;
    if (unsent) {
      unsent.data = unsent.data.subarray(this.#channel.send(unsent.data));
      if (unsent.data.length > 0) return;
      this.#unsent = null;
      unsent.sent();
    }
    const final = this.#final;
    this.#final = null;
    if (final) {
      this.#channel.end();
      final();
    }
  }
}
