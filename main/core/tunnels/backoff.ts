/** How long to wait before the next try, by failure class. Pure. */

const firstMs = 500;
/** Below this the server is hammered for nothing. */
const leastMs = 100;

/**
 * Full jitter: uniformly between 0 and the doubled ceiling (0.5 s, 1 s, 2 s … up to `maxMs`).
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param failures how many tries have failed in a row, from 1
 * @param fraction 0 ≤ x < 1
 * @returns milliseconds
 */
export function networkDelayMs(failures: number, maxMs: number, fraction: number): number {
  const ceilingMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(leastMs, Math.round(ceilingMs * fraction));
}

/** While the network may be on its way, tries come as after this many failures at most: up to 1 s apart. */
export const settlingFailures = 2;

/** Logins are tried twice in all, not in quick succession: fail2ban and its like count them. Milliseconds. */
export const secondLoginDelayMs = 3000;
export const loginTries = 2;

/** A server that hangs up during the login is given the time to start up: five tries over about half a minute. */
export const cutOffTries = 5;

/** Half jitter on 3 s, 6 s, 12 s, 24 s. Milliseconds. */
export function cutOffDelayMs(cutOffs: number, fraction: number): number {
  return Math.round(secondLoginDelayMs * 2 ** (cutOffs - 1) * (0.5 + fraction / 2));
}
