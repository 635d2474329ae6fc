/** Questions to what listens behind a server, over its connection: a request in, one answer out. */
import { failed, failure, type Reply } from '../../shared/failure.ts';
import type { AskAnswer, AskRequest, Engine, EngineEvent } from '../engine.ts';
import type { Random } from '../ports.ts';

export interface Question {
  readonly target: { readonly host: string; readonly port: number };
  readonly request: AskRequest;
  readonly timeoutMs: number;
}

export interface RunningQuestion {
  /** Never rejects. Fails with the codes of `answered`. */
  readonly done: Promise<Reply<AskAnswer>>;
  cancel(): void;
}

export type AnsweredEvent = Extract<EngineEvent, { kind: 'answered' }>;

export class TargetAsks {
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #running = new Map<string, (reply: Reply<AskAnswer>) => void>();
  #stopped = false;

  constructor(engine: Engine, random: Random) {
    this.#engine = engine;
    this.#random = random;
  }

  /** `connectionId`: of a connection that is up; null fails with `link-lost`. */
  ask(connectionId: string | null, question: Question): RunningQuestion {
    if (connectionId === null || this.#stopped) {
      const cause = this.#stopped ? stopping : notConnected;
      return { done: Promise.resolve(failed(cause)), cancel: () => undefined };
    }
    const askId = this.#random.id();
    const result = new Promise<Reply<AskAnswer>>((resolve) => {
      this.#running.set(askId, resolve);
    });
    this.#engine.send({ kind: 'ask', connectionId, askId, ...question });
    return {
      done: result,
      cancel: () => {
        if (this.#running.has(askId)) this.#engine.send({ kind: 'ask-cancel', askId });
      },
    };
  }

  handle({ askId, answer }: AnsweredEvent): void {
    const settle = this.#running.get(askId);
    this.#running.delete(askId);
    settle?.(answer);
  }

  /** Cancels what runs and waits for nothing; nothing is asked afterwards. */
  stop(): void {
    this.#stopped = true;
    for (const [askId, settle] of this.#running) {
      this.#engine.send({ kind: 'ask-cancel', askId });
      settle(failed(stopping));
    }
    this.#running.clear();
  }
}

const stopping = failure('cancelled', 'Mooring is stopping');
const notConnected = failure('link-lost', 'There is no connection to the server', {
  hint: 'Connect it, and try again.',
});
