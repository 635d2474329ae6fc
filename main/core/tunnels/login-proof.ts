/**
 * Whether a login lets us in: tried on a connection of its own, which carries nothing and ends at once. The server's
 * other connection is not touched, and nothing is saved.
 */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { PromptAnswer, PromptBody } from '../../shared/prompt.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Engine, EngineEvent } from '../engine.ts';
import type { Clock } from '../ports.ts';
import type { HostKeys } from '../servers/host-keys.ts';
import { toFailure } from '../to-failure.ts';
import { connectCommand } from './attempt.ts';
import type { ConnectionEvent } from './connection.ts';
import { explainLoss } from './explain-loss.ts';
import { LoginConversation, newLoginMemory, type LoginDeps, type LoginMemory } from './login.ts';

/** Of silence; a person's time to answer does not count. */
const silenceMs = 30_000;

export interface LoginProofDeps extends Omit<LoginDeps, 'profile'> {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly hostKeys: HostKeys;
}

export class LoginProof {
  /** Never rejects. A server that is not the one known fails with `host-key-changed`. */
  readonly done: Promise<Reply<null>>;
  readonly #id: string;
  readonly #profile: ServerProfile;
  readonly #settings: Settings;
  readonly #deps: LoginProofDeps;
  readonly #login: LoginConversation;
  #settle: (reply: Reply<null>) => void = () => undefined;
  #over = false;
  #verdict: Failure | null = null;
  #disarm: () => void = () => undefined;

  /** `profile`: with the login to be tried. `memory`: what is known of its secrets already. */
  constructor(
    connectionId: string,
    profile: ServerProfile,
    settings: Settings,
    deps: LoginProofDeps,
    memory: LoginMemory = newLoginMemory(),
  ) {
    this.#id = connectionId;
    this.#profile = profile;
    this.#settings = settings;
    this.#deps = deps;
    this.#login = new LoginConversation({ ...deps, profile, ask: (body) => this.#ask(body) }, memory);
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  start(): void {
    const { hostKeys, engine } = this.#deps;
    const { address, port } = this.#profile;
    const dial = async () => {
      const types = await hostKeys.knownTypes(address, port, this.#settings.useKnownHosts);
      if (this.#over) return;
      this.#arm();
      engine.send(connectCommand(this.#id, this.#profile, this.#settings, types));
    };
    this.#guard(dial());
  }

  /** Events of other connections are dropped. */
  handle(event: ConnectionEvent): void {
    if (event.connectionId !== this.#id || this.#over) return;
    this.#arm();
    switch (event.kind) {
      case 'host-key':
        this.#guard(this.#judge(event));
        return;
      case 'login-wanted':
        this.#guard(this.#try(event));
        return;
      case 'questions':
        this.#guard(this.#answer(event));
        return;
      case 'ready':
        this.#finish(done(null));
        return;
      case 'closed':
        this.#finish(failed(this.#verdict ?? explainLoss(this.#profile, this.#login, event.failure)));
        return;
      case 'step':
      case 'banner':
      case 'latency':
        return;
      default:
        event satisfies never;
    }
  }

  cancel(): void {
    this.#finish(failed(failure('cancelled', 'The login was not tried to its end.')));
  }

  /** Nobody is asked: this very server is connected, so its key is known, or it is another machine. */
  async #judge(presented: Extract<EngineEvent, { kind: 'host-key' }>): Promise<void> {
    const { hostKeys, engine } = this.#deps;
    const { address, port, name } = this.#profile;
    const verdict = await hostKeys.judge(address, port, presented, this.#settings.useKnownHosts);
    if (this.#over) return;
    const trust = verdict.kind === 'trusted';
    if (!trust) {
      this.#verdict = failure('host-key-changed', `${name} showed another host key on a second connection.`, {
        hint: 'Another machine answers at this address at times. Connect anew to compare the keys.',
        detail: presented.fingerprint,
      });
    }
    engine.send({ kind: 'trust-host-key', connectionId: this.#id, trust });
  }

  async #try(event: Extract<EngineEvent, { kind: 'login-wanted' }>): Promise<void> {
    const login = await this.#login.next(event);
    if (!this.#over) this.#deps.engine.send({ kind: 'try-login', connectionId: this.#id, login });
  }

  async #answer(event: Extract<EngineEvent, { kind: 'questions' }>): Promise<void> {
    const answers = await this.#login.answer(event);
    if (this.#over) return;
    const connectionId = this.#id;
    if (answers) this.#deps.engine.send({ kind: 'answer-questions', connectionId, answers });
    else this.#deps.engine.send({ kind: 'try-login', connectionId, login: null });
  }

  async #ask(body: PromptBody): Promise<PromptAnswer | null> {
    if (this.#over) return null;
    this.#disarm();
    const answer = await this.#deps.ask(body);
    if (this.#over) return null;
    this.#arm();
    return answer;
  }

  #arm(): void {
    this.#disarm();
    this.#disarm = this.#deps.clock.after(silenceMs, () => {
      this.#finish(
        failed(
          failure('timed-out', `${this.#profile.name} did not answer the second login within 30 s.`, {
            hint: 'Try again.',
          }),
        ),
      );
    });
  }

  #guard(work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      this.#finish(failed(toFailure(thrown)));
    });
  }

  #finish(reply: Reply<null>): void {
    if (this.#over) return;
    this.#over = true;
    this.#disarm();
    this.#deps.engine.send({ kind: 'disconnect', connectionId: this.#id });
    this.#settle(reply);
  }
}
