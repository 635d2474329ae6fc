/** The forwarding engine on ssh2 and node:net. It carries out what the core says (core/engine.ts) and tells what comes. */
import type { Engine, EngineCommand, EngineEvent } from '../../core/engine.ts';
import { failed } from '../../shared/failure.ts';
import type { Traffic } from '../../shared/snapshot.ts';
import { agentPaths } from './agent.ts';
import { Connection } from './connection.ts';
import { noConnection } from './failures.ts';
import { Forward } from './forward.ts';
import { TrafficReport } from './traffic-report.ts';

export interface SshEngineOptions {
  /** Socket or pipe of the SSH agent; by default as the system says (SSH_AUTH_SOCK; on Windows OpenSSH's or Pageant). */
  readonly agentSocketPath?: string;
  /** What this machine is taken for. */
  readonly platform?: NodeJS.Platform;
}

export function createSshEngine(options: SshEngineOptions = {}): Engine {
  return new SshEngine(options);
}

class SshEngine implements Engine {
  readonly #options: SshEngineOptions;
  readonly #connections = new Map<string, Connection>();
  /** Route → connection. */
  readonly #routes = new Map<string, Connection>();
  readonly #forwards = new Map<string, Forward>();
  /** What is still being closed, by forward: its port is taken again only afterwards. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #report = new TrafficReport(
    () => this.#traffic(),
    (forwards) => {
      this.#emit({ kind: 'traffic', forwards });
    },
  );
  #onEvent: (event: EngineEvent) => void = () => undefined;
  #closed = false;

  constructor(options: SshEngineOptions) {
    this.#options = options;
  }

  /** Commands are carried out in order, soon: never inside the call, so that an event’s listener may send at will. */
  send(command: EngineCommand): void {
    queueMicrotask(() => {
      if (!this.#closed) this.#carryOut(command);
    });
  }

  listen(onEvent: (event: EngineEvent) => void): void {
    this.#onEvent = onEvent;
  }

  async close(): Promise<void> {
    // What was sent before is carried out before.
    await Promise.resolve();
    this.#closed = true;
    this.#report.set(false);
    for (const connection of [...this.#connections.values()]) connection.disconnect();
    for (const forward of this.#forwards.values()) void this.#closeForward(forward);
    this.#forwards.clear();
    await Promise.all(this.#closing.values());
  }

  #emit(event: EngineEvent): void {
    try {
      this.#onEvent(event);
    } catch (error) {
      // A bug of the listener's, not of the server that the event is about.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #carryOut(command: EngineCommand): void {
    switch (command.kind) {
      case 'connect':
        this.#connect(command);
        return;
      case 'trust-host-key':
        this.#connections.get(command.connectionId)?.trustHostKey(command.trust);
        return;
      case 'try-login':
        this.#connections.get(command.connectionId)?.tryLogin(command.login);
        return;
      case 'answer-questions':
        this.#connections.get(command.connectionId)?.answerQuestions(command.answers);
        return;
      case 'disconnect':
        this.#connections.get(command.connectionId)?.disconnect();
        return;
      case 'check-link':
        this.#connections.get(command.connectionId)?.checkLink(command.timeoutMs);
        return;
      case 'set-route':
        this.#setRoute(command.routeId, command.connectionId);
        return;
      case 'listen':
        this.#listen(command);
        return;
      case 'unlisten':
        this.#unlisten(command.forwardId);
        return;
      case 'set-hold':
        for (const forward of this.#forwards.values()) forward.setHold(command.holdMs);
        return;
      case 'check-target':
        this.#forwards.get(command.forwardId)?.checkTarget();
        return;
      case 'exec-start':
        this.#startExec(command);
        return;
      case 'exec-cancel':
        for (const connection of this.#connections.values()) connection.commands.cancel(command.execId);
        return;
      case 'ask':
        this.#ask(command);
        return;
      case 'ask-cancel':
        for (const connection of this.#connections.values()) connection.asks.cancel(command.askId);
        return;
      case 'report-traffic':
        this.#report.set(command.on);
        return;
      default:
        command satisfies never;
    }
  }

  #connect(command: Extract<EngineCommand, { kind: 'connect' }>): void {
    if (this.#connections.has(command.connectionId)) return;
    const connection = new Connection(command, {
      agentPaths: agentPaths(this.#options.agentSocketPath, this.#options.platform),
      emit: (event) => {
        this.#emit(event);
      },
      onClosed: (closed) => {
        this.#connections.delete(closed.id);
        for (const [routeId, routed] of this.#routes) {
          if (routed === closed) this.#setRoute(routeId, null);
        }
      },
    });
    this.#connections.set(connection.id, connection);
    connection.start();
  }

  #startExec(command: Extract<EngineCommand, { kind: 'exec-start' }>): void {
    const connection = this.#connections.get(command.connectionId);
    if (connection?.isReady) connection.commands.start(command);
    else {
      const { execId } = command;
      this.#emit({ kind: 'exec-ended', execId, exitCode: null, signal: null, failure: noConnection() });
    }
  }

  #ask(command: Extract<EngineCommand, { kind: 'ask' }>): void {
    const connection = this.#connections.get(command.connectionId);
    if (connection?.isReady) connection.asks.start(command);
    else this.#emit({ kind: 'answered', askId: command.askId, answer: failed(noConnection()) });
  }

  #setRoute(routeId: string, connectionId: string | null): void {
    const connection = connectionId === null ? undefined : this.#connections.get(connectionId);
    if (connection === this.#routes.get(routeId)) return;
    if (connection) this.#routes.set(routeId, connection);
    else this.#routes.delete(routeId);
    for (const forward of this.#forwards.values()) {
      if (forward.routeId === routeId) forward.routeChanged();
    }
  }

  #listen(command: Extract<EngineCommand, { kind: 'listen' }>): void {
    const { forwardId, routeId } = command;
    const before = this.#forwards.get(forwardId);
    if (before) void this.#closeForward(before);
    const forward = new Forward(command, {
      platform: this.#options.platform ?? process.platform,
      emit: (event) => {
        this.#emit(event);
      },
      connection: () => {
        const connection = this.#routes.get(routeId);
        return connection?.isReady ? connection : null;
      },
    });
    this.#forwards.set(forwardId, forward);
    void forward.bind(this.#closing.get(forwardId) ?? Promise.resolve()).then((bound) => {
      if (!bound || this.#forwards.get(forwardId) !== forward) return;
      if (bound.ok) {
        this.#emit({ kind: 'listening', forwardId });
      } else {
        this.#forwards.delete(forwardId);
        this.#emit({ kind: 'listen-failed', forwardId, failure: bound.failure });
      }
    });
  }

  #unlisten(forwardId: string): void {
    const forward = this.#forwards.get(forwardId);
    if (!forward) return;
    this.#forwards.delete(forwardId);
    void this.#closeForward(forward).then(() => {
      if (!this.#closed) this.#emit({ kind: 'unlistened', forwardId });
    });
  }

  #closeForward(forward: Forward): Promise<void> {
    const closing = forward.close().then(() => {
      if (this.#closing.get(forward.id) === closing) this.#closing.delete(forward.id);
    });
    this.#closing.set(forward.id, closing);
    return closing;
  }

  /** Of the forwards of now: the core itself adds up those that were before. */
  *#traffic(): Iterable<readonly [string, Traffic]> {
    for (const [forwardId, forward] of this.#forwards) yield [forwardId, forward.traffic];
  }
}
