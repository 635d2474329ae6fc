/** Desktop notifications: looks at every snapshot, and again when something has lasted. See notifier-decisions.ts. */
import type { Clock, Host } from '../ports.ts';
import type { Notifications } from './desktop-ports.ts';
import type { State } from '../state.ts';
import { decideNotes, noMemory } from './notifier-decisions.ts';

export interface NotifierDeps {
  readonly notifications: Notifications;
  readonly host: Host;
  readonly state: State;
  readonly clock: Clock;
}

export class Notifier {
  readonly #deps: NotifierDeps;
  readonly #shown = new Set<string>();
  #memory = noMemory;
  #running = false;
  #cancelTimer: (() => void) | null = null;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** After the settings have been loaded: they may forbid it. */
  start(): void {
    this.#running = true;
    this.look();
  }

  /** The snapshot has changed, or time has passed. */
  look(): void {
    if (!this.#running) return;
    const { clock, state, notifications, host } = this.#deps;
    this.#cancelTimer?.();
    const { memory, show, withdraw, nextLookMs } = decideNotes(this.#memory, state.get(), clock.nowMs());
    this.#memory = memory;
    for (const key of withdraw) this.#withdraw(key);
    for (const { view, ...note } of show) {
      this.#shown.add(note.key);
      notifications.show(note, () => void host.openWindow(view));
    }
    this.#cancelTimer =
      nextLookMs === null
        ? null
        : clock.after(nextLookMs, () => {
            this.look();
          });
  }

  /** What is on the screen would lead nowhere any more. */
  stop(): void {
    this.#running = false;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const key of [...this.#shown]) this.#withdraw(key);
  }

  #withdraw(key: string): void {
    this.#shown.delete(key);
    this.#deps.notifications.withdraw(key);
  }
}
