/**
 * The login conversation of one connection attempt: which method to try next. It asks the user only when nothing that
 * needs nobody is left, and never sends a secret that the server has refused before.
 */
import type { Failure } from '../../shared/failure.ts';
import type { LoginQuestion, PromptAnswer, PromptBody } from '../../shared/prompt.ts';
import type { SecretKind, ServerProfile } from '../../shared/server.ts';
import type { EngineEvent, LoginTry } from '../engine.ts';
import type { PrivateKeys } from '../ports.ts';
import { keyPurpose, loginPurpose, type Secrets } from '../secrets.ts';
import { openKey } from './open-key.ts';

/** Passwords that may be refused before a person is told instead of asked. */
const passwordTries = 2;
/** A mistyped code may be tried once more on the same connection. */
const questionTries = 2;

export interface LoginDeps {
  readonly profile: ServerProfile;
  readonly secrets: Secrets;
  readonly privateKeys: PrivateKeys;
  /** Puts a question to the user; null: cancelled. */
  ask(body: PromptBody): Promise<PromptAnswer | null>;
  log(message: string): void;
}

interface Typed {
  readonly kind: SecretKind;
  readonly purpose: string;
  readonly secret: string;
  readonly remember: boolean;
}

type TypedAnswer = Pick<Typed, 'secret' | 'remember'>;

/** What a server has refused so far; outlives the attempt, so that a refused secret is not sent again. */
export interface LoginMemory {
  readonly refused: Set<SecretKind>;
  refusals: number;
  /** Typed, not yet proven: kept for good once a server has accepted it. */
  typed: readonly Typed[];
}

export const newLoginMemory = (): LoginMemory => ({ refused: new Set(), refusals: 0, typed: [] });

type LoginWanted = Extract<EngineEvent, { kind: 'login-wanted' }>;
type Questions = Extract<EngineEvent, { kind: 'questions' }>;

/** A method that needs nobody, in the order in which they are tried. */
type Candidate = { readonly kind: 'agent' } | { readonly kind: 'key'; readonly path: string; readonly locked: boolean };

export class LoginConversation {
  readonly #deps: LoginDeps;
  readonly #memory: LoginMemory;
  #candidates: Candidate[] | null = null;
  #lastTry: LoginTry['kind'] | null = null;
  #lastSecret: { kind: SecretKind; secret: string } | null = null;
  /** Why nothing worked, in the order it was found out. */
  readonly #troubles: Failure[] = [];
  #untold: Failure | null = null;
  #cancelled = false;
  #asked = false;
  /** The server has accepted a first factor and wants another. */
  #partial = false;
  #questionRounds = 0;
  #awaitsVerdict = false;

  constructor(deps: LoginDeps, memory: LoginMemory) {
    this.#deps = deps;
    this.#memory = memory;
  }

  /** True when the user cancelled a question: not the server's refusal. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** True once this attempt has put a question of the server to the user. */
  get asked(): boolean {
    return this.#asked;
  }

  /** True while a try is on its way that the server counts: breaking off now would leave it unknown whether it said no. */
  get awaitsVerdict(): boolean {
    return this.#awaitsVerdict;
  }

  /** The first trouble met with a key or the agent; says more than the server's plain refusal. */
  get trouble(): Failure | null {
    return this.#troubles[0] ?? null;
  }

  /** The next thing to try, or null when there is nothing left. */
  async next(event: LoginWanted): Promise<LoginTry | null> {
    this.#awaitsVerdict = false;
    this.#partial ||= event.partial;
    if (event.trouble) this.#troubles.push(event.trouble);
    if (event.partial) this.#lastSecret = null;
    else this.refused();
    const choice = await this.#choose(event);
    this.#lastTry = choice?.kind ?? null;
    this.#awaitsVerdict = choice !== null && choice.kind !== 'none';
    return choice;
  }

  /** Answers to the server's questions, or null when the user cancelled. */
  async answer(event: Questions): Promise<readonly string[] | null> {
    this.#awaitsVerdict = false;
    const answers = await this.#answers(event);
    this.#awaitsVerdict = answers !== null;
    return answers;
  }

