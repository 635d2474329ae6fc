/** Awaiting conditions in tests, so that none has to sleep. */

export interface WaitOptions {
  /** Gives up after this; 10 s by default. */
  readonly timeoutMs?: number;
  /** How often the condition is looked at; 5 ms by default. */
  readonly everyMs?: number;
}

/**
 * Resolves with the first result of `look` that is not undefined, null or false. Rejects, naming `what`, when there was
 * none within `timeoutMs`, or when `look` throws. `what` may be a function, to tell how things stand in the end.
 */
export async function waitFor<T>(
  what: string | (() => string),
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 5 } = options;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const result = await look();
    if (result !== undefined && result !== null && result !== false) return result;
    if (performance.now() > endMs) {
      throw new Error(`waited ${String(timeoutMs)} ms in vain for: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Rejects, naming `what`, when `promise` has not settled within `timeoutMs`. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not within ${String(timeoutMs)} ms: ${what}`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
