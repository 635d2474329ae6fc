import { useSyncExternalStore } from 'react';
import { useIsAway } from '../api/store.ts';

const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: number | undefined;

function tick(): void {
  nowMs = Date.now();
  for (const listener of listeners) listener();
}

/** One clock for the whole window; it stands still while nobody looks. */
function run(): void {
  window.clearInterval(timer);
  timer = undefined;
  if (listeners.size === 0 || document.visibilityState === 'hidden') return;
  timer = window.setInterval(tick, 1000);
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'hidden' && listeners.size > 0) tick();
  run();
});

function subscribe(listener: () => void): () => void {
  const first = listeners.size === 0;
  listeners.add(listener);
  if (first) {
    nowMs = Date.now();
    run();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) run();
  };
}

const standStill = (): (() => void) => () => undefined;

/** Epoch milliseconds, once a second while `ticking`. Stands still while the core is away: so does what is shown. */
export function useNow(ticking: boolean): number {
  const away = useIsAway();
  return useSyncExternalStore(ticking && !away ? subscribe : standStill, () => nowMs);
}
