/**
 * An SSH transport over a connected socket: greeting, key exchange, packets in and out. It feeds ssh2's `Protocol` and
 * stands between it and the process: whatever a server sends, and whenever ssh2 throws over it, ends in `failed`.
 */
import type { Socket } from 'node:net';
import { failure, type Failure } from '../../shared/failure.ts';
import {
  brokenProtocol,
  detailOf,
  handshakeFailed,
  linkLost,
  notSsh,
  oldSsh,
  plainText,
  type Endpoint,
} from './failures.ts';
import { GreetingReader } from './greeting.ts';
import { algorithmOffer, Protocol, type MessageHandlers } from './protocol.ts';

/** Above this many unsent bytes, channels wait for the link to drain. */
const congestedBytes = 512 * 1024;

/** Replies that a server provokes and does not read pile up to this much, then the link is closed. */
const maxUnsentBytes = 32 * 1024 * 1024;

export interface SshServer extends Endpoint {
  /** Asked for before any other. */
  readonly hostKeyTypes: readonly string[];
}

export interface TransportEvents {
  /** Answer with `verify(true)`, now or later, or end the transport. */
  hostKey(key: Buffer, verify: (permitted: boolean) => void): void;
  /** The first key exchange is done. */
  agreed(software: string, cipher: string): void;
  /** Something came in. */
  heard(): void;
  /** The link can take more from the channels. */
  drained(): void;
  /** The server closed its side. */
  ended(): void;
  /** Once at most, and the last event; the transport is closed. */
  failed(failure: Failure): void;
}

export class Transport {
  readonly #socket: Socket;
  readonly #endpoint: Endpoint;
  readonly #events: TransportEvents;
  readonly #protocol: Protocol;
  readonly #greeting = new GreetingReader();
  #software: string | null = null;
  #agreed = false;
  #trustedKey: Buffer | null = null;
  #closed = false;
  #congested = false;

  constructor(socket: Socket, server: SshServer, handlers: Partial<MessageHandlers>, events: TransportEvents) {
    this.#socket = socket;
    this.#endpoint = server;
    this.#events = events;
    this.#protocol = new Protocol({
      onWrite: (data) => {
        this.#write(data);
      },
      onError: (error) => {
        this.fail(this.#agreed ? brokenProtocol(server, error) : handshakeFailed(server, error));
      },
      onHandshakeComplete: (negotiated) => {
        if (this.#agreed) {
          if (!this.#congested && !this.#closed) events.drained();
          return;
        }
        this.#agreed = true;
        events.agreed(plainText(this.#software ?? '', 255), negotiated.cs.cipher);
      },
      hostVerifier: (key, verify) => this.#verifyHostKey(key, verify),
      offer: algorithmOffer(server.hostKeyTypes),
      messageHandlers: this.#whileOpen(handlers),
    });
    socket
      .on('data', (chunk: Buffer) => {
        this.#read(chunk);
      })
      .on('drain', () => {
        this.#congested = false;
        if (!this.#closed) events.drained();
      })
      .on('end', () => {
        if (!this.#closed) events.ended();
      })
      .on('error', (error) => {
        this.fail(linkLost('The connection was cut', detailOf(error)));
      })
      .on('close', () => {
        this.fail(linkLost('The connection was cut'));
      });
  }

  /** Sends our greeting and begins to read. */
  start(): void {
    this.call((protocol) => {
      protocol.start();
    });
    this.#socket.resume();
  }

  /** Whether channels have to wait; `drained` follows. ssh2 keeps without limit what is sent during a key exchange. */
  get congested(): boolean {
    return this.#congested || this.#protocol._kexinit !== undefined;
  }

  /** What it said before it greeted. */
  get heardInstead(): Buffer {
    return this.#greeting.seen;
  }

  get hasGreeted(): boolean {
    return this.#software !== null;
  }

  /** Does something with ssh2's protocol; what that throws becomes a `failed`. Nothing is done once closed. */
  call(run: (protocol: Protocol) => void): void {
    if (this.#closed) return;
    try {
      run(this.#protocol);
    } catch (error) {
      this.fail(brokenProtocol(this.#endpoint, error));
    }
  }

  /** Says goodbye for `reason` if that can still be said, and closes without a word to `events`. */
  close(reason: number): void {
    if (this.#closed) return;
    this.call((protocol) => {
      protocol.disconnect(reason);
    });
    this.#shut();
  }

  fail(cause: Failure): void {
    if (this.#closed) return;
    this.#shut();
    this.#events.failed(cause);
  }

  /** ssh2 goes on with the packets of a chunk even when one of them ended the connection. */
  #whileOpen(handlers: Partial<MessageHandlers>): Partial<MessageHandlers> {
    const guarded = Object.entries(handlers).map(([name, handle]) => [
      name,
      (...args: readonly unknown[]) => {
        if (!this.#closed) Reflect.apply(handle, undefined, args);
      },
    ]);
    return Object.fromEntries(guarded) as Partial<MessageHandlers>;
  }

  #shut(): void {
    this.#closed = true;
    this.#greeting.forget();
    try {
      this.#protocol.cleanup();
    } catch {
      // Freeing ciphers twice is no news to anyone.
    }
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    this.#events.heard();
    const packets = this.#software === null ? this.#greet(chunk) : chunk;
    if (!packets) return;
    this.call((protocol) => {
      protocol.parse(packets, 0, packets.length);
    });
  }

  #greet(chunk: Buffer): Buffer | null {
    const greeting = this.#greeting.read(chunk);
    switch (greeting.kind) {
      case 'more':
        return null;
      case 'greeted':
        this.#software = greeting.software;
        this.#greeting.forget();
        return greeting.rest;
      case 'old-ssh':
        this.fail(oldSsh(this.#endpoint, plainText(greeting.line, 200)));
        return null;
      case 'not-ssh':
        this.fail(notSsh(this.#endpoint, greeting.seen));
        return null;
      default:
        return greeting satisfies never;
    }
  }

  #write(data: Buffer | string): void {
    if (this.#closed || !this.#socket.writable) return;
    this.#socket.write(data);
    const unsent = this.#socket.writableLength;
    if (unsent >= congestedBytes) this.#congested = true;
    if (unsent >= maxUnsentBytes) {
      this.fail(
        failure('protocol-error', 'The server asks but does not read the answers', { hint: 'It is tried again.' }),
      );
    }
  }

  /** Keys are exchanged anew now and then; the key that was trusted once must stay the same. */
  #verifyHostKey(key: Buffer, verify: (permitted: boolean) => void): boolean | undefined {
    if (this.#trustedKey) return this.#trustedKey.equals(key);
    // A copy: the key lies inside the received chunk.
    const copy = Buffer.from(key);
    this.#events.hostKey(copy, (permitted) => {
      if (permitted) this.#trustedKey = copy;
      this.call(() => {
        verify(permitted);
      });
    });
    return undefined;
  }
}
