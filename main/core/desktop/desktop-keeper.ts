/** The desktop around the core: brings what it tells into the snapshot, and the settings and the user's wishes to it. */
import type { DesktopView } from '../../shared/desktop.ts';
import { done, failed, failure, failureText, type Reply } from '../../shared/failure.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Log } from '../log.ts';
import type { Clock, Host } from '../ports.ts';
import type { Desktop } from './desktop-ports.ts';
import type { State } from '../state.ts';
import { Notifier } from './notifier.ts';

export interface DesktopDeps {
  readonly desktop: Desktop | null;
  readonly host: Host;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

export class DesktopKeeper {
  readonly #deps: DesktopDeps;
  readonly #notifier: Notifier | null;
  #ends: (() => void)[] = [];
  /** Reads and writes of the login item follow each other. */
  #lane: Promise<unknown> = Promise.resolve();
  #startHidden = true;

  constructor(deps: DesktopDeps) {
    this.#deps = deps;
    this.#notifier = deps.desktop && new Notifier({ ...deps, notifications: deps.desktop.notifications });
  }

  /** After the settings have been loaded. */
  start(): void {
    const { desktop, state } = this.#deps;
    if (!desktop) return;
    this.#ends = [
      desktop.tray.listen((tray) => {
        this.#see({ tray });
      }),
      desktop.updates.listen((updates) => {
        this.#see({ updates });
      }),
    ];
    this.#notifier?.start();
    const { settings } = state.get();
    this.#startHidden = settings.startHidden;
    this.settingsChanged(settings);
    void this.#followLoginItem(() => desktop.loginItem.refresh(settings.startHidden));
  }

  stop(): void {
    this.#notifier?.stop();
    for (const end of this.#ends.splice(0)) end();
  }

  /** Every change of the snapshot, for the notifications. */
  snapshotChanged(): void {
    this.#notifier?.look();
  }

  settingsChanged(settings: Settings): void {
    const { desktop } = this.#deps;
    if (!desktop || this.#ends.length === 0) return;
    desktop.updates.setOn(settings.checkForUpdates);
    if (settings.startHidden === this.#startHidden) return;
    this.#startHidden = settings.startHidden;
    void this.#followLoginItem(() => desktop.loginItem.refresh(settings.startHidden));
  }

  async setLoginItem(on: boolean): Promise<Reply<Record<never, never>>> {
    const { desktop, state } = this.#deps;
    if (!desktop) return noDesktop;
    await this.#followLoginItem(() =>
      desktop.loginItem.set(on ? { on: true, hidden: state.get().settings.startHidden } : { on: false }),
    );
    const view = state.get().desktop?.loginItem;
    return view?.kind === 'failed' ? failed(view.failure) : done({});
  }

  checkForUpdates(): Reply<Record<never, never>> {
    const { desktop, state } = this.#deps;
    const view = state.get().desktop?.updates;
    if (!desktop || !view) return noDesktop;
    if (view.kind === 'unavailable') return failed(view.failure);
    desktop.updates.check();
    return done({});
  }

  /** `whenQuiet` says when: it asks first if data is passing. */
  installUpdate(whenQuiet: (install: () => void) => void): Reply<Record<never, never>> {
    const { desktop, state } = this.#deps;
    if (!desktop) return noDesktop;
    if (state.get().desktop?.updates.kind !== 'ready') {
      return failed(failure('conflict', 'No newer version has been downloaded yet.', { hint: 'Check for updates.' }));
    }
    whenQuiet(() => {
      desktop.updates.install();
    });
    return done({});
  }

  #followLoginItem(act: () => Promise<DesktopView['loginItem']>): Promise<void> {
    const run = this.#lane.then(act).then((loginItem) => {
      this.#see({ loginItem });
      if (loginItem.kind === 'failed') this.#deps.log.write('warn', null, failureText(loginItem.failure));
    });
    this.#lane = run.catch(() => undefined);
    return run;
  }

  #see(part: Partial<DesktopView>): void {
    this.#deps.state.update((now) => (now.desktop ? { ...now, desktop: { ...now.desktop, ...part } } : now));
  }
}

const noDesktop = failed(
  failure('not-allowed', 'That belongs to the desktop app.', { hint: 'Start the desktop app and try again.' }),
);
