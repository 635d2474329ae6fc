/**
 * The login conversation (RFC 4252, 4256). The core says what to try; one try is one request, except for the agent,
 * whose keys are offered one by one until the server takes one.
 */
import type { ParsedKey } from 'ssh2';
import type { EngineEvent, LoginTry } from '../../core/engine.ts';
import type { Failure } from '../../shared/failure.ts';
import type { LoginQuestion } from '../../shared/prompt.ts';
import { AgentTalk } from './agent.ts';
import { keyRefused, keyUnreadable, passwordExpired, plainText, serverWords } from './failures.ts';
import { keyAlgorithm, parsePrivateKey, type KeyAlgorithm } from './private-key.ts';
import type { MessageHandlers, Protocol } from './protocol.ts';

type Wanted = Omit<Extract<EngineEvent, { kind: 'login-wanted' }>, 'kind' | 'connectionId'>;
type Questions = Omit<Extract<EngineEvent, { kind: 'questions' }>, 'kind' | 'connectionId'>;

export interface LoginEvents {
  wanted(wanted: Wanted): void;
  questions(questions: Questions): void;
  /** The ball is with the server, which should answer. `byPerson`: it may be asking a person on its side. */
  waitForServer(byPerson: boolean): void;
  /** The ball is with the agent, and perhaps with the person who has to unlock it or touch a key. */
  waitForAgent(): void;
  succeeded(): void;
  /** Does something with the wire; what that throws ends the connection. */
  send(run: (protocol: Protocol) => void): void;
}

/** A hostile server could ask for ever. */
const maxQuestions = 64;
const maxRounds = 64;

type State =
  | { readonly kind: 'not-begun' }
  /** `login-wanted` was told. */
  | { readonly kind: 'wanted' }
  /** A request is at the server. */
  | { readonly kind: 'sent' }
  /** A signed or unsigned key is at the server; `offer` is what comes next. */
  | { readonly kind: 'key-offered'; readonly offer: KeyOffer }
  | { readonly kind: 'asking-agent' }
  | { readonly kind: 'keyboard' }
  /** `questions` was told. */
  | { readonly kind: 'questions'; readonly count: number }
  | { readonly kind: 'over' };

interface KeyOffer {
  readonly key: ParsedKey;
  readonly algorithm: KeyAlgorithm;
  readonly talk: AgentTalk;
  readonly others: readonly ParsedKey[];
}

export class LoginConversation {
  readonly #user: string;
  readonly #agentPaths: readonly string[];
  readonly #events: LoginEvents;
  #state: State = { kind: 'not-begun' };
  #talk: AgentTalk | null = null;
  /** What the server takes from us (RFC 8308); null if it does not say. */
  #signatureAlgorithms: readonly string[] | null = null;
  #methods: readonly string[] | null = null;
  #partial = false;
  #rejections = 0;
  #rounds = 0;

  constructor(user: string, agentPaths: readonly string[], events: LoginEvents) {
    this.#user = user;
    this.#agentPaths = agentPaths;
    this.#events = events;
  }

  /** How often the server said no. */
  get rejections(): number {
    return this.#rejections;
  }

