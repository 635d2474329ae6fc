/**
 * A program that connected to a local port. It waits (its first bytes with us, the rest in the kernel) until its channel
 * is open; from then on bytes go both ways. Nothing is kept beyond what the other side has room for: what the channel
 * does not take stops the reading here, what the program does not take stops the window there.
 */
import type { Socket } from 'node:net';
import type { Failure } from '../../shared/failure.ts';
import type { Channel, Channels } from './channels.ts';
import { cut } from './cut.ts';
import type { Endpoint } from './failures.ts';
import type { SendAsStream } from './send-as.ts';

/** What is read of a waiting client, so that its leaving is noticed. */
const maxEarlyBytes = 64 * 1024;
/** For how long, and of how much, a client that was answered by us is listened to, so that it reads the answer. */
const answeredMs = 2_000;
const maxUnheardBytes = 16 * 1024 * 1024;

export interface Meter {
  bytesDown: number;
  bytesUp: number;
}

export interface ClientEvents {
  /** The channel is open, or could not be opened; the client is reset then. */
  target(failure: Failure | null): void;
  /** The connection was lost before the channel was open; the client waits again. */
  returned(): void;
  /** It left, or was reset, while it waited. */
  letGo(): void;
  /** Called once, when the socket is closed. */
  gone(): void;
}

export class Client {
  readonly #socket: Socket;
  readonly #meter: Meter;
  readonly #events: ClientEvents;
  /** Read, but not taken by the channel yet. */
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #saidEnd = false;
  /** Written to the client, but not flushed to the kernel: given back to the server when it is. */
  #unfreedBytes = 0;
  #channel: Channel | null = null;
  #state: 'waiting' | 'opening' | 'open' | 'draining' | 'answered' | 'gone' = 'waiting';
  /** Null: bytes go on as they are. */
  readonly #sendAs: SendAsStream | null;
  #unheardBytes = 0;

