/** The one window: made when first wanted, hidden on close, loaded anew when its page has crashed. */
import { app, BrowserWindow, dialog, nativeTheme, screen, type WebFrameMain } from 'electron';
import { join } from 'node:path';
import { preloadPath } from '../headless/app-root.ts';
import { createStateFile } from '../adapters/state-file.ts';
import type { CoreEvent } from '../shared/contract.ts';
import type { WindowView } from '../shared/desktop.ts';
import { ipcChannels } from '../shared/ipc.ts';
import { placeWindow, smallest } from './window-place.ts';
import { uiOrigin } from './ui-protocol.ts';

export interface WindowDeps {
  readonly dataDir: string;
  /** What a closed window does: into the tray, or into the taskbar where there is none. */
  hasTray(): boolean;
  /** It went into the tray, for the first time ever: people look for it. */
  onFirstHide(): void;
  /** Ctrl+Q, ⌘Q being the menu's. */
  onQuitKey(): void;
  /** Somebody sees the window, or no longer. */
  onLooking(looking: boolean): void;
  log(message: string): void;
}

export interface MainWindow {
  /** Shows it, made first if need be. */
  show(view: WindowView | null): void;
  send(event: CoreEvent): void;
  mainFrame(): WebFrameMain | null;
  /** On the screen or in the taskbar; false while it is hidden, or not made yet. */
  isReachable(): boolean;
  /** For good. */
  close(): Promise<void>;
}

/** More crashes than this within a minute: loading it once more would not help. */
const crashLimit = 3;
const crashSpanMs = 60_000;

export async function createMainWindow(deps: WindowDeps): Promise<MainWindow> {
  const placeFile = createStateFile({
    path: join(deps.dataDir, 'window.json'),
    migrations: {},
    check: () => null,
    nowMs: Date.now,
  });
  const saved: unknown = (await placeFile.load()).value;
  let window: BrowserWindow | null = null;
  let closing = false;
  let lastSave: Promise<unknown> = Promise.resolve();
  /** Asked for before the page could hear of it. */
  let waitingView: WindowView | null = null;
  let loaded = false;
  let crashesMs: number[] = [];
  let hidBefore = typeof saved === 'object' && saved !== null && 'hidBefore' in saved && saved.hidBefore === true;

  const savePlace = (from: BrowserWindow) => {
    const place = { bounds: from.getNormalBounds(), maximized: from.isMaximized(), hidBefore };
    // The folder is there: the core has its files in it.
    lastSave = placeFile.save(place, () => Promise.resolve());
  };

  const send = (event: CoreEvent) => {
    if (window && !window.webContents.isDestroyed()) window.webContents.send(ipcChannels.event, event);
  };

  const make = () => {
    const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map((each) => each.workArea);
    const place = placeWindow(saved, areas);
    const made = new BrowserWindow({
      ...place.bounds,
      minWidth: smallest.width,
      minHeight: smallest.height,
      show: false,
      title: 'Mooring',
      // As the page's own, so that nothing flashes while it loads.
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#14171a' : '#ffffff',
      webPreferences: {
        preload: preloadPath,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        webviewTag: false,
        devTools: !app.isPackaged,
        spellcheck: false,
      },
    });
    if (place.maximized) made.maximize();
    made.on('close', (event) => {
      const first = !closing && deps.hasTray() && !hidBefore;
      if (first) hidBefore = true;
      savePlace(made);
      if (closing) return;
      event.preventDefault();
      if (deps.hasTray()) made.hide();
      else made.minimize();
      if (first) deps.onFirstHide();
    });
    for (const name of ['show', 'restore'] as const) {
      made.on(name as 'show', () => {
        deps.onLooking(true);
      });
    }
    for (const name of ['hide', 'minimize'] as const) {
      made.on(name as 'hide', () => {
        deps.onLooking(false);
      });
    }
    // Windows ends the session: there is no time for questions.
    made.on('session-end', () => {
      app.quit();
    });
    made.webContents.on('before-input-event', (event, { type, control, key }) => {
      // There is no menu bar to carry them.
      if (type !== 'keyDown' || !control || process.platform === 'darwin') return;
      if (key === 'w') made.close();
      else if (key === 'q') deps.onQuitKey();
      else return;
      event.preventDefault();
    });
    made.on('closed', () => {
      window = null;
      loaded = false;
    });
    made.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      // The page changes its own address as one moves about in it.
      if (isMainFrame && !isSameDocument) loaded = false;
    });
    made.webContents.on('did-finish-load', () => {
      loaded = true;
      if (waitingView) send({ name: 'view.asked', payload: waitingView });
      waitingView = null;
    });
    made.webContents.on('render-process-gone', (_event, { reason }) => {
      if (!closing && reason !== 'clean-exit') afterCrash(made, reason);
    });
    made.webContents.on('unresponsive', () => {
      deps.log('The window does not answer.');
    });
    made.webContents.on('preload-error', (_event, _path, error) => {
      deps.log(`The window’s bridge failed: ${error.name}.`);
    });
    made.loadURL(`${uiOrigin}/`).catch(() => {
      deps.log('The window’s page could not be loaded.');
    });
    return made;
  };

  const afterCrash = (crashed: BrowserWindow, reason: string) => {
    const nowMs = performance.now();
    crashesMs = [...crashesMs.filter((each) => nowMs - each < crashSpanMs), nowMs];
    deps.log(`The window’s page ended unexpectedly (${reason}).`);
    if (crashesMs.length <= crashLimit) {
      // The state is the core's: the new page shows it as it is.
      crashed.webContents.reload();
      return;
    }
    crashesMs = [];
    dialog
      .showMessageBox(crashed, {
        type: 'error',
        message: 'The window has crashed several times.',
        detail: 'The tunnels are not touched by this. Try again, or use the tray and the command line.',
        buttons: ['Try again', 'Close the window'],
        cancelId: 1,
      })
      .then(({ response }) => {
        if (crashed.isDestroyed()) return;
        if (response === 0) crashed.webContents.reload();
        else crashed.close();
      })
      .catch(() => undefined);
  };

  return {
    show(view) {
      if (closing) return;
      const fresh = window === null;
      window ??= make();
      const shown = window;
      if (view) {
        if (loaded) send({ name: 'view.asked', payload: view });
        else waitingView = view;
      }
      if (fresh) shown.once('ready-to-show', reveal);
      else reveal();
      function reveal() {
        if (shown.isDestroyed()) return;
        if (shown.isMinimized()) shown.restore();
        shown.show();
        shown.focus();
      }
    },
    send,
    mainFrame: () => (window && !window.webContents.isDestroyed() ? window.webContents.mainFrame : null),
    isReachable: () => window !== null && (window.isVisible() || window.isMinimized()),
    async close() {
      closing = true;
      window?.close();
      window?.destroy();
      await lastSave;
    },
  };
}
