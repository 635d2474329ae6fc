/** When newer versions are looked for, and what becomes of them. Knows the updater only by what it tells and can. */
import type { Updates } from '../core/desktop/desktop-ports.ts';
import type { Clock } from '../core/ports.ts';
import type { UpdatesView } from '../shared/desktop.ts';
import type { Failure } from '../shared/failure.ts';
import { firstLookMs, nextLookMs, nextView, updateFailure, type UpdateEvent } from './updates-view.ts';

export interface UpdateSource {
  /** Looks, and downloads what it finds; settles when both are over. What happens goes to the listener. */
  look(): Promise<void>;
  /** Ends a download. */
  cancel(): void;
  /** Whether what was downloaded goes in when the app ends. */
  installAtQuit(on: boolean): void;
  /** Ends the app, puts the newer version in and starts it. */
  install(): void;
}

export interface UpdatesRunDeps {
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly fraction: () => number;
  /** Why there are none here. */
  readonly unavailable: Failure | null;
  /** Costs time and memory: not before there is something to look for. */
  readonly load: (listener: (event: UpdateEvent) => void) => Promise<UpdateSource>;
  /** Ends everything but the process. */
  readonly beforeInstall: () => Promise<void>;
  /** Nothing was installed, and everything but the process has ended: starts the app again as it was. */
  readonly startAgain: () => void;
}

export class UpdatesRun implements Updates {
  readonly #deps: UpdatesRunDeps;
  readonly #listeners = new Set<(view: UpdatesView) => void>();
  #view: UpdatesView;
  #source: Promise<UpdateSource> | null = null;
  #looking: Promise<void> | null = null;
  #on = false;
  #installing = false;
  #cancelTimer: () => void = () => undefined;

  constructor(deps: UpdatesRunDeps) {
    this.#deps = deps;
    this.#view = deps.unavailable ? { kind: 'unavailable', failure: deps.unavailable } : { kind: 'off' };
  }

  listen(listener: (view: UpdatesView) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#view);
    return () => this.#listeners.delete(listener);
  }

  setOn(on: boolean): void {
    if (on === this.#on || this.#view.kind === 'unavailable') return;
    this.#on = on;
    this.#cancelTimer();
    this.#see({ kind: on ? 'on' : 'off' });
    if (on) {
      this.#cancelTimer = this.#deps.clock.after(firstLookMs, () => void this.#look());
    } else if (this.#source) {
      void this.#source
        .then((source) => {
          if (this.#on) return;
          source.installAtQuit(false);
          source.cancel();
        })
        // What could not be loaded has nothing to cancel.
        .catch(() => undefined);
    }
  }

  check(): void {
    if (this.#view.kind === 'unavailable') return;
    void this.#look();
  }

  install(): void {
    if (this.#view.kind !== 'ready' || this.#installing) return;
    this.#installing = true;
    void (async () => {
      const source = await this.#loaded();
      // What did not end cleanly must not keep the newer version away.
      await this.#deps.beforeInstall().catch(() => undefined);
      source.install();
    })();
  }

  /** No more looks. What was downloaded still goes in when the app ends. */
  close(): void {
    this.#on = false;
    this.#cancelTimer();
    this.#listeners.clear();
  }

  #look(): Promise<void> {
    this.#looking ??= (async () => {
      this.#cancelTimer();
      this.#see({ kind: 'looking' });
      try {
        const source = await this.#loaded();
        source.installAtQuit(true);
        await source.look();
      } catch (error) {
        this.#see({ kind: 'failed', failure: updateFailure(error) });
      }
      this.#looking = null;
      if (!this.#on) return;
      const delayMs = nextLookMs(this.#view.kind === 'failed', this.#deps.fraction());
      this.#cancelTimer = this.#deps.clock.after(delayMs, () => void this.#look());
    })();
    return this.#looking;
  }

  #loaded(): Promise<UpdateSource> {
    this.#source ??= this.#deps.load((event) => {
      if (event.kind === 'failed' && this.#installing) this.#deps.startAgain();
      this.#see(event);
    });
    return this.#source;
  }

  #see(event: UpdateEvent): void {
    // A look that was under way when it was switched off has nothing more to say.
    if (this.#view.kind === 'off' && event.kind !== 'on' && event.kind !== 'looking') return;
    const view = nextView(this.#view, event, this.#deps.clock.nowMs());
    if (view === this.#view) return;
    this.#view = view;
    for (const listener of [...this.#listeners]) listener(view);
  }
}
