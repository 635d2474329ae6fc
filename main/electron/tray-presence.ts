/** What is told of the tray on Linux: how long a host is waited for, and why there is none. */
import type { Clock } from '../core/ports.ts';
import type { TrayView } from '../shared/desktop.ts';
import { failure, type Failure } from '../shared/failure.ts';
import { watchTrayHost, type TrayHostState } from './tray-host.ts';

export interface PresenceDeps {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, 'after'>;
  readonly watch?: typeof watchTrayHost;
}

/** At login the panel may come up after what starts with it; on Wayland, an extension of the shell well after. */
const patienceMs = { wayland: 15_000, x11: 3_000 };
/** A panel that restarts is back after a second or two. */
const restartMs = 3_000;

/**
 * Tells every change. A host is waited for without end; only the words change when it has not come within the time that
 * desktops take. Returns the function that ends it.
 */
export function followTrayHost({ env, clock, watch = watchTrayHost }: PresenceDeps, tell: (view: TrayView) => void) {
  let state: TrayHostState = 'asking';
  /** Set while a host may still come, or come back, before anything is said. */
  let cancel: (() => void) | null = null;
  const giveUp = () => {
    cancel?.();
    cancel = null;
    tell({ kind: 'absent', failure: trayFailure(state, env) });
  };
  const wait = (delayMs: number) => {
    cancel = clock.after(delayMs, giveUp);
    tell({ kind: 'waiting' });
  };
  wait(isWayland(env) ? patienceMs.wayland : patienceMs.x11);
  const end = watch(env, (next) => {
    const before = state;
    state = next;
    if (next === 'there') {
      cancel?.();
      cancel = null;
      tell({ kind: 'shown' });
    } else if (next === 'no-bus') giveUp();
    else if (before === 'there') wait(restartMs);
    else if (cancel === null) giveUp();
  });
  return () => {
    cancel?.();
    end();
  };
}

function isWayland(env: NodeJS.ProcessEnv): boolean {
  return env['XDG_SESSION_TYPE'] === 'wayland' || Boolean(env['WAYLAND_DISPLAY']);
}

/** Why there is no tray icon, what follows from it, and what would bring one. */
export function trayFailure(state: TrayHostState, env: NodeJS.ProcessEnv): Failure {
  if (state === 'no-bus') {
    return failure('not-found', `There is no session bus to show a tray icon with. ${consequence}`, {
      hint: 'Start Mooring from the desktop, or in a session that has D-Bus.',
    });
  }
  return failure('not-found', `This desktop shows no tray icons. ${consequence}`, {
    hint: `${remedy(env)} The icon then appears by itself.`,
    detail:
      state === 'no-host' ? 'StatusNotifierWatcher without a host' : 'No StatusNotifierWatcher on the session bus',
  });
}

const consequence = 'Closing the window therefore leaves Mooring in the taskbar, where it can be reached.';

function remedy(env: NodeJS.ProcessEnv): string {
  const desktop = (env['XDG_CURRENT_DESKTOP'] ?? '').toLowerCase().split(':');
  if (desktop.includes('gnome')) {
    return (
      'Install the GNOME extension “AppIndicator and KStatusNotifierItem Support” ' +
      '(package gnome-shell-extension-appindicator), log in anew and switch it on in Extensions.'
    );
  }
  if (desktop.includes('kde')) return 'Add the System Tray widget to a panel.';
  if (desktop.includes('xfce')) return 'Add the Status Tray plugin to a panel.';
  return 'Add a tray that knows StatusNotifierItem to your panel, such as Waybar’s tray module.';
}
