/** The system clock. */
import type { Clock } from '../core/ports.ts';

/** setTimeout takes a signed 32-bit number; anything longer would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Delays count the time the process runs: on most systems a timer stands still while the laptop sleeps, so a jump of
 * `nowMs()` is how sleep is noticed. `NaN` and negative delays mean "as soon as possible"; `Infinity` never fires.
 */
export function createClock(): Clock {
  return {
    nowMs: () => Date.now(),
    after: (delayMs, run) => {
      let timer: NodeJS.Timeout;
      const wait = (restMs: number): void => {
        if (restMs > longestTimerMs) timer = setTimeout(wait, longestTimerMs, restMs - longestTimerMs);
        else timer = setTimeout(run, Math.max(0, restMs));
      };
      wait(Number.isNaN(delayMs) ? 0 : delayMs);
      return () => {
        clearTimeout(timer);
      };
    },
  };
}
