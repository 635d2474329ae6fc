/**
 * Questions to targets, past the listeners: each has a channel of its own, a limit in bytes and one in time, and ends
 * with one answer. Whoever answers may be anything: silent, endless, binary.
 */
import type { AskAnswer, EngineCommand, EngineEvent } from '../../core/engine.ts';
import { done, failed, type Failure, type Reply } from '../../shared/failure.ts';
import { askBytes } from './ask-bytes.ts';
import { askHttp } from './ask-http.ts';
import { askPostgres } from './ask-postgres.ts';
import type { OnTime } from './ask-way.ts';
import { AskStream, StreamFailure } from './ask-stream.ts';
import type { Channels } from './channels.ts';
import * as failures from './failures.ts';

type AskCommand = Extract<EngineCommand, { kind: 'ask' }>;

const maxTimerMs = 2 ** 31 - 1;

export class Asks {
  readonly #channels: Channels;
  readonly #emit: (event: EngineEvent) => void;
  readonly #running = new Map<string, Ask>();

  constructor(channels: Channels, emit: (event: EngineEvent) => void) {
    this.#channels = channels;
    this.#emit = emit;
  }

  start(command: AskCommand): void {
    const { askId } = command;
    if (this.#running.has(askId)) return;
    const ask = new Ask(command, (answer) => {
      this.#running.delete(askId);
      this.#emit({ kind: 'answered', askId, answer });
    });
    this.#running.set(askId, ask);
    ask.start(this.#channels);
  }

  cancel(askId: string): void {
    this.#running.get(askId)?.end(failed(failures.askCancelled()));
  }
}

class Ask {
  readonly #command: AskCommand;
  readonly #settle: (answer: Reply<AskAnswer>) => void;
  readonly #startedMs = performance.now();
  #heardMs: number | null = null;
  #isOpen = false;
  #ended = false;
  #stream: AskStream | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(command: AskCommand, settle: (answer: Reply<AskAnswer>) => void) {
    this.#command = command;
    this.#settle = settle;
  }

  start(channels: Channels): void {
    const { target, request, timeoutMs } = this.#command;
    const stream = new AskStream(channels, target, failures.askLost, {
      opened: () => {
        this.#isOpen = true;
      },
      heard: () => {
        this.#heardMs ??= performance.now();
      },
    });
    this.#stream = stream;
    let onTime: OnTime | null = null;
    this.#timer = setTimeout(
      () => {
        if (this.#isOpen && onTime) onTime();
        this.end(failed(failures.askTimedOut(target, timeoutMs, this.#isOpen)));
      },
      Math.min(timeoutMs, maxTimerMs),
    );
    stream.on('error', (error) => {
      this.end(failed(this.#failureOf(error)));
    });
    const way = {
      stream,
      tookMs: () => Math.round(((this.#heardMs ?? performance.now()) - this.#startedMs) * 10) / 10,
      answer: (answer: AskAnswer) => {
        this.end(done(answer));
      },
      broken: (message: string, why?: string) => {
        this.end(failed(failures.askBroken(target, message, why)));
      },
      fail: (failure: Failure) => {
        this.end(failed(failure));
      },
    };
    switch (request.kind) {
      case 'http':
        askHttp({ ...way, request }, target);
        return;
      case 'bytes':
        onTime = askBytes({ ...way, request });
        return;
      case 'postgres':
        void askPostgres({ ...way, request }, target).catch((error: unknown) => {
          this.end(failed(this.#failureOf(error)));
        });
        return;
      default:
        request satisfies never;
    }
  }

  end(answer: Reply<AskAnswer>): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#stream?.destroy();
    this.#settle(answer);
  }

  #failureOf(error: unknown): Failure {
    if (error instanceof StreamFailure) return error.failure;
    return failures.askBroken(this.#command.target, 'broke off', failures.detailOf(error));
  }
}
