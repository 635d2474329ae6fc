/** What the ways of asking a target have in common. */
import type { AskAnswer, AskRequest } from '../../core/engine.ts';
import type { Failure } from '../../shared/failure.ts';
import type { AskStream } from './ask-stream.ts';

/** What each way of asking gets. It ends the question by one of the last three, at most once that counts. */
export interface AskWay<R extends AskRequest = AskRequest> {
  readonly request: R;
  readonly stream: AskStream;
  /** From the beginning to the target's first byte; to now, where nothing came. */
  tookMs(): number;
  answer(answer: AskAnswer): void;
  /** The target closed, or what it said makes no sense; `why` for the curious. */
  broken(message: string, why?: string): void;
  fail(failure: Failure): void;
}

/** Of a way that takes the end of its time for an answer. */
export type OnTime = () => void;