  async #answers(event: Questions): Promise<readonly string[] | null> {
    const only = event.questions.length === 1 ? event.questions[0] : undefined;
    if (only && asksForPassword(only) && this.#deps.profile.login.kind !== 'key') {
      // Asked again in the same conversation: the last answer was wrong.
      this.refused();
      const password = await this.#password();
      return password === null ? null : [password];
    }
    if (event.questions.length === 0) return [];
    // Whatever comes after a password, the password was right.
    this.#lastSecret = null;
    this.#asked = true;
    const answer = await this.#deps.ask({
      kind: 'codes',
      title: event.title,
      instructions: event.instructions,
      questions: event.questions,
    });
    if (answer?.kind !== 'codes') {
      this.#cancelled = true;
      return null;
    }
    return answer.answers;
  }

  /** The server let us in: what was typed has proven right and is kept. */
  async succeeded(): Promise<void> {
    const { typed } = this.#memory;
    this.#memory.typed = [];
    this.#memory.refused.clear();
    this.#memory.refusals = 0;
    if (this.#untold) this.#deps.log(this.#untold.message);
    for (const { kind, purpose, secret, remember } of typed) {
      await this.#deps.secrets.keep(this.#deps.profile.id, kind, purpose, secret, remember);
    }
  }

  async #choose(event: LoginWanted): Promise<LoginTry | null> {
    // The password is right, but must be changed first: no other try helps.
    if (event.trouble?.code === 'login-rejected') return null;
    // OpenSSH asks "none" first as well: it costs nothing and names the methods that the server takes.
    if (event.methods === null && this.#lastTry === null) return { kind: 'none' };
    const methods = event.methods ?? [];
    if (methods.includes('publickey')) {
      const key = await this.#nextKey();
      if (key || this.#cancelled) return key;
    }
    const interactive = this.#partial || ['auto', 'password'].includes(this.#deps.profile.login.kind);
    if (!interactive || this.#memory.refusals >= passwordTries) return null;
    // A server that offers both means the same password by both; questions also carry codes after it.
    if (methods.includes('password') && !(this.#partial && methods.includes('keyboard-interactive'))) {
      const password = await this.#password();
      return password === null ? null : { kind: 'password', password };
    }
    if (!methods.includes('keyboard-interactive') || this.#questionRounds >= questionTries) return null;
    this.#questionRounds += 1;
    return { kind: 'questions' };
  }

  async #nextKey(): Promise<LoginTry | null> {
    this.#candidates ??= await this.#listCandidates();
    for (let next = this.#candidates.shift(); next; next = this.#candidates.shift()) {
      if (next.kind === 'agent') return { kind: 'agent' };
      const key = await this.#openKey(next.path, next.locked);
      if (key || this.#cancelled) return key;
    }
    return null;
  }

  async #listCandidates(): Promise<Candidate[]> {
    const { login } = this.#deps.profile;
    switch (login.kind) {
      case 'agent':
        return [{ kind: 'agent' }];
      case 'key':
        return [{ kind: 'key', path: login.path, locked: true }];
      case 'password':
        return [];
      case 'auto': {
        const paths = await this.#deps.privateKeys.defaults();
        // Keys that need nobody go first; one with a passphrase is asked for only when nothing else is left.
        const quiet = paths.map((path) => ({ kind: 'key', path, locked: false }) as const);
        const asking = paths.map((path) => ({ kind: 'key', path, locked: true }) as const);
        return [{ kind: 'agent' }, ...quiet, ...asking];
      }
      default:
        return login satisfies never;
    }
  }

  readonly #keysTried = new Set<string>();

  /** `mayAsk` false: leaves a key that needs a passphrase for later. */
  async #openKey(path: string, mayAsk: boolean): Promise<LoginTry | null> {
    if (this.#keysTried.has(path)) return null;
    const purpose = keyPurpose(path);
    const state = await openKey(path, mayAsk, {
      ...this.#deps,
      kept: () => this.#keptSecret('passphrase', purpose),
      noteTyped: (typed) => this.#noteTyped('passphrase', purpose, typed),
    });
    if (state === null) {
      this.#cancelled = true;
      return null;
    }
    if (state.kind === 'needs-passphrase' || state.kind === 'wrong-passphrase') return null;
    this.#keysTried.add(path);
    if (state.kind === 'unusable') {
      // The first trouble is told as the reason when the login fails, and here when it does not.
      if (this.#troubles.length > 0) this.#deps.log(state.failure.message);
      else this.#untold = state.failure;
      this.#troubles.push(state.failure);
      return null;
    }
    return { kind: 'key', pem: state.pem };
  }

  /** The kept password unless the server has refused it, else asks. Null: cancelled. */
  async #password(): Promise<string | null> {
    const { profile } = this.#deps;
    // A password is for one user of one machine: after an edit it must not be sent elsewhere.
    const purpose = loginPurpose(profile);
    const wasWrong = this.#memory.refused.has('password');
    if (!wasWrong) {
      const kept = await this.#keptSecret('password', purpose);
      if (kept !== null) return this.#use('password', kept);
    }
    const answer = await this.#deps.ask({ kind: 'password', user: profile.user, host: profile.address, wasWrong });
    if (answer?.kind !== 'secret') {
      this.#cancelled = true;
      return null;
    }
    this.#noteTyped('password', purpose, answer);
    this.#memory.refused.delete('password');
    return this.#use('password', answer.secret);
  }

  /** What was typed for an attempt whose link was lost, else what is kept. Null: none, or the keychain is locked. */
  async #keptSecret(kind: SecretKind, purpose: string): Promise<string | null> {
    const typed = this.#memory.typed.find((each) => each.kind === kind && each.purpose === purpose);
    if (typed) return typed.secret;
    const kept = await this.#deps.secrets.get(this.#deps.profile.id, kind, purpose);
    if (!kept.ok) this.#deps.log(`The kept ${kind} could not be read: ${kept.error.message}`);
    return kept.ok ? kept.value : null;
  }

  #noteTyped(kind: SecretKind, purpose: string, { secret, remember }: TypedAnswer): void {
    const others = this.#memory.typed.filter((each) => each.kind !== kind || each.purpose !== purpose);
    this.#memory.typed = [...others, { kind, purpose, secret, remember }];
  }

  #use(kind: SecretKind, secret: string): string {
    this.#lastSecret = { kind, secret };
    return secret;
  }

  /** The server said no to the secret that was sent last: it is not sent again. `told`: as the end of the login. */
  refused(told = false): void {
    if (this.#lastSecret === null) return;
    const { kind } = this.#lastSecret;
    this.#lastSecret = null;
    this.#memory.refused.add(kind);
    this.#memory.refusals += 1;
    this.#memory.typed = this.#memory.typed.filter((each) => each.kind !== kind);
    if (!told) this.#deps.log('The server did not accept the password.');
  }
}

function asksForPassword(question: LoginQuestion): boolean {
  return (
    !question.echo && /^\s*(.*['’]s\s+)?password\b/i.test(question.text) && !/one[- ]?time|otp/i.test(question.text)
  );
}