  constructor(socket: Socket, meter: Meter, events: ClientEvents, sendAs: SendAsStream | null = null) {
    this.#socket = socket;
    this.#meter = meter;
    this.#events = events;
    this.#sendAs = sendAs;
    socket
      .on('data', (data: Buffer) => {
        this.#read(data);
      })
      .on('drain', () => {
        this.#flushed();
      })
      .on('end', () => {
        this.#ended();
      })
      .on('finish', () => {
        this.#finishIfDone();
      })
      .on('error', () => {
        this.#left();
      })
      .on('close', () => {
        this.#left();
        events.gone();
      });
    socket.resume();
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Asks for a channel. `target`, `returned` or `gone` follows. */
  open(channels: Channels, target: Endpoint): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'opening';
    const from = { host: this.#socket.remoteAddress ?? '127.0.0.1', port: this.#socket.remotePort ?? 0 };
    this.#channel = channels.open(target, from, {
      opened: (channel) => {
        this.#opened(channel);
      },
      failed: (failure) => {
        this.#channel = null;
        this.reset();
        this.#events.target(failure);
      },
      lost: () => {
        this.#lost();
      },
      data: (data) => {
        this.#write(data);
      },
      ended: () => {
        this.#socket.end();
      },
      writable: () => {
        this.#sendUnsent();
      },
      closed: () => {
        this.#channelClosed();
      },
    });
  }

  /** Ends it so that the program sees an error, not a clean end. */
  reset(): void {
    this.#left();
    cut(this.#socket);
  }

  #opened(channel: Channel): void {
    this.#state = 'open';
    this.#events.target(null);
    // `target` may have led to a reset.
    if (this.#channel === channel) this.#sendUnsent();
  }

  #read(data: Buffer): void {
    if (this.#state === 'gone') return;
    if (this.#state === 'draining') {
      // The channel is closed: as the kernel does for data after a close.
      this.reset();
      return;
    }
    if (this.#state === 'answered') {
      this.#unheardBytes += data.length;
      if (this.#unheardBytes > maxUnheardBytes) this.reset();
      return;
    }
    if (!this.#sendAs) {
      this.#pass(data);
      return;
    }
    for (const piece of this.#sendAs.up(data)) this.#pass(piece);
    if (this.#sendAs.heldBytes >= maxEarlyBytes) this.#socket.pause();
    this.#answerIfDue();
  }

  #pass(data: Buffer): void {
    const sent = this.#state === 'open' && this.#unsentBytes === 0 ? this.#send(data) : 0;
    if (sent === data.length) return;
    this.#unsent.push(data.subarray(sent));
    this.#unsentBytes += data.length - sent;
    if (this.#state === 'open' || this.#unsentBytes >= maxEarlyBytes) this.#socket.pause();
  }

  /** Tells the program ourselves what is wrong with what it asked; the server hears nothing of it. */
  #answerIfDue(): void {
    const answer = this.#sendAs?.answer ?? null;
    if (answer === null || this.#state === 'gone' || this.#state === 'draining') return;
    this.#channel?.close();
    this.#channel = null;
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#state = 'answered';
    this.#socket.setTimeout(answeredMs, () => this.#socket.destroy());
    this.#socket.end(answer);
    this.#socket.resume();
  }

  #send(data: Buffer): number {
    const sent = this.#channel?.send(data) ?? 0;
    this.#meter.bytesUp += sent;
    return sent;
  }

  #sendUnsent(): void {
    for (let data = this.#unsent[0]; data; data = this.#unsent[0]) {
      const sent = this.#send(data);
      this.#unsentBytes -= sent;
      if (sent < data.length) {
        this.#unsent[0] = data.subarray(sent);
        return;
      }
      this.#unsent.shift();
    }
    const heldBytes = this.#sendAs?.heldBytes ?? 0;
    if (this.#saidEnd && heldBytes === 0) this.#channel?.end();
    else if (heldBytes < maxEarlyBytes) this.#socket.resume();
  }

  #ended(): void {
    this.#saidEnd = true;
    if (this.#state === 'waiting' && this.#unsentBytes === 0) {
      // Nothing asked, nothing to wait for.
      this.reset();
    } else if (this.#state === 'open' && this.#unsentBytes === 0 && !this.#sendAs?.heldBytes) {
      this.#channel?.end();
    } else {
      this.#finishIfDone();
    }
  }

  #write(data: Buffer): void {
    this.#meter.bytesDown += data.length;
    this.#unfreedBytes += data.length;
    let hasRoom = !this.#socket.writableNeedDrain;
    for (const piece of this.#sendAs ? this.#sendAs.down(data) : [data]) {
      // What has to wait is copied: a small piece would keep the whole chunk that it came in.
      const waits = this.#socket.writableLength > 0;
      hasRoom = this.#socket.write(waits ? Buffer.from(piece) : piece);
    }
    if (hasRoom) this.#flushed();
    const released = this.#sendAs?.released() ?? [];
    for (const piece of released) this.#pass(piece);
    if (released.length > 0 && this.#unsentBytes === 0) {
      if (this.#saidEnd) this.#channel?.end();
      else this.#socket.resume();
    }
    this.#answerIfDue();
  }

  #flushed(): void {
    const bytes = this.#unfreedBytes;
    this.#unfreedBytes = 0;
    this.#channel?.free(bytes);
  }

  #channelClosed(): void {
    this.#channel = null;
    if (this.#socket.writableEnded) {
      // What is on its way to the program still gets there.
      this.#state = 'draining';
      this.#unsent = [];
      this.#unsentBytes = 0;
      this.#socket.resume();
      this.#finishIfDone();
    } else {
      this.reset();
    }
  }

  /** Both directions are through. */
  #finishIfDone(): void {
    const isOver = this.#state === 'draining' || this.#state === 'answered';
    if (isOver && this.#saidEnd && this.#socket.writableFinished) this.#socket.destroy();
  }

  #lost(): void {
    this.#channel = null;
    if (this.#state !== 'opening') {
      this.#channelClosed();
      return;
    }
    this.#state = 'waiting';
    this.#events.returned();
  }

  /** The program is gone, or is being sent away. */
  #left(): void {
    if (this.#state === 'gone') return;
    const waited = this.#state === 'waiting';
    this.#state = 'gone';
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#channel?.close();
    this.#channel = null;
    if (waited) this.#events.letGo();
  }
}
