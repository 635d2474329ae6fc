/** Questions to the user, kept in the snapshot until answered, cancelled, or their server no longer needs them. */
import { done, failed, failure, type Reply } from '../shared/failure.ts';
import { answerKindFor, type Prompt, type PromptAnswer, type PromptBody } from '../shared/prompt.ts';
import type { Clock, Random } from './ports.ts';
import type { State } from './state.ts';

export interface OpenPrompt {
  readonly id: string;
  /** Resolves with the answer, or null when the question was cancelled. Never rejects. */
  readonly answer: Promise<PromptAnswer | null>;
}

export class Prompts {
  readonly #waiting = new Map<string, { prompt: Prompt; resolve: (answer: PromptAnswer | null) => void }>();
  readonly #state: State;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(state: State, clock: Clock, random: Random) {
    this.#state = state;
    this.#clock = clock;
    this.#random = random;
  }

  ask(serverId: string | null, body: PromptBody): OpenPrompt {
    const id = this.#random.id();
    const prompt: Prompt = { ...body, id, serverId, createdMs: this.#clock.nowMs() };
    const answer = new Promise<PromptAnswer | null>((resolve) => {
      this.#waiting.set(id, { prompt, resolve });
    });
    this.#state.update((now) => ({ ...now, prompts: [...now.prompts, prompt] }));
    return { id, answer };
  }

  /** Fails with `not-found` (answered already, or its connection went), `invalid-argument` (not the right sort). */
  answer(promptId: string, answer: PromptAnswer): Reply<Record<never, never>> {
    const waiting = this.#waiting.get(promptId);
    if (!waiting) return failed(goneFailure);
    const { prompt } = waiting;
    if (answerKindFor[prompt.kind] !== answer.kind) {
      return failed(
        failure('invalid-argument', 'That answer does not fit the question.', { hint: wantedHint(prompt) }),
      );
    }
    if (answer.kind === 'codes' && prompt.kind === 'codes' && answer.answers.length !== prompt.questions.length) {
      return failed(failure('invalid-argument', 'Give one answer to each question.', { hint: wantedHint(prompt) }));
    }
    if (
      answer.kind === 'accept-host-key' &&
      (prompt.kind === 'host-key-unknown' || prompt.kind === 'host-key-changed') &&
      answer.fingerprint !== prompt.presented.fingerprint
    ) {
      return failed(
        failure('conflict', 'The server shows a different key than the one accepted.', {
          hint: `It now shows ${prompt.presented.fingerprint}. Compare it before you accept.`,
        }),
      );
    }
    this.#close(promptId, answer);
    return done({});
  }

  cancel(promptId: string): Reply<Record<never, never>> {
    if (!this.#waiting.has(promptId)) return failed(goneFailure);
    this.#close(promptId, null);
    return done({});
  }

  /** Cancels what a server's connection asked, when that connection is switched off or removed. */
  cancelFor(serverId: string): void {
    for (const [id, { prompt }] of [...this.#waiting]) if (prompt.serverId === serverId) this.#close(id, null);
  }

  cancelAll(): void {
    for (const id of [...this.#waiting.keys()]) this.#close(id, null);
  }

  #close(promptId: string, answer: PromptAnswer | null): void {
    const waiting = this.#waiting.get(promptId);
    this.#waiting.delete(promptId);
    this.#state.update((now) => ({ ...now, prompts: now.prompts.filter((each) => each.id !== promptId) }));
    waiting?.resolve(answer);
  }
}

const goneFailure = failure('not-found', 'That question is no longer open.', {
  hint: 'It was answered or cancelled meanwhile. See the open questions for what is asked now.',
});

function wantedHint(prompt: Prompt): string {
  switch (prompt.kind) {
    case 'host-key-unknown':
    case 'host-key-changed':
      return `Accept the key by its fingerprint, ${prompt.presented.fingerprint}, or cancel.`;
    case 'passphrase':
      return 'It asks for the passphrase of a key.';
    case 'password':
    case 'sudo-password':
      return 'It asks for a password.';
    case 'codes':
      return `It asks ${String(prompt.questions.length)} question(s) of the server.`;
    case 'confirm':
      return `Confirm “${prompt.confirmLabel}”, or cancel.`;
    default:
      return prompt satisfies never;
  }
}
