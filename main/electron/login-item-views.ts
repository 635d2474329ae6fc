/** What the systems' login items say, in our words. Pure: decided on what the APIs return, whatever system this is. */
import type { LoginItemView } from '../shared/desktop.ts';
import { failure, type Failure } from '../shared/failure.ts';

/** Of Electron's LoginItemSettings, what macOS fills. `status` is from SMAppService; older systems have none. */
export interface MacLoginItem {
  readonly openAtLogin: boolean;
  readonly status?: string;
}

/** Of Electron's LoginItemSettings, what Windows fills. `args` of an item lack its options: they can't tell `--hidden`. */
export interface WindowsLoginItem {
  /** True when the entry of our name is exactly the command asked for, arguments included. */
  readonly openAtLogin: boolean;
  /** Entries of our program's path, whatever their name and arguments. */
  readonly launchItems: readonly {
    readonly name: string;
    readonly scope: string;
    /** The user's own switch, in the Task Manager and in the system's settings. */
    readonly enabled: boolean;
  }[];
}

/** @param hidden how Mooring starts at login; macOS keeps no arguments, so that it is the setting that counts */
export function macView(item: MacLoginItem, hidden: boolean): LoginItemView {
  switch (item.status) {
    case 'enabled':
      return { kind: 'on', hidden };
    case 'requires-approval':
      return { kind: 'blocked', failure: needsApproval };
    // macOS says not-found until an app has been registered for the first time.
    case 'not-registered':
    case 'not-found':
      return { kind: 'off' };
    default:
      return item.openAtLogin ? { kind: 'on', hidden } : { kind: 'off' };
  }
}

/** After switching it on: a system that took no notice has refused. */
export function macViewAfterSet(item: MacLoginItem, hidden: boolean): LoginItemView {
  const view = macView(item, hidden);
  return view.kind === 'off' ? { kind: 'failed', failure: macRefused } : view;
}

/**
 * @param shown the answer for the command without `--hidden`
 * @param hidden the answer for the command with it
 */
export function windowsView(shown: WindowsLoginItem, hidden: WindowsLoginItem): LoginItemView {
  // The machine's own list (HKEY_LOCAL_MACHINE) is the administrator's, not ours.
  const items = hidden.launchItems.filter((each) => each.scope === 'user');
  if (items.length > 0 && !items.some((each) => each.enabled)) return { kind: 'blocked', failure: switchedOff };
  if (hidden.openAtLogin) return { kind: 'on', hidden: true };
  return shown.openAtLogin || items.length > 0 ? { kind: 'on', hidden: false } : { kind: 'off' };
}

export function windowsViewAfterSet(shown: WindowsLoginItem, hidden: WindowsLoginItem): LoginItemView {
  const view = windowsView(shown, hidden);
  return view.kind === 'off' ? { kind: 'failed', failure: windowsRefused } : view;
}

/**
 * The program's path as Windows wants it in its list of commands: quoted, because the list is of command lines and
 * Electron writes the path as it is given.
 */
export function windowsCommand(execPath: string, hidden: boolean): { readonly path: string; readonly args: string[] } {
  return { path: `"${execPath}"`, args: hidden ? ['--hidden'] : [] };
}

export interface StartFacts {
  readonly platform: string;
  readonly argv: readonly string[];
  /** As Electron says on macOS; elsewhere it is never true. */
  readonly wasOpenedAtLogin: boolean;
  /** The setting; counts on macOS, where the login item has no arguments to carry it. */
  readonly startHidden: boolean;
}

/** Whether this start goes to the tray alone. */
export function startsHidden({ platform, argv, wasOpenedAtLogin, startHidden }: StartFacts): boolean {
  return argv.includes('--hidden') || (platform === 'darwin' && wasOpenedAtLogin && startHidden);
}

/** A run from a checkout would register Electron itself. */
export const needsInstalled: Failure = failure('not-allowed', 'Start at login needs the installed app.', {
  hint: 'Install Mooring from its package and switch it on there.',
});

const needsApproval = failure('not-allowed', 'macOS waits for you to allow Mooring to start at login.', {
  hint: 'Allow it in System Settings › General › Login Items & Extensions.',
});

const macRefused = failure('not-allowed', 'macOS did not add Mooring to the login items.', {
  hint: 'Move Mooring to the Applications folder and open it from there, then try again.',
});

const switchedOff = failure('not-allowed', 'Start at login was switched off in Windows.', {
  hint: 'Switch it on here again, or in the Task Manager under Startup apps.',
});

const windowsRefused = failure('not-allowed', 'Windows did not add Mooring to its startup apps.', {
  hint: 'A policy of your organisation may forbid it. Ask whoever manages this computer.',
});
