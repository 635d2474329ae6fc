/** An engine under test: every event kept in order, and waiting for those to come. */
import { connect, createServer, type Socket } from 'node:net';
import type { EngineCommand, EngineEvent, LoginTry } from '../../../main/core/engine.ts';
import { createSshEngine, type SshEngineOptions } from '../../../main/adapters/engine/ssh-engine.ts';
import { freePort } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';

type Kind = EngineEvent['kind'];
type EventOf<K extends Kind> = Extract<EngineEvent, { kind: K }>;
type ConnectCommand = Extract<EngineCommand, { kind: 'connect' }>;

export interface Rig {
  readonly events: readonly EngineEvent[];
  send(command: EngineCommand): void;
  /** The first event of a kind, not taken before, that fits. Earlier ones of that kind are skipped. */
  next<K extends Kind>(kind: K, fits?: (event: EventOf<K>) => boolean, timeoutMs?: number): Promise<EventOf<K>>;
  all<K extends Kind>(kind: K): readonly EventOf<K>[];
  /** Sends `connect`; trusts any host key and answers each `login-wanted` by the next of `logins`, then gives up. */
  connect(target: ConnectTarget, logins?: readonly LoginTry[]): string;
  /** Connects and puts the connection on route `route`. */
  connectRoute(target: ConnectTarget, logins?: readonly LoginTry[]): Promise<string>;
  /** Binds a free port of 127.0.0.1 on route `route`, towards a target as the server sees it. */
  forward(targetPort: number, more?: Partial<Extract<EngineCommand, { kind: 'listen' }>>): Promise<number>;
  close(): Promise<void>;
}

type ConnectTarget = Pick<ConnectCommand, 'host' | 'port'> & Partial<ConnectCommand>;

export function startRig(options: SshEngineOptions = {}): Rig {
  const engine = createSshEngine(options);
  const events: EngineEvent[] = [];
  const taken = new Set<EngineEvent>();
  const answers = new Map<string, LoginTry[]>();
  let ids = 0;
  engine.listen((event) => {
    events.push(event);
    if (event.kind === 'host-key' && answers.has(event.connectionId)) {
      engine.send({ kind: 'trust-host-key', connectionId: event.connectionId, trust: true });
    }
    const logins = event.kind === 'login-wanted' ? answers.get(event.connectionId) : undefined;
    if (event.kind === 'login-wanted' && logins) {
      engine.send({ kind: 'try-login', connectionId: event.connectionId, login: logins.shift() ?? null });
    }
  });
  const rig: Rig = {
    events,
    send: (command) => {
      engine.send(command);
    },
    next: async (kind, fits = () => true, timeoutMs = 10_000) => {
      type Wanted = EventOf<typeof kind>;
      const found = await waitFor(
        () => `event ${kind}; there were ${events.map((each) => each.kind).join(', ')}`,
        () => events.find((each): each is Wanted => each.kind === kind && !taken.has(each) && fits(each as Wanted)),
        { timeoutMs },
      );
      for (const each of events) {
        if (each.kind === kind) taken.add(each);
        if (each === found) break;
      }
      return found;
    },
    all: (kind) => events.filter((each): each is EventOf<typeof kind> => each.kind === kind),
    connect: (target, logins) => {
      ids += 1;
      const connectionId = target.connectionId ?? `c${String(ids)}`;
      if (logins) answers.set(connectionId, [...logins]);
      engine.send({
        kind: 'connect',
        user: 'ada',
        timeoutMs: 10_000,
        deadAfterMs: 10_000,
        hostKeyTypes: [],
        ...target,
        connectionId,
      });
      return connectionId;
    },
    connectRoute: async (target, logins = [{ kind: 'none' }]) => {
      const connectionId = rig.connect(target, logins);
      const event = await waitFor(`connection ${connectionId}`, () =>
        events.find((each) => (each.kind === 'ready' || each.kind === 'closed') && each.connectionId === connectionId),
      );
      if (event.kind === 'closed') throw new Error(`not connected: ${JSON.stringify(event.failure)}`);
      engine.send({ kind: 'set-route', routeId: 'route', connectionId });
      return connectionId;
    },
    forward: async (targetPort, more = {}) => {
      ids += 1;
      const port = more.port ?? (await freePort());
      const forwardId = more.forwardId ?? `f${String(ids)}`;
      engine.send({
        kind: 'listen',
        routeId: 'route',
        addresses: ['127.0.0.1'],
        target: { host: '127.0.0.1', port: targetPort },
        holdMs: 5_000,
        ...more,
        forwardId,
        port,
      });
      await rig.next('listening', (event) => event.forwardId === forwardId);
      return port;
    },
    close: () => engine.close(),
  };
  return rig;
}

/** A program that uses a local port. */
export interface TestClient {
  readonly socket: Socket;
  /** All that came so far. */
  received(): Buffer;
  /** Resolves when the other side has ended its direction in order; rejects at a reset. */
  readonly ended: Promise<void>;
  /** Resolves when the socket is closed: null, or the error's code. */
  readonly closed: Promise<string | null>;
}

/** Connects, half-closes allowed; resolves when connected. */
export async function connectTo(port: number, host = '127.0.0.1'): Promise<TestClient> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  const chunks: Buffer[] = [];
  let code: string | null = null;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<string | null>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message;
    });
    socket.on('close', () => {
      resolve(code);
    });
  });
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('end', resolve).on('error', reject);
  });
  ended.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return { socket, received: () => Buffer.concat(chunks), ended, closed };
}

export interface Target {
  readonly port: number;
  /** Sockets open now. */
  readonly sockets: ReadonlySet<Socket>;
  readonly accepted: number;
  stop(): Promise<void>;
}

/** What a forward leads to: a TCP server on 127.0.0.1, half-closes allowed. */
export async function startTarget(serve: (socket: Socket) => void): Promise<Target> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve));
  return {
    port: (server.address() as { port: number }).port,
    sockets,
    get accepted() {
      return accepted;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
