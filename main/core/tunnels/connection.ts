/**
 * One server's connection, from wish to fact. `start` keeps it up until `stop`: it dials, checks the host key, logs in,
 * and comes back by the class of each failure: network for ever, authentication twice and then ask, host key never.
 *
 * Every attempt has its own id; after each await the attempt asks whether it is still the one that counts.
 */
import { failureClass, failureText, type Failure } from '../../shared/failure.ts';
import type { PromptAnswer, PromptBody } from '../../shared/prompt.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Settings } from '../../shared/settings.ts';
import type { ConnectionState } from '../../shared/snapshot.ts';
import type { Engine, EngineCommand, EngineEvent } from '../engine.ts';
import type { Log } from '../log.ts';
import type { Clock, PrivateKeys, Random } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import type { Secrets } from '../secrets.ts';
import type { HostKeys } from '../servers/host-keys.ts';
import { toFailure } from '../to-failure.ts';
import { connectCommand, decideWake, newAttempt, verdictLost, verdictTimeoutMs, type Attempt } from './attempt.ts';
import { decideComeback, noFailures, type Failures } from './comeback.ts';
import { checkHostKey } from './host-key-check.ts';
import { askToTryAgain, explainLoss } from './explain-loss.ts';
import { LoginConversation, newLoginMemory } from './login.ts';
import type { Connectivity } from './wake.ts';

/** A link is asked for a sign of life this long after the laptop woke or its network changed. */
const checkTimeoutMs = 3000;

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly engine: Engine;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly hostKeys: HostKeys;
  readonly privateKeys: PrivateKeys;
  readonly log: Log;
  /** Read at each use: both may change while the connection lives. */
  profile(): ServerProfile;
  settings(): Settings;
  connectivity(): Connectivity;
  setState(state: ConnectionState): void;
  /** The connection is there, or gone: the forwards follow. */
  onUp(): void;
  onDown(): void;
}

type EventOf<K extends EngineEvent['kind']> = Extract<EngineEvent, { kind: K }>;
/** The engine's events that speak of a connection. */
export type ConnectionEvent = Extract<EngineEvent, { connectionId: string }>;

