/**
 * One forward, from wish to fact: its listener is bound before the connection and kept while that is re-made. A port
 * that someone else holds is waited for, never replaced.
 */
import { failureText, type Failure } from '../../shared/failure.ts';
import { formatEndpoint, type Forward } from '../../shared/forward.ts';
import type { ForwardState, PortHolder, Traffic } from '../../shared/snapshot.ts';
import type { Engine, EngineEvent, EngineSendAs } from '../engine.ts';
import type { Log } from '../log.ts';
import type { Clock, LocalPorts, Random } from '../ports.ts';
import { describeTaken } from './describe-taken.ts';

/** How often a taken port is tried again. */
const takenRetryMs = 2000;
/** How often a target that failed is looked at again while nobody uses it. */
const targetRetryMs = 5000;

export interface ForwardRunnerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly engine: Engine;
  readonly localPorts: LocalPorts;
  readonly log: Log;
  readonly serverId: string;
  holdMs(): number;
  isConnected(): boolean;
  /** Another forward of ours that holds this local port, in words; null when it is not us. */
  ourOwnHolder(address: string, port: number): string | null;
  /** Local ports that other forwards are set to use. */
  plannedPorts(): readonly number[];
  /** Under which name requests go on; null: bytes as they are. */
  sendAs(forward: Forward): EngineSendAs | null;
  /** Why the server can’t reach the target, in the words that help most. */
  explainTarget(forward: Forward, trouble: Failure): Failure;
  setState(state: ForwardState): void;
  setTraffic(traffic: Traffic): void;
}

type ForwardEvent = Extract<EngineEvent, { forwardId: string }>;

const noTraffic: Traffic = { bytesDown: 0, bytesUp: 0, clients: 0, held: 0 };

export class ForwardRunner {
  #forward: Forward;
  readonly #deps: ForwardRunnerDeps;
  #wanted = false;
  /** The engine's name for the listener of now; a new one each time it is bound. */
  #listenerId: string | null = null;
  /** Of the listener of now. */
  #sendAs: EngineSendAs | null = null;
  #state: ForwardState = { kind: 'off' };
  #cancelTimer: (() => void) | null = null;
  /** Grows with every bind and release: what was asked before may no longer say anything. */
  #generation = 0;
  /** Traffic of earlier listeners, so that the sum never falls. */
  #before: Traffic = noTraffic;
  #traffic: Traffic = noTraffic;
  /** Listeners that are closing; the same port can be bound only after them. */
  #closing = new Set<string>();

  constructor(forward: Forward, deps: ForwardRunnerDeps) {
    this.#forward = forward;
    this.#deps = deps;
  }

  /** The address and port in use, for naming ourselves as a port's holder. */
  holds(address: string, port: number): boolean {
    const bound = ['holding', 'up', 'target-failed'].includes(this.#state.kind);
    return bound && this.#forward.bind.port === port && this.#addresses().includes(address);
  }

  owns(listenerId: string): boolean {
    return this.#listenerId === listenerId || this.#closing.has(listenerId);
  }

  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#bind();
    else this.#release();
  }

