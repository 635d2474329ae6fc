/** What the prober remembers of a forward that is up. */
import type { Forward } from '../../shared/forward.ts';
import type { ServiceView } from '../../shared/services.ts';
import type { RunningQuestion } from '../remote/target-asks.ts';

export interface Watch {
  readonly serverId: string;
  forward: Forward;
  /** That this machine has for it, in one. */
  names: string;
  ended: boolean;
  result: ServiceView | null;
  /** How the last full look’s first answer is known again. */
  mark: string | null;
  /** When the last full look was. */
  fullMs: number;
  /** From one full look to the next; null: none is to come by itself. */
  nextMs: number | null;
  delayMs: number;
  cancelTimer: (() => void) | null;
  question: RunningQuestion | null;
  /** Under way, for whoever wants to know. */
  probing: Promise<ServiceView | null> | null;
}

export const newWatch = (serverId: string, forward: Forward, names: string): Watch => ({
  serverId,
  forward,
  names,
  ended: false,
  result: null,
  mark: null,
  fullMs: 0,
  nextMs: null,
  delayMs: 0,
  cancelTimer: null,
  question: null,
  probing: null,
});

/** Of a forward: what is found out of it holds as long as this stays. */
export const whatCounts = ({ service, bind, target, sendAs }: Forward): string =>
  JSON.stringify([service, bind, target, sendAs?.host]);
