/** Brings every server's wish to fact: one connection a server, a runner for each of its forwards. */
import type { Forward } from '../../shared/forward.ts';
import type { Login, ServerProfile } from '../../shared/server.ts';
import type { Settings } from '../../shared/settings.ts';
import type { ForwardState, Traffic } from '../../shared/snapshot.ts';
import type { EngineEvent } from '../engine.ts';
import { RemoteCommands } from '../remote/remote-commands.ts';
import { TargetAsks } from '../remote/target-asks.ts';
import { Connection, type ConnectionEvent } from './connection.ts';
import { engineSendAs } from './engine-send-as.ts';
import { explainTarget } from './own-service.ts';
import { ForwardRunner } from './forward-runner.ts';
import { answerFromKeychain } from './kept-answers.ts';
import { Latencies } from './latencies.ts';
import { LoginProofs, type LoginProofsDeps } from './login-proofs.ts';
import { watchForUnlock } from './unlock-watch.ts';
import { watchForWake, type WakeWatch } from './wake.ts';

/** A connection needs what a login that is only tried needs. */
export type TunnelsDeps = LoginProofsDeps;

interface Running {
  profile: ServerProfile;
  readonly connection: Connection;
  readonly forwards: Map<string, ForwardRunner>;
}

export class Tunnels {
  readonly commands: RemoteCommands;
  readonly asks: TargetAsks;
  readonly proofs: LoginProofs;
  readonly #deps: TunnelsDeps;
  readonly #running = new Map<string, Running>();
  #watch: WakeWatch | null = null;
  #endUnlockWatch: (() => void) | null = null;
  #looking = false;
  readonly #latencies: Latencies;

