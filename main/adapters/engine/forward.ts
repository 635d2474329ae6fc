/**
 * A local port and its clients. Clients are held while the route has no connection, and their channels are opened a
 * limited number at a time.
 */
import type { Server, Socket } from 'node:net';
import type { EngineCommand, EngineEvent } from '../../core/engine.ts';
import type { Failure } from '../../shared/failure.ts';
import type { Traffic } from '../../shared/snapshot.ts';
import { bindAll, closeAll, type Bound } from './bind.ts';
import type { Channel } from './channels.ts';
import { Client, type ClientEvents, type Meter } from './client.ts';
import type { Connection } from './connection.ts';
import { cut } from './cut.ts';
import { SendAsStream } from './send-as.ts';

type ListenCommand = Extract<EngineCommand, { kind: 'listen' }>;

/** More clients than this are not held but refused. */
const maxHeld = 1_024;
/** Channels being opened at a time; a target that never answers must not fill the server with waiting ones. */
const maxOpening = 128;

export interface ForwardOptions {
  readonly platform: NodeJS.Platform;
  readonly emit: (event: EngineEvent) => void;
  /** The connection on the forward's route, when it is ready. */
  readonly connection: () => Connection | null;
}

/** The timer runs while there is no connection; with one, the client only waits for its turn. */
interface Held {
  readonly sinceMs: number;
  readonly timer: NodeJS.Timeout | null;
}

export class Forward {
  readonly id: string;
  readonly routeId: string;
  readonly #command: ListenCommand;
  readonly #options: ForwardOptions;
  readonly #meter: Meter = { bytesDown: 0, bytesUp: 0 };
  readonly #clients = new Set<Client>();
  /** Waiting for a connection, or for their turn to have a channel opened; in the order they came. */
  readonly #held = new Map<Client, Held>();
  readonly #opening = new Set<Client>();
  #servers: readonly Server[] = [];
  #settled: Promise<void> = Promise.resolve();
  #check: Channel | null = null;
  #holdMs: number;
  /** What was told of the target last; undefined before anything was. */
  #toldTarget: string | null | undefined;
  #closed = false;

  constructor(command: ListenCommand, options: ForwardOptions) {
    this.id = command.forwardId;
    this.routeId = command.routeId;
    this.#command = command;
    this.#options = options;
    this.#holdMs = command.holdMs;
  }

  get traffic(): Traffic {
    const held = this.#options.connection() ? 0 : this.#held.size;
    return { ...this.#meter, clients: this.#clients.size, held };
  }

  /** Binds once `freed` resolves. Null: it was closed meanwhile. */
  async bind(freed: Promise<void>): Promise<Bound | null> {
    const binding = freed.then(() => this.#bind());
    this.#settled = binding.then(() => undefined);
    const bound = await binding;
    return this.#closed ? null : bound;
  }

  async #bind(): Promise<Bound> {
    if (this.#closed) return { ok: true, servers: [] };
    const { addresses, port } = this.#command;
    const bound = await bindAll({
      addresses,
      port,
      platform: this.#options.platform,
      onClient: (socket) => {
        this.#welcome(socket);
      },
    });
    if (bound.ok) this.#servers = bound.servers;
    return bound;
  }

  /** Resolves when the port is free and every client is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const client of [...this.#clients]) client.reset();
    this.#check?.close();
    this.#check = null;
    await this.#settled;
    await closeAll(this.#servers);
  }

  setHold(holdMs: number): void {
    this.#holdMs = holdMs;
    for (const [client, { sinceMs }] of [...this.#held]) this.#hold(client, sinceMs);
  }

  /** Another connection is on the route, or none. */
  routeChanged(): void {
    this.#toldTarget = undefined;
    this.#check?.close();
    this.#check = null;
    for (const client of [...this.#held.keys()]) this.#hold(client);
    this.#openNext();
  }

  /** Opens a channel to the target and closes it; tells `target`. */
  checkTarget(): void {
    const connection = this.#options.connection();
    if (!connection || this.#check) return;
    const tell = (failure: Failure | null): void => {
      this.#check = null;
      this.#toldTarget = undefined;
      this.#tellTarget(failure);
    };
    const nothing = (): void => undefined;
    this.#check = connection.channels.open(
      this.#command.target,
      { host: '127.0.0.1', port: 0 },
      {
        opened: (channel) => {
          channel.close();
          tell(null);
        },
        failed: tell,
        lost: () => {
          this.#check = null;
        },
        data: nothing,
        ended: nothing,
        writable: nothing,
        closed: nothing,
      },
    );
  }

  #welcome(socket: Socket): void {
    const noConnection = this.#options.connection() === null;
    if (this.#closed || (noConnection && (this.#held.size >= maxHeld || this.#holdMs === 0))) {
      socket.on('error', () => undefined);
      cut(socket);
      if (!this.#closed) this.#options.emit({ kind: 'client-let-go', forwardId: this.id, heldMs: 0 });
      return;
    }
    const events: ClientEvents = {
      target: (failure) => {
        this.#opening.delete(client);
        this.#tellTarget(failure);
        this.#openNext();
      },
      returned: () => {
        this.#opening.delete(client);
        this.#hold(client);
      },
      letGo: () => {
        this.#letGo(client);
      },
      gone: () => {
        this.#clients.delete(client);
        this.#unhold(client);
        if (this.#opening.delete(client)) this.#openNext();
      },
    };
    const client: Client = new Client(socket, this.#meter, events, this.#sendAs(socket));
    this.#clients.add(client);
    this.#hold(client);
    this.#openNext();
  }

  #sendAs({ localAddress = '127.0.0.1' }: Socket): SendAsStream | null {
    const { sendAs, port, target } = this.#command;
    return sendAs
      ? new SendAsStream({ ...sendAs, bind: { address: localAddress, port }, targetPort: target.port })
      : null;
  }

  #openNext(): void {
    const connection = this.#options.connection();
    if (!connection || this.#closed) return;
    for (const client of this.#held.keys()) {
      if (this.#opening.size >= maxOpening) return;
      this.#unhold(client);
      this.#opening.add(client);
      client.open(connection.channels, this.#command.target);
    }
  }

  #tellTarget(failure: Failure | null): void {
    const told = failure?.code ?? null;
    if (this.#closed || this.#toldTarget === told) return;
    this.#toldTarget = told;
    this.#options.emit({ kind: 'target', forwardId: this.id, failure });
  }

  #hold(client: Client, sinceMs = performance.now()): void {
    this.#unhold(client);
    const hasConnection = this.#options.connection() !== null;
    const leftMs = this.#holdMs - (performance.now() - sinceMs);
    const timer = hasConnection
      ? null
      : setTimeout(() => {
          client.reset();
        }, leftMs);
    this.#held.set(client, { sinceMs, timer });
  }

  #unhold(client: Client): void {
    const timer = this.#held.get(client)?.timer;
    if (timer) clearTimeout(timer);
    this.#held.delete(client);
  }

  #letGo(client: Client): void {
    const held = this.#held.get(client);
    this.#unhold(client);
    if (!held || this.#closed || this.#options.connection()) return;
    const heldMs = Math.round(performance.now() - held.sinceMs);
    this.#options.emit({ kind: 'client-let-go', forwardId: this.id, heldMs });
  }
}