  /** A try is at the server and not answered yet. */
  get awaitsVerdict(): boolean {
    return ['sent', 'key-offered', 'keyboard'].includes(this.#state.kind);
  }

  /** The server's messages that belong to a login. */
  handlers(): Partial<MessageHandlers> {
    return {
      SERVICE_ACCEPT: () => {
        if (this.#state.kind === 'not-begun') this.#want(null);
      },
      EXT_INFO: (_protocol, extensions) => {
        this.#signatureAlgorithms ??= extensions.find((each) => each.name === 'server-sig-algs')?.algs ?? null;
      },
      USERAUTH_FAILURE: (_protocol, methods, partial) => {
        this.#refused(methods, partial);
      },
      USERAUTH_SUCCESS: () => {
        // A success that nobody asked for is a lie.
        if (!this.awaitsVerdict) throw new Error('login accepted before one was tried');
        this.stop();
        this.#events.succeeded();
      },
      USERAUTH_PK_OK: () => {
        if (this.#state.kind === 'key-offered') this.#signByAgent(this.#state.offer);
      },
      USERAUTH_PASSWD_CHANGEREQ: (protocol, prompt) => {
        if (this.#state.kind !== 'sent') return;
        protocol._authsQueue.shift();
        this.#want(passwordExpired(prompt));
      },
      USERAUTH_INFO_REQUEST: (_protocol, name, instructions, prompts) => {
        this.#asked(name, instructions, prompts);
      },
    };
  }

  /** Tries a login that was wanted; ignored when none is. */
  try(login: LoginTry): void {
    if (this.#state.kind === 'questions') {
      // Another try takes the place of the answers; the server gives no verdict on what is broken off.
      this.#events.send((protocol) => protocol._authsQueue.shift());
    } else if (this.#state.kind !== 'wanted') return;
    switch (login.kind) {
      case 'none':
        this.#send({ kind: 'sent' }, false, (protocol) => {
          protocol.authNone(this.#user);
        });
        return;
      case 'password':
        this.#send({ kind: 'sent' }, true, (protocol) => {
          protocol.authPassword(this.#user, login.password);
        });
        return;
      case 'questions':
        this.#send({ kind: 'keyboard' }, true, (protocol) => {
          protocol.authKeyboard(this.#user);
        });
        return;
      case 'key':
        this.#tryKey(login.pem);
        return;
      case 'agent':
        this.#tryAgent();
        return;
      default:
        login satisfies never;
    }
  }

  /** Answers the questions told last; too few are filled up with empty ones. */
  answer(answers: readonly string[]): void {
    if (this.#state.kind !== 'questions') return;
    const all = Array.from({ length: this.#state.count }, (_, index) => answers[index] ?? '');
    this.#answer(all);
  }

  /** Ends talks with the agent. */
  stop(): void {
    this.#state = { kind: 'over' };
    this.#talk?.stop();
    this.#talk = null;
  }

  #want(trouble: Failure | null): void {
    this.#state = { kind: 'wanted' };
    this.#events.wanted({ methods: this.#methods, partial: this.#partial, trouble });
  }

  #send(state: State, byPerson: boolean, run: (protocol: Protocol) => void): void {
    this.#state = state;
    this.#events.waitForServer(byPerson);
    this.#events.send(run);
  }

  #refused(methods: readonly string[], partial: boolean): void {
    if (!this.awaitsVerdict) return;
    this.#methods = methods.map((method) => plainText(method, 64));
    this.#partial = partial;
    if (!partial) this.#rejections += 1;
    const { others, talk } = this.#state.kind === 'key-offered' ? this.#state.offer : { others: [], talk: null };
    if (!partial && talk && methods.includes('publickey')) this.#offerNext(talk, others, null);
    else this.#want(null);
  }

  #tryKey(pem: string): void {
    const key = parsePrivateKey(pem);
    if (key instanceof Error) {
      this.#want(keyUnreadable(key));
      return;
    }
    const algorithm = keyAlgorithm(key, this.#signatureAlgorithms);
    if (!algorithm) {
      this.#want(keyRefused(key.type));
      return;
    }
    this.#events.send((protocol) => {
      protocol.authPK(this.#user, key, algorithm.name, (data, done) => {
        // ssh2 returns what it could not do instead of throwing it.
        const signature: unknown = key.sign(data, algorithm.hash);
        if (signature instanceof Error) {
          this.#want(keyUnreadable(signature));
          return;
        }
        this.#send({ kind: 'sent' }, false, () => {
          done(signature as Buffer);
        });
      });
    });
  }

  #tryAgent(): void {
    this.#talk?.stop();
    const talk = (this.#talk = new AgentTalk(this.#agentPaths));
    this.#state = { kind: 'asking-agent' };
    talk.list((answer) => {
      if (answer.ok) this.#offerNext(talk, answer.value, null);
      else this.#want(answer.error);
    });
  }

  /** Offers the next key that the server can take; with none left, a login is wanted again. */
  #offerNext(talk: AgentTalk, keys: readonly ParsedKey[], trouble: Failure | null): void {
    const [key, ...others] = keys;
    if (!key) {
      this.#want(trouble);
      return;
    }
    const algorithm = keyAlgorithm(key, this.#signatureAlgorithms);
    if (!algorithm) {
      this.#offerNext(talk, others, trouble ?? keyRefused(key.type));
      return;
    }
    const offer = { key, algorithm, talk, others };
    this.#send({ kind: 'key-offered', offer }, false, (protocol) => {
      protocol.authPK(this.#user, key, algorithm.name);
    });
  }

  #signByAgent({ key, algorithm, talk, others }: KeyOffer): void {
    this.#state = { kind: 'asking-agent' };
    this.#events.waitForAgent();
    this.#events.send((protocol) => {
      protocol.authPK(this.#user, key, algorithm.name, (data, done) => {
        talk.sign(key, data, algorithm.hash, (answer) => {
          if (!answer.ok) {
            this.#offerNext(talk, others, answer.error);
            return;
          }
          const offer = { key, algorithm, talk, others };
          this.#send({ kind: 'key-offered', offer }, false, () => {
            done(answer.value);
          });
        });
      });
    });
  }

  #asked(name: string, instructions: string, prompts: readonly { prompt: string; echo: boolean }[]): void {
    if (this.#state.kind !== 'keyboard') return;
    this.#rounds += 1;
    if (prompts.length > maxQuestions || this.#rounds > maxRounds)
      throw new Error('more questions than anyone answers');
    if (prompts.length === 0) {
      this.#answer([]);
      return;
    }
    const questions: LoginQuestion[] = prompts.map(({ prompt, echo }) => ({ text: serverWords(prompt), echo }));
    this.#state = { kind: 'questions', count: questions.length };
    this.#events.questions({ title: serverWords(name), instructions: serverWords(instructions), questions });
  }

  #answer(answers: readonly string[]): void {
    this.#send({ kind: 'keyboard' }, true, (protocol) => {
      protocol.authInfoRes(answers);
    });
  }
}
