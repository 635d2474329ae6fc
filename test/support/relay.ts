/**
 * A TCP relay in user space, to stand for the network between two programs: distance (delay, rate), and its faults
 * (blackhole, reset, half-close). Distance is per direction: a round trip takes twice `delayMs`.
 */
import { connect, createServer, type Socket } from 'node:net';
import { cut } from '../../main/adapters/engine/cut.ts';

export interface RelayOptions {
  readonly host?: string;
  readonly port: number;
  /** One way. 0 by default. */
  readonly delayMs?: number;
  /** Each way and connection. Unlimited by default. */
  readonly bytesPerSecond?: number;
  /** What may be on the way each way and connection, before the sender is held up. 64 MB by default. */
  readonly maxInFlightBytes?: number;
}

export interface Relay {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Connections through the relay that are open now. */
  readonly connections: number;
  /** Connections that there ever were. */
  readonly accepted: number;
  /** Bytes that came in from the connecting side. */
  readonly bytesUp: number;
  /** From now on, for what comes in. */
  setDelay(delayMs: number): void;
  /** Nothing passes any more, in both directions; connections stay open, new ones are taken and left silent. */
  blackhole(): void;
  /** Ends the blackhole for connections made from now on. What was swallowed stays lost. */
  restore(): void;
  /** Cuts all connections with a reset, on both sides. */
  reset(): void;
  /** Ends one direction of all connections: the given side sees an end, and may still send. */
  halfClose(side: 'connecting' | 'target'): void;
  stop(): Promise<void>;
}

interface Pipe {
  readonly sockets: readonly [Socket, Socket];
  silent: boolean;
}

/** Listens on a free port of 127.0.0.1 and relays to `port` of `host`. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { host = '127.0.0.1', bytesPerSecond = Infinity, maxInFlightBytes = 64 * 1024 * 1024 } = options;
  let delayMs = options.delayMs ?? 0;
  let isBlackhole = false;
  let accepted = 0;
  let bytesUp = 0;
  const pipes = new Set<Pipe>();
  const timers = new Set<NodeJS.Timeout>();

  const carry = (pipe: Pipe, from: Socket, to: Socket, count: (bytes: number) => void): void => {
    let inFlight = 0;
    /** When the rate lets the next byte out. */
    let freeAtMs = 0;
    /** Keeps the order; timers of different lengths would not. */
    const queue: { readonly dueMs: number; readonly run: () => void }[] = [];
    let timer: NodeJS.Timeout | null = null;
    const pump = (): void => {
      const nowMs = performance.now();
      for (let head = queue[0]; head && head.dueMs <= nowMs; head = queue[0]) {
        queue.shift();
        head.run();
      }
      const head = queue[0];
      if (!head || timer) return;
      timer = setTimeout(
        () => {
          if (timer) timers.delete(timer);
          timer = null;
          pump();
        },
        Math.max(0, head.dueMs - nowMs),
      );
      timers.add(timer);
    };
    const later = (bytes: number, run: () => void): void => {
      const nowMs = performance.now();
      freeAtMs = Math.max(freeAtMs, nowMs) + (bytes / bytesPerSecond) * 1000;
      const dueMs = freeAtMs + delayMs;
      if (queue.length === 0 && dueMs <= nowMs) {
        run();
        return;
      }
      queue.push({ dueMs, run });
      pump();
    };
    const release = (bytes: number): void => {
      inFlight -= bytes;
      if (inFlight < maxInFlightBytes) from.resume();
    };
    from.on('data', (data: Buffer) => {
      count(data.length);
      if (pipe.silent) return;
      inFlight += data.length;
      if (inFlight >= maxInFlightBytes) from.pause();
      later(data.length, () => {
        if (pipe.silent || to.destroyed || to.writableEnded) return;
        to.write(data, () => {
          release(data.length);
        });
      });
    });
    from.on('end', () => {
      later(0, () => {
        if (!pipe.silent) to.end();
      });
    });
    from.on('error', () => {
      if (!pipe.silent) cut(to);
    });
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    accepted += 1;
    const far = connect({ host, port: options.port, allowHalfOpen: true, noDelay: true });
    const pipe: Pipe = { sockets: [near, far], silent: isBlackhole };
    pipes.add(pipe);
    carry(pipe, near, far, (bytes) => {
      bytesUp += bytes;
    });
    carry(pipe, far, near, () => undefined);
    for (const socket of pipe.sockets) {
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) pipes.delete(pipe);
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const reset = (): void => {
    for (const { sockets } of pipes) for (const socket of sockets) cut(socket);
  };
  return {
    host: '127.0.0.1',
    port: address !== null && typeof address === 'object' ? address.port : 0,
    get connections() {
      return pipes.size;
    },
    get accepted() {
      return accepted;
    },
    get bytesUp() {
      return bytesUp;
    },
    setDelay: (nextDelayMs) => {
      delayMs = nextDelayMs;
    },
    blackhole: () => {
      isBlackhole = true;
      for (const pipe of pipes) pipe.silent = true;
    },
    restore: () => {
      isBlackhole = false;
    },
    reset,
    halfClose: (side) => {
      for (const { sockets } of pipes) sockets[side === 'connecting' ? 0 : 1].end();
    },
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const { sockets } of pipes) for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