  /** Takes over an edited forward; binds anew when where it listens or leads has changed, or what it says as Host. */
  change(forward: Forward): void {
    const old = this.#forward;
    this.#forward = forward;
    const says = this.#deps.sendAs(forward);
    const same =
      JSON.stringify([old.bind, old.target, this.#sendAs]) === JSON.stringify([forward.bind, forward.target, says]);
    if (same || !this.#wanted) return;
    this.#release();
    this.#bind();
  }

  connectionUp(): void {
    if (this.#state.kind !== 'holding') return;
    this.#enter({ kind: 'up', checked: false });
    this.#checkTarget();
  }

  connectionDown(): void {
    if (this.#state.kind !== 'up' && this.#state.kind !== 'target-failed') return;
    this.#stopTimer();
    this.#enter({ kind: 'holding' });
  }

  /** Somebody else has noticed that the target is not reached. */
  checkTarget(): void {
    if (this.#state.kind === 'up') this.#checkTarget();
  }

  /** A person asked: tries a taken or failed port, or a failed target, at once. */
  retry(): void {
    if (!this.#wanted) return;
    if (this.#state.kind === 'port-taken' || this.#state.kind === 'failed') this.#bind();
    if (this.#state.kind === 'target-failed') this.#checkTarget();
  }

  handle(event: ForwardEvent): void {
    // One that failed while it was being taken back is answered by `listen-failed` alone.
    if (event.kind === 'unlistened' || (event.kind === 'listen-failed' && this.#closing.has(event.forwardId))) {
      this.#closing.delete(event.forwardId);
      if (this.#wanted && this.#state.kind === 'starting') this.#bind();
      return;
    }
    if (event.forwardId !== this.#listenerId) return;
    switch (event.kind) {
      case 'listening':
        this.#log('info', `${this.#forward.label}: listening on ${this.#where()}.`);
        this.#enter({ kind: 'holding' });
        if (this.#deps.isConnected()) this.connectionUp();
        return;
      case 'listen-failed':
        this.#listenerId = null;
        void this.#explainFailure(event.failure);
        return;
      case 'target':
        this.#target(event.failure);
        return;
      case 'client-let-go':
        this.#log(
          'warn',
          `${this.#forward.label}: a program waited ${String(Math.round(event.heldMs / 1000))} s for the connection and was let go.`,
        );
        return;
      default:
        event satisfies never;
    }
  }

  /** Counters of the listener of now, since it was bound. */
  count(traffic: Traffic): void {
    this.#traffic = traffic;
    this.#deps.setTraffic({
      bytesDown: this.#before.bytesDown + traffic.bytesDown,
      bytesUp: this.#before.bytesUp + traffic.bytesUp,
      clients: traffic.clients,
      held: traffic.held,
    });
  }

  #bind(): void {
    if (this.#listenerId !== null) return;
    this.#generation += 1;
    this.#stopTimer();
    if (this.#state.kind !== 'port-taken') this.#enter({ kind: 'starting' });
    // The old listener may hold the very port: its `unlistened` brings us back here.
    if (this.#closing.size > 0) return;
    this.#listenerId = this.#deps.random.id();
    this.#sendAs = this.#deps.sendAs(this.#forward);
    this.#deps.engine.send({
      kind: 'listen',
      forwardId: this.#listenerId,
      routeId: this.#deps.serverId,
      addresses: this.#addresses(),
      port: this.#forward.bind.port,
      target: this.#forward.target,
      holdMs: this.#deps.holdMs(),
      ...(this.#sendAs === null ? {} : { sendAs: this.#sendAs }),
    });
  }

  #release(): void {
    this.#generation += 1;
    this.#stopTimer();
    if (this.#listenerId !== null) {
      this.#closing.add(this.#listenerId);
      this.#deps.engine.send({ kind: 'unlisten', forwardId: this.#listenerId });
      this.#listenerId = null;
      this.#before = {
        ...noTraffic,
        bytesDown: this.#before.bytesDown + this.#traffic.bytesDown,
        bytesUp: this.#before.bytesUp + this.#traffic.bytesUp,
      };
      this.count(noTraffic);
    }
    this.#enter({ kind: 'off' });
  }

  #target(found: Failure | null): void {
    if (this.#state.kind !== 'up' && this.#state.kind !== 'target-failed') return;
    this.#stopTimer();
    const trouble = found && this.#deps.explainTarget(this.#forward, found);
    if (trouble === null) {
      if (this.#state.kind === 'target-failed') this.#log('info', `${this.#forward.label}: the target answers again.`);
      this.#enter({ kind: 'up', checked: true });
      return;
    }
    if (this.#state.kind === 'up') this.#log('warn', `${this.#forward.label}: ${failureText(trouble)}`);
    const sinceMs = this.#state.kind === 'target-failed' ? this.#state.sinceMs : this.#deps.clock.nowMs();
    this.#enter({ kind: 'target-failed', failure: trouble, sinceMs });
    this.#timer(targetRetryMs, () => {
      this.#checkTarget();
    });
  }

  async #explainFailure(trouble: Failure): Promise<void> {
    if (trouble.code !== 'port-taken') {
      if (this.#wanted) this.#enter({ kind: 'failed', failure: trouble });
      this.#log('warn', `${this.#forward.label}: ${failureText(trouble)}`);
      return;
    }
    const asked = this.#generation;
    const { port } = this.#forward.bind;
    const addresses = this.#addresses();
    const ours = addresses.map((each) => this.#deps.ourOwnHolder(each, port)).find((each) => each !== null) ?? null;
    const [holder, freePort] = await Promise.all([
      ours === null ? this.#holder(addresses, port) : null,
      this.#freeOnAll(addresses, port),
    ]);
    // Meanwhile it may have been switched off, given another port, or tried again.
    if (asked !== this.#generation) return;
    const told = describeTaken(port, holder, ours);
    if (this.#state.kind !== 'port-taken') this.#log('warn', `${this.#forward.label}: ${failureText(told)}`);
    this.#enter({ kind: 'port-taken', failure: told, holder, freePort });
    this.#timer(takenRetryMs, () => {
      this.#bind();
    });
  }

  async #holder(addresses: readonly string[], port: number): Promise<PortHolder | null> {
    for (const each of addresses) {
      const holder = await this.#deps.localPorts.holder(each, port);
      if (holder) return holder;
    }
    return null;
  }

  /** The next port that every address has free; null when there is none. */
  async #freeOnAll(addresses: readonly string[], port: number): Promise<number | null> {
    const avoid = this.#deps.plannedPorts();
    for (let below = port; ;) {
      const free = await Promise.all(addresses.map((each) => this.#deps.localPorts.nextFree(each, below, avoid)));
      const found = free.filter((each) => each !== null);
      const highest = Math.max(...found);
      if (found.length < free.length) return null;
      if (found.every((each) => each === highest)) return highest;
      below = highest - 1;
    }
  }

  #checkTarget(): void {
    if (this.#listenerId === null) return;
    this.#deps.engine.send({ kind: 'check-target', forwardId: this.#listenerId });
  }

  #addresses(): readonly string[] {
    const { address, alsoIpv6 } = this.#forward.bind;
    return alsoIpv6 && address !== '::1' ? [address, '::1'] : [address];
  }

  #where(): string {
    return this.#addresses()
      .map((each) => formatEndpoint(each, this.#forward.bind.port))
      .join(' and ');
  }

  #timer(delayMs: number, run: () => void): void {
    this.#stopTimer();
    this.#cancelTimer = this.#deps.clock.after(delayMs, () => {
      this.#cancelTimer = null;
      run();
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #enter(state: ForwardState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#deps.setState(state);
  }

  #log(level: 'info' | 'warn', message: string): void {
    this.#deps.log.write(level, this.#deps.serverId, message);
  }
}
