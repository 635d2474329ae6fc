/** How a connection comes back after a failure, by the failure's class. Pure: what has happened in, what to do out. */
import { failure, failureClass, type Failure, type FailureCode } from '../../shared/failure.ts';
import {
  cutOffDelayMs,
  cutOffTries,
  loginTries,
  networkDelayMs,
  secondLoginDelayMs,
  settlingFailures,
} from './backoff.ts';
import type { Connectivity } from './wake.ts';

/** A connection that held this long was a good one: the next failure starts counting anew. Milliseconds. */
const steadyMs = 10_000;

/** What has failed in a row. */
export interface Failures {
  readonly network: number;
  readonly logins: number;
  readonly cutOffs: number;
}

export const noFailures: Failures = { network: 0, logins: 0, cutOffs: 0 };

export interface Loss {
  readonly cause: Failure;
  /** How long the connection had been up; null when it never was. Milliseconds. */
  readonly upForMs: number | null;
  /** A person answered a question of the server's for it, such as a one-time code. */
  readonly personAsked: boolean;
  /** A password was refused. */
  readonly secretRefused: boolean;
  readonly connectivity: Connectivity;
}

export type Comeback =
  /** Try again by itself. `why`: what it waits for meanwhile. */
  | { readonly kind: 'dial'; readonly delayMs: number; readonly why: Failure }
  /** Trying again by itself would do harm (a ban, one code after another): a person says when. */
  | { readonly kind: 'ask' }
  /** Stopped: the failure itself must be dealt with first. */
  | { readonly kind: 'stop' };

/** @param fraction of the jitter, 0 ≤ x < 1 */
export function decideComeback(
  before: Failures,
  loss: Loss,
  retryMaxMs: number,
  fraction: number,
): { readonly failures: Failures; readonly comeback: Comeback } {
  const { cause, upForMs, personAsked, secretRefused, connectivity } = loss;
  const dial = (delayMs: number, why = cause) => ({ kind: 'dial', delayMs, why }) as const;
  switch (failureClass(cause.code)) {
    case 'network': {
      if (cause.code === 'login-cut-off' && !personAsked) {
        const failures = { ...before, cutOffs: before.cutOffs + 1 };
        if (failures.cutOffs >= cutOffTries) return { failures, comeback: { kind: 'ask' } };
        return { failures, comeback: dial(cutOffDelayMs(failures.cutOffs, fraction)) };
      }
      if (personAsked) return { failures: before, comeback: { kind: 'ask' } };
      const steady = upForMs !== null && upForMs >= steadyMs;
      // A link that stood and broke is tried at once: most often the network is back already.
      if (steady) return { failures: { ...before, network: 1 }, comeback: dial(0) };
      const noWay = isNoWay(cause.code);
      // Still tried now and then: a server on this machine needs no network. Its return ends the pause at once.
      if (noWay && !connectivity.online) return { failures: before, comeback: dial(retryMaxMs, offline(cause)) };
      const most = noWay && connectivity.settling ? settlingFailures : Infinity;
      const network = Math.min(before.network + 1, most);
      return { failures: { ...before, network }, comeback: dial(networkDelayMs(network, retryMaxMs, fraction)) };
    }
    case 'authentication': {
      const failures = { ...before, logins: before.logins + 1 };
      // What a person typed, or a key that can't be read, does not get better by itself.
      const hopeless = personAsked || secretRefused || cause.code !== 'login-rejected';
      if (hopeless || failures.logins >= loginTries) return { failures, comeback: { kind: 'ask' } };
      return { failures, comeback: dial(secondLoginDelayMs) };
    }
    case 'host-key':
    case 'local':
    case 'request':
    case 'bug':
      return { failures: before, comeback: { kind: 'stop' } };
  }
}

/** Nobody answered at all, as when there is no network, or none yet. A refusal comes from somebody. */
const isNoWay = (code: FailureCode) => code === 'address-unknown' || code === 'unreachable' || code === 'timed-out';

function offline(cause: Failure): Failure {
  return failure(cause.code, 'This computer is offline.', {
    hint: 'It connects by itself as soon as there is a network.',
    detail: cause.message,
  });
}
