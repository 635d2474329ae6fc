/**
 * Start at login: our autostart file on Linux, the system's login items on macOS and Windows. Only after the app is
 * ready. What the systems' APIs say is judged in login-item-views.ts; the calls to macOS and Windows never ran here.
 */
import { app, type LoginItemSettingsOptions } from 'electron';
import { homedir } from 'node:os';
import process from 'node:process';
import { createAutostart } from '../adapters/autostart.ts';
import { programOf } from '../adapters/autostart-entry.ts';
import type { LoginItem } from '../core/desktop/desktop-ports.ts';
import type { LoginItemView } from '../shared/desktop.ts';
import { failure } from '../shared/failure.ts';
import {
  macView,
  macViewAfterSet,
  needsInstalled,
  startsHidden,
  windowsCommand,
  windowsView,
  windowsViewAfterSet,
} from './login-item-views.ts';

/** The icon's name in the icon theme, as the packages install it. */
const iconName = 'mooring';

export function createLoginItem(): LoginItem {
  switch (process.platform) {
    case 'darwin':
      return installedOnly(macLoginItem());
    case 'win32':
      return installedOnly(windowsLoginItem());
    default:
      return createAutostart({
        env: process.env,
        homeDir: homedir(),
        program: programOf({
          env: process.env,
          execPath: process.execPath,
          appPath: app.getAppPath(),
          packaged: app.isPackaged,
          argv: process.argv,
        }),
        icon: iconName,
      });
  }
}

/** Whether this start goes to the tray alone. `startHidden` is the setting. On macOS only after the app is ready. */
export function isHiddenStart(startHidden: boolean): boolean {
  const { platform, argv } = process;
  const wasOpenedAtLogin = platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
  return startsHidden({ platform, argv, wasOpenedAtLogin, startHidden });
}

function macLoginItem(): LoginItem {
  let startHidden = true;
  const read = () => app.getLoginItemSettings();
  return {
    read: () => answer(() => macView(read(), startHidden)),
    set: (wish) =>
      answer(() => {
        app.setLoginItemSettings({ openAtLogin: wish.on });
        if (!wish.on) return macView(read(), startHidden);
        startHidden = wish.hidden;
        return macViewAfterSet(read(), startHidden);
      }),
    // The system follows the app when it moves, and there is no argument to keep.
    refresh: (hidden) =>
      answer(() => {
        startHidden = hidden;
        return macView(read(), startHidden);
      }),
  };
}

function windowsLoginItem(): LoginItem {
  const read = (hidden: boolean) => {
    const options: LoginItemSettingsOptions = windowsCommand(process.execPath, hidden);
    return app.getLoginItemSettings(options);
  };
  const write = (hidden: boolean) => {
    app.setLoginItemSettings({ openAtLogin: true, enabled: true, ...windowsCommand(process.execPath, hidden) });
  };
  const look = () => windowsView(read(false), read(true));
  return {
    read: () => answer(look),
    set: (wish) =>
      answer(() => {
        if (!wish.on) {
          app.setLoginItemSettings({ openAtLogin: false, ...windowsCommand(process.execPath, true) });
          return look();
        }
        write(wish.hidden);
        return windowsViewAfterSet(read(false), read(true));
      }),
    refresh: (hidden) =>
      answer(() => {
        const view = look();
        if (view.kind === 'on' && !read(hidden).openAtLogin) write(hidden);
        return look();
      }),
  };
}

/** In a run from a checkout there is nothing to start at login. */
function installedOnly(item: LoginItem): LoginItem {
  if (app.isPackaged) return item;
  return {
    read: () => answer(() => ({ kind: 'off' })),
    set: (wish) => answer(() => (wish.on ? { kind: 'failed', failure: needsInstalled } : { kind: 'off' })),
    refresh: () => answer(() => ({ kind: 'off' })),
  };
}

function answer(look: () => LoginItemView): Promise<LoginItemView> {
  try {
    return Promise.resolve(look());
  } catch (error) {
    const trouble = failure('not-allowed', 'The system did not answer about the start at login.', {
      hint: 'Look in the system’s own list of startup apps.',
      detail: String(error),
    });
    return Promise.resolve({ kind: 'failed', failure: trouble });
  }
}