  constructor(deps: TunnelsDeps) {
    this.#deps = deps;
    this.commands = new RemoteCommands(deps.ports.engine, deps.ports.random);
    this.asks = new TargetAsks(deps.ports.engine, deps.ports.random);
    this.proofs = new LoginProofs(deps);
    this.#latencies = new Latencies(deps.ports.clock, (event) => {
      this.#toConnections(event);
    });
    deps.ports.engine.listen((event) => {
      this.#handle(event);
    });
  }

  start(): void {
    const { ports, state, log, secrets } = this.#deps;
    this.#endUnlockWatch = watchForUnlock({ clock: ports.clock, keychain: ports.keychain, state, secrets });
    this.#watch = watchForWake({
      ...ports,
      onWake: (why) => {
        this.#wake(why);
      },
      onOnline: (online) => {
        state.update((now) => ({ ...now, network: { online } }));
      },
      onSuspend: () => {
        log.write('info', null, 'The laptop goes to sleep.');
      },
      onPerson: () => {
        void secrets.probeIfLocked();
      },
    });
  }

  /** The keychain can be read (again): what waits for a secret that is in it goes on by itself. */
  keychainReady(): void {
    void answerFromKeychain(this.#deps);
  }

  /** Takes over the profiles as they are now: starts, changes and stops what differs. */
  follow(profiles: readonly ServerProfile[]): void {
    for (const [serverId, running] of this.#running) {
      if (!profiles.some((each) => each.id === serverId)) this.#remove(serverId, running);
    }
    for (const profile of profiles) this.#followOne(profile);
  }

  /** Tries at once whatever of a server waits, failed, or found its port taken. */
  retry(serverId: string): void {
    const running = this.#running.get(serverId);
    if (running) this.#personAsked(running.profile);
    running?.connection.retry();
    for (const forward of running?.forwards.values() ?? []) forward.retry();
  }

  /** Looks whether a forward’s target is still reached. */
  checkTarget(serverId: string, forwardId: string): void {
    this.#running.get(serverId)?.forwards.get(forwardId)?.checkTarget();
  }

  /** What a connection was given by hand and has not proven yet is forgotten. */
  forgetSecrets(serverId: string): void {
    this.#running.get(serverId)?.connection.forgetSecrets();
  }

  /** The engine's id of a server's connection while it is up, for `commands`; null while it is not. */
  connectionIdOf(serverId: string): string | null {
    return this.#running.get(serverId)?.connection.upId ?? null;
  }

  /** A login that has just let us in takes the place of the one before: a connection that is up need not be made anew. */
  adoptLogin(serverId: string, login: Login): void {
    const running = this.#running.get(serverId);
    if (running) running.profile = { ...running.profile, login };
  }

  /** Whether somebody sees counters and latencies. */
  setLooking(looking: boolean): void {
    if (looking === this.#looking) return;
    this.#looking = looking;
    this.#deps.ports.engine.send({ kind: 'report-traffic', on: looking });
    if (!looking) this.#latencies.forget();
  }

  settingsChanged(settings: Settings): void {
    this.#deps.ports.engine.send({ kind: 'set-hold', holdMs: settings.holdSeconds * 1000 });
  }

  /** Ends everything; the engine's own close follows. */
  stop(): void {
    this.#watch?.stop();
    this.#endUnlockWatch?.();
    this.commands.stop();
    this.asks.stop();
    this.proofs.stop();
    this.#latencies.forget();
    for (const [serverId, running] of this.#running) this.#remove(serverId, running);
  }

  #followOne(profile: ServerProfile): void {
    const known = this.#running.get(profile.id);
    const running = known ?? this.#add(profile);
    const old = running.profile;
    running.profile = profile;
    this.#followForwards(running);
    if (known && profile.wanted && !old.wanted) this.#personAsked(profile);
    if (!profile.wanted) running.connection.stop();
    else if (known && wayTo(old) !== wayTo(profile)) running.connection.restart();
    if (profile.wanted) running.connection.start();
  }

  #followForwards(running: Running): void {
    const { profile, forwards } = running;
    for (const [forwardId, runner] of forwards) {
      if (profile.forwards.some((each) => each.id === forwardId)) continue;
      runner.setWanted(false);
      forwards.delete(forwardId);
    }
    for (const forward of profile.forwards) {
      const runner = forwards.get(forward.id) ?? this.#addForward(running, forward);
      runner.change(forward);
      runner.setWanted(profile.wanted && forward.wanted);
    }
  }

  #add(profile: ServerProfile): Running {
    const { ports, state, log, prompts, secrets, hostKeys } = this.#deps;
    const { clock, random, engine, privateKeys } = ports;
    const forwards = new Map<string, ForwardRunner>();
    const connection = new Connection(profile.id, {
      clock,
      random,
      engine,
      prompts,
      secrets,
      hostKeys,
      privateKeys,
      log,
      profile: () => running.profile,
      settings: () => state.get().settings,
      connectivity: () => this.#watch?.connectivity() ?? { online: true, settling: false },
      setState: (next) => {
        state.updateServer(profile.id, (server) => ({ ...server, connection: next }));
      },
      onUp: () => {
        for (const forward of forwards.values()) forward.connectionUp();
      },
      onDown: () => {
        for (const forward of forwards.values()) forward.connectionDown();
      },
    });
    const running: Running = { profile, connection, forwards };
    this.#running.set(profile.id, running);
    return running;
  }

  #addForward(running: Running, forward: Forward): ForwardRunner {
    const { ports, state, log } = this.#deps;
    const { clock, random, engine, localPorts } = ports;
    const serverId = running.profile.id;
    const runner: ForwardRunner = new ForwardRunner(forward, {
      clock,
      random,
      engine,
      localPorts,
      log,
      serverId,
      holdMs: () => state.get().settings.holdSeconds * 1000,
      isConnected: () => running.connection.isUp,
      ourOwnHolder: (address, port) => this.#whoHolds(address, port, runner),
      plannedPorts: () => this.#plannedPorts(),
      sendAs: (each) => engineSendAs(each, running.profile),
      explainTarget: (each, trouble) => explainTarget(running.profile, each, trouble),
      setState: (next) => {
        this.#setForward(serverId, forward.id, { state: next });
      },
      setTraffic: (next) => {
        this.#setForward(serverId, forward.id, { traffic: next });
      },
    });
    running.forwards.set(forward.id, runner);
    return runner;
  }

  #remove(serverId: string, running: Running): void {
    for (const forward of running.forwards.values()) forward.setWanted(false);
    running.connection.stop();
    this.#running.delete(serverId);
  }

  /** Somebody is there to unlock a keychain that was locked at login, and the server has something in it. */
  #personAsked({ remembered }: ServerProfile): void {
    if (remembered.length > 0) void this.#deps.secrets.probeIfLocked();
  }

  #wake(why: string): void {
    this.#deps.log.write('debug', null, `${why}.`);
    for (const { connection } of this.#running.values()) connection.wake(why);
  }

  #handle(event: EngineEvent): void {
    if (event.kind === 'traffic') {
      for (const { forwardId, ...traffic } of event.forwards) this.#runnerOf(forwardId)?.count(traffic);
    } else if (event.kind === 'latency') {
      if (this.#looking) this.#latencies.gather(event);
    } else if ('execId' in event) {
      this.commands.handle(event);
    } else if (event.kind === 'answered') {
      this.asks.handle(event);
    } else if ('forwardId' in event) {
      this.#runnerOf(event.forwardId)?.handle(event);
    } else {
      this.#toConnections(event);
    }
  }

  /** A connection knows its own attempts by their ids and drops the rest. */
  #toConnections(event: ConnectionEvent): void {
    for (const { connection } of this.#running.values()) connection.handle(event);
    this.proofs.handle(event);
  }

  #runnerOf(listenerId: string): ForwardRunner | undefined {
    for (const { forwards } of this.#running.values()) {
      for (const runner of forwards.values()) if (runner.owns(listenerId)) return runner;
    }
    return undefined;
  }

  #whoHolds(address: string, port: number, asking: ForwardRunner): string | null {
    for (const { profile, forwards } of this.#running.values()) {
      for (const [forwardId, runner] of forwards) {
        if (runner === asking || !runner.holds(address, port)) continue;
        return `${profile.name}/${profile.forwards.find((each) => each.id === forwardId)?.label ?? ''}`;
      }
    }
    return null;
  }

  #plannedPorts(): readonly number[] {
    return [...this.#running.values()].flatMap(({ profile }) => profile.forwards.map((each) => each.bind.port));
  }

  #setForward(serverId: string, forwardId: string, part: { state: ForwardState } | { traffic: Traffic }): void {
    this.#deps.state.updateServer(serverId, (server) => ({
      ...server,
      forwards: server.forwards.map((each) => (each.forwardId === forwardId ? { ...each, ...part } : each)),
    }));
  }
}

/** What, when changed, needs the connection made anew. */
const wayTo = ({ address, port, user, login }: ServerProfile) => JSON.stringify([address, port, user, login]);
