/** Runs the check of a tracking server and shows how it goes; one at a time for a server. */
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { VerifyView } from '../../../shared/setup/verify.ts';
import type { Clock, Random } from '../../ports.ts';
import type { State } from '../../state.ts';
import type { Credentials } from '../credentials.ts';
import type { HttpClient } from './http-client.ts';
import { verify, type RunningVerify } from './verify.ts';

/** A tunnel that was just switched on is up within this time, or says why not. */
const tunnelWaitMs = 15_000;
const betweenLooksMs = 100;
const cleanUpMs = 2_000;

export interface ChecksDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpClient;
  readonly credentials: Credentials;
}

export class Checks {
  readonly #deps: ChecksDeps;
  readonly #running = new Map<string, RunningVerify>();

  constructor(deps: ChecksDeps) {
    this.#deps = deps;
  }

  /** Begins it, and says only whether it could begin. */
  async start(serverId: string, environment: string, artifactBytes: number): Promise<Reply<Record<never, never>>> {
    const begun = await this.#begin(serverId, environment, artifactBytes);
    return begun.ok ? done({}) : begun;
  }

  /** To its end; a failure of the check itself is in the view. */
  async run(serverId: string, environment: string, artifactBytes: number): Promise<Reply<VerifyView>> {
    const begun = await this.#begin(serverId, environment, artifactBytes);
    return begun.ok ? done(await begun.value.done) : begun;
  }

  cancel(serverId: string): Reply<Record<never, never>> {
    const running = this.#running.get(serverId);
    if (!running) return failed(failure('conflict', 'No check is under way.'));
    running.cancel();
    return done({});
  }

  /** Gives those under way a moment to take away what they made; then they end where they are. */
  async stop(): Promise<void> {
    const all = [...this.#running.values()];
    if (all.length === 0) return;
    for (const running of all) running.cancel();
    const ended = Promise.all(all.map((each) => each.done));
    let cancelTimer: () => void = () => undefined;
    const enough = new Promise<void>((resolve) => {
      cancelTimer = this.#deps.clock.after(cleanUpMs, resolve);
    });
    await Promise.race([ended, enough]);
    cancelTimer();
    for (const running of this.#running.values()) running.cancel();
    await ended;
  }

  async #begin(serverId: string, environment: string, artifactBytes: number): Promise<Reply<RunningVerify>> {
    const { clock, random, http, credentials, state } = this.#deps;
    if (this.#running.has(serverId)) return failed(failure('conflict', 'A check is under way already.'));
    const found = await credentials.trackingServer(serverId, environment);
    if (!found.ok) return found;
    const { url, login, stack } = found.value;
    await this.#tunnelUp(serverId, stack.forwardId);
    const running = verify({
      http,
      clock,
      random,
      url,
      environment,
      login,
      artifactBytes,
      onChange: (view) => {
        state.updateServer(serverId, (server) => ({ ...server, verify: view }));
      },
    });
    this.#running.set(serverId, running);
    void running.done.then(() => this.#running.delete(serverId));
    return done(running);
  }

  /** Waits while the tunnel is on its way, for some seconds: what is wrong with it, the check itself finds. */
  async #tunnelUp(serverId: string, forwardId: string | null): Promise<void> {
    const { state, clock } = this.#deps;
    const lastMs = clock.nowMs() + tunnelWaitMs;
    const isOnItsWay = () => {
      const server = state.get().servers.find((each) => each.profile.id === serverId);
      if (server?.profile.forwards.find((each) => each.id === forwardId)?.wanted === false) return false;
      const kind = server?.forwards.find((each) => each.forwardId === forwardId)?.state.kind;
      // Waiting does not mend the others: a target that does not answer is asked again by the check.
      return kind === undefined || kind === 'off' || kind === 'starting' || kind === 'holding';
    };
    while (isOnItsWay() && clock.nowMs() < lastMs) {
      await new Promise<void>((resolve) => {
        clock.after(betweenLooksMs, resolve);
      });
    }
  }
}