export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #serverId: string;
  #wanted = false;
  #attempt: Attempt | null = null;
  #state: ConnectionState = { kind: 'off' };
  #tries = 0;
  #failures: Failures = noFailures;
  #loginMemory = newLoginMemory();
  #troubleSinceMs: number | null = null;
  #upSinceMs = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(serverId: string, deps: ConnectionDeps) {
    this.#serverId = serverId;
    this.#deps = deps;
  }

  /** The engine's id of the connection while it is up; null while it is not. */
  get upId(): string | null {
    return this.isUp ? (this.#attempt?.id ?? null) : null;
  }

  get isUp(): boolean {
    return this.#state.kind === 'up';
  }

  /** Wants the connection; does nothing when it is wanted already. */
  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#loginMemory = newLoginMemory();
    this.#forgetFailures();
    this.#dial();
  }

  /** Ends it and whatever it was asking. */
  stop(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#abandon();
    this.#deps.prompts.cancelFor(this.#serverId);
    this.#enter({ kind: 'off' });
    this.#log('info', 'Disconnected.');
  }

  /** Makes it anew, as after a change of address or login. */
  restart(): void {
    if (!this.#wanted) return;
    this.stop();
    this.start();
  }

  /** What was typed and not yet proven is forgotten with what is kept. */
  forgetSecrets(): void {
    this.#loginMemory.typed = [];
    this.#loginMemory.refused.clear();
  }

  /** A person asked: whatever it waits for, it tries at once. */
  retry(): void {
    if (!this.#wanted || this.#state.kind === 'up' || this.#state.kind === 'needs-you') return;
    this.#abandon();
    this.#forgetFailures();
    this.#dial();
  }

  /** The laptop woke or its network changed: a waiting connection tries at once, a standing one must show that it lives. */
  wake(why: string): void {
    const attempt = this.#attempt;
    const action = decideWake(this.#state.kind, this.#failures, attempt?.login ?? null);
    switch (action) {
      case 'check-link':
        if (attempt) this.#deps.engine.send({ kind: action, connectionId: attempt.id, timeoutMs: checkTimeoutMs });
        return;
      case 'dial':
        this.#log('info', `${why}: trying at once.`);
        this.#failures = { ...this.#failures, network: 0 };
        this.#abandon();
        this.#dial();
        return;
      case 'await-verdict':
        if (attempt) this.#limitVerdict(attempt);
        return;
      case 'none':
        return;
      default:
        action satisfies never;
    }
  }

  /** Engine events of this server's connections; those of an attempt that no longer counts are dropped. */
  handle(event: ConnectionEvent): void {
    const attempt = this.#attempt;
    if (attempt?.id !== event.connectionId) return;
    if (event.kind !== 'step' && event.kind !== 'banner') this.#disarm();
    switch (event.kind) {
      case 'step':
        if (this.#state.kind === 'connecting') this.#enter({ ...this.#state, step: event.step });
        return;
      case 'host-key':
        this.#guard(attempt, this.#checkHostKey(attempt, event));
        return;
      case 'login-wanted':
        this.#guard(attempt, this.#login(attempt, event));
        return;
      case 'questions':
        this.#guard(attempt, this.#answerQuestions(attempt, event));
        return;
      case 'banner':
        this.#log('info', `The server says: ${event.text}`);
        return;
      case 'ready':
        this.#guard(attempt, this.#ready(attempt, event));
        return;
      case 'latency':
        if (this.#state.kind === 'up')
          this.#enter({ ...this.#state, latencyMs: Math.round(event.latencyMs * 10) / 10 });
        return;
      case 'closed':
        this.#closed(attempt, event);
        return;
      default:
        event satisfies never;
    }
  }

  #dial(): void {
    this.#disarm();
    this.#tries += 1;
    const { clock, random, settings, profile, secrets, privateKeys, hostKeys, engine } = this.#deps;
    const server = profile();
    const login = new LoginConversation(
      {
        profile: server,
        secrets,
        privateKeys,
        ask: (body) => this.#ask(body, attempt),
        log: (message) => this.#log('info', message),
      },
      this.#loginMemory,
    );
    const attempt = newAttempt(random.id(), login);
    this.#attempt = attempt;
    this.#enter({ kind: 'connecting', sinceMs: clock.nowMs(), attempt: this.#tries, step: 'dialling' });
    const known = hostKeys.knownTypes(server.address, server.port, settings().useKnownHosts);
    const connect = known.then((hostKeyTypes) => {
      if (this.#attempt !== attempt) return;
      engine.send(connectCommand(attempt.id, server, settings(), hostKeyTypes));
    });
    this.#guard(attempt, connect);
  }

  async #checkHostKey(attempt: Attempt, presented: EventOf<'host-key'>): Promise<void> {
    const { hostKeys, profile, settings } = this.#deps;
    const refusal = await checkHostKey(
      {
        hostKeys,
        profile: profile(),
        useKnownHosts: settings().useKnownHosts,
        ask: (body) => this.#ask(body, attempt),
        log: (level, message) => this.#log(level, message),
      },
      presented,
    );
    attempt.verdict = refusal;
    this.#proceed(
      attempt,
      { kind: 'trust-host-key', connectionId: attempt.id, trust: refusal === null },
      refusal !== null,
    );
  }

  async #login(attempt: Attempt, event: EventOf<'login-wanted'>): Promise<void> {
    const login = await attempt.login.next(event);
    this.#proceed(attempt, { kind: 'try-login', connectionId: attempt.id, login }, login === null);
  }

  async #answerQuestions(attempt: Attempt, event: EventOf<'questions'>): Promise<void> {
    const answers = await attempt.login.answer(event);
    if (answers) this.#proceed(attempt, { kind: 'answer-questions', connectionId: attempt.id, answers }, false);
    else this.#proceed(attempt, { kind: 'try-login', connectionId: attempt.id, login: null }, true);
  }

  /** A bug on the way ends the attempt, not the app. */
  #guard(attempt: Attempt, work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      const trouble = toFailure(thrown);
      this.#deps.log.write('error', this.#serverId, trouble.detail ?? trouble.message);
      if (this.#attempt !== attempt) return;
      this.#abandon();
      this.#enter({ kind: 'failed', sinceMs: this.#deps.clock.nowMs(), failure: trouble });
    });
  }

  /** Goes on after an await: with this link, or with a new one if it went meanwhile. */
  #proceed(attempt: Attempt, command: EngineCommand, givesUp: boolean): void {
    if (this.#attempt !== attempt) return;
    if (!attempt.linkLost) {
      this.#deps.engine.send(command);
      return;
    }
    this.#attempt = null;
    if (givesUp) this.#comeBack(attempt, this.#explain(attempt, null), false);
    else this.#dial();
  }

  async #ready(attempt: Attempt, event: EventOf<'ready'>): Promise<void> {
    const { clock, engine, onUp } = this.#deps;
    this.#upSinceMs = clock.nowMs();
    this.#troubleSinceMs = null;
    this.#failures = { ...this.#failures, logins: 0, cutOffs: 0 };
    this.#tries = 0;
    const { software, cipher } = event;
    engine.send({ kind: 'set-route', routeId: this.#serverId, connectionId: attempt.id });
    this.#enter({ kind: 'up', sinceMs: this.#upSinceMs, software, cipher, latencyMs: null });
    this.#log('info', `Connected to ${software} (${cipher}).`);
    onUp();
    await attempt.login.succeeded();
  }

  #closed(attempt: Attempt, event: EventOf<'closed'>): void {
    const wasUp = this.#state.kind === 'up';
    if (attempt.openPromptId !== null && !attempt.login.asked) {
      // A question about key or password outlives the link that raised it: servers hang up after two minutes.
      attempt.linkLost = true;
      return;
    }
    this.#attempt = null;
    // A one-time code is of no use to another link.
    if (attempt.openPromptId !== null) this.#deps.prompts.cancel(attempt.openPromptId);
    if (event.failure?.code === 'login-rejected') attempt.login.refused(true);
    const cause = this.#explain(attempt, event.failure);
    this.#loseRoute(wasUp);
    this.#log(wasUp || failureClass(cause.code) !== 'network' ? 'warn' : 'info', failureText(cause));
    this.#comeBack(attempt, cause, wasUp);
  }

  #explain(attempt: Attempt, told: Failure | null): Failure {
    return attempt.verdict ?? explainLoss(this.#deps.profile(), attempt.login, told);
  }

  #comeBack(attempt: Attempt, cause: Failure, wasUp: boolean): void {
    const { clock, random, settings, connectivity } = this.#deps;
    const nowMs = clock.nowMs();
    this.#troubleSinceMs ??= nowMs;
    const loss = {
      cause,
      upForMs: wasUp ? nowMs - this.#upSinceMs : null,
      personAsked: attempt.login.asked,
      secretRefused: this.#loginMemory.refusals > 0,
      connectivity: connectivity(),
    };
    const retryMaxMs = settings().retryMaxSeconds * 1000;
    const { failures, comeback } = decideComeback(this.#failures, loss, retryMaxMs, random.fraction());
    this.#failures = failures;
    switch (comeback.kind) {
      case 'dial':
        this.#waitThenDial(comeback.delayMs, comeback.why);
        return;
      case 'ask':
        // Hung up again and again: the secret is the likeliest reason.
        if (cause.code === 'login-cut-off') attempt.login.refused();
        this.#parkUntilTold(cause);
        return;
      case 'stop':
        this.#enter({ kind: 'failed', sinceMs: nowMs, failure: cause });
        return;
      default:
        comeback satisfies never;
    }
  }

  #waitThenDial(delayMs: number, cause: Failure): void {
    const nowMs = this.#deps.clock.nowMs();
    const sinceMs = this.#troubleSinceMs ?? nowMs;
    this.#enter({ kind: 'waiting', sinceMs, retryAtMs: nowMs + delayMs, attempt: this.#tries + 1, failure: cause });
    this.#cancelTimer = this.#deps.clock.after(delayMs, () => {
      this.#dial();
    });
  }

  #parkUntilTold(cause: Failure): void {
    const sinceMs = this.#deps.clock.nowMs();
    void this.#ask(askToTryAgain(this.#deps.profile(), cause), null).then((answer) => {
      if (!this.#wanted || this.#attempt) return;
      if (answer) {
        this.#forgetFailures();
        this.#dial();
      } else this.#enter({ kind: 'failed', sinceMs, failure: cause });
    });
  }

  /**
   * Puts a question of an attempt (null: of the connection, between attempts) and shows the connection as parked on it.
   * Null: cancelled, or the attempt no longer counts. Reading a keychain or a key file takes time, so it may be over
   * before it gets here.
   */
  async #ask(body: PromptBody, attempt: Attempt | null): Promise<PromptAnswer | null> {
    if (!this.#wanted || this.#attempt !== attempt) return null;
    const { prompts, clock } = this.#deps;
    const before = this.#state;
    const prompt = prompts.ask(this.#serverId, body);
    if (attempt) attempt.openPromptId = prompt.id;
    this.#enter({ kind: 'needs-you', sinceMs: clock.nowMs(), promptId: prompt.id });
    const answer = await prompt.answer;
    if (attempt) attempt.openPromptId = null;
    if (!this.#wanted || this.#attempt !== attempt) return null;
    if (before.kind === 'connecting' && attempt?.linkLost === false) this.#enter(before);
    return answer;
  }

  /** A login that is at the server goes on, through a network that may be gone: not for ever. */
  #limitVerdict(attempt: Attempt): void {
    if (this.#cancelTimer) return;
    const { clock, engine, profile } = this.#deps;
    this.#cancelTimer = clock.after(verdictTimeoutMs, () => {
      this.#cancelTimer = null;
      engine.send({ kind: 'disconnect', connectionId: attempt.id });
      this.#closed(attempt, { kind: 'closed', connectionId: attempt.id, failure: verdictLost(profile().name) });
    });
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #abandon(): void {
    this.#disarm();
    const attempt = this.#attempt;
    this.#attempt = null;
    if (!attempt) return;
    this.#loseRoute(this.#state.kind === 'up');
    this.#deps.engine.send({ kind: 'disconnect', connectionId: attempt.id });
  }

  #loseRoute(wasUp: boolean): void {
    if (!wasUp) return;
    this.#deps.engine.send({ kind: 'set-route', routeId: this.#serverId, connectionId: null });
    this.#deps.onDown();
  }

  #forgetFailures(): void {
    this.#tries = 0;
    this.#failures = noFailures;
    // What was refused stays known: the same password is not sent again.
    this.#loginMemory.refusals = 0;
    this.#troubleSinceMs = null;
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#deps.setState(state);
  }

  #log(level: 'info' | 'warn', message: string): void {
    this.#deps.log.write(level, this.#serverId, message);
  }
}
