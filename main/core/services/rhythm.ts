/** How often a service is asked again. Pure. */
import type { ServiceKind } from '../../shared/forward.ts';
import { isServiceBroken, troubledPart, type ServiceView } from '../../shared/services.ts';

/** While somebody looks; longer where there are many, so that knowing the truth of fifty costs under 1 % of a CPU. */
const shortMs = 18_000;
const shortEachMs = 1_500;
const usualMs = 60_000;
const longestMs = 300_000;
const brokenMs = 10_000;
const longestBrokenMs = 60_000;
/** Nobody looks: the tray still shows what is broken. */
const longestHiddenMs = 600_000;
/** A refused login is not sent again and again. */
const refusedMs = 300_000;
const growth = 1.5;

/** Null: not by itself. `delayMs`: what was waited before this result; `changed`: it says something else than before. */
export function nextDelay(
  kind: ServiceKind,
  result: ServiceView,
  { delayMs, changed, looking }: { readonly delayMs: number; readonly changed: boolean; readonly looking: boolean },
): number | null {
  const grown = changed ? 0 : delayMs * growth;
  if (isServiceBroken(result)) {
    if (result.login.state === 'failed') return looking ? refusedMs : null;
    return Math.min(Math.max(grown, brokenMs), looking ? longestBrokenMs : longestHiddenMs);
  }
  // Somebody may be mending it.
  if (looking && troubledPart(result) !== null) return Math.min(Math.max(grown, brokenMs), longestBrokenMs);
  // A greeting has PostgreSQL make a process, and one that sleeps when nobody uses it may wake: once is enough.
  if (!looking || kind === 'postgres' || result.kind === 'postgres') return null;
  return Math.min(Math.max(grown, usualMs), longestMs);
}

/** Until a service that is well is looked at again in short; null: not by itself. `services`: how many are watched. */
export function shortDelay(
  kind: ServiceKind,
  result: ServiceView,
  { looking, services }: { readonly looking: boolean; readonly services: number },
): number | null {
  const isLeftAlone = kind === 'tcp' || kind === 'postgres' || result.kind === 'postgres';
  if (!looking || isLeftAlone || troubledPart(result) !== null) return null;
  return Math.max(shortMs, services * shortEachMs);
}

/** Up to a tenth more or less, so that many do not ask at once. */
export const jittered = (delayMs: number, fraction: number): number => Math.round(delayMs * (0.9 + 0.2 * fraction));
