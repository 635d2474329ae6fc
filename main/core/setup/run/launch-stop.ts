/** A person's wish to stop a run that the server has not begun yet. */
import { failed, failure, type Reply } from '../../../shared/failure.ts';

export const stopped = failure('cancelled', 'Nothing was changed: it was stopped before the server began.');

/** What can be cancelled, and then soon ends. */
export interface Cancellable<T> {
  readonly done: Promise<Reply<T>>;
  cancel(): void;
}

export class LaunchStop {
  #isAsked = false;
  #isClosed = false;
  #cancel: (() => void) | null = null;

  /** False: too late, the server is being told to begin. */
  ask(): boolean {
    if (this.#isClosed) return false;
    this.#isAsked = true;
    this.#cancel?.();
    return true;
  }

  /** Waits for a part of the launch; fails with `cancelled` when it was asked to stop, before or meanwhile. */
  async during<T>(part: () => Cancellable<T>): Promise<Reply<T>> {
    if (this.#isAsked) return failed(stopped);
    const running = part();
    this.#cancel = () => {
      running.cancel();
    };
    const reply = await running.done;
    this.#cancel = null;
    return this.#isAsked ? failed(stopped) : reply;
  }

  /** From here on it can't be stopped. False: it was asked to stop before. */
  close(): boolean {
    this.#isClosed = !this.#isAsked;
    return this.#isClosed;
  }
}
