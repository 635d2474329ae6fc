/** The desktop app: puts core, window, tray and the system's events together, and takes them apart at the end. */
import { app, dialog, Menu, nativeTheme, powerMonitor, session } from 'electron';
import process from 'node:process';
import type { DataPaths } from '../adapters/data-paths.ts';
import { trayMenu, type TrayAction } from '../core/desktop/tray-menu.ts';
import { appVersion } from '../headless/app-root.ts';
import type { CoreEvent } from '../shared/contract.ts';
import type { WindowView } from '../shared/desktop.ts';
import type { Failure } from '../shared/failure.ts';
import { createClipboard } from './clipboard.ts';
import { CoreKeeper } from './core-keeper.ts';
import { createEnding } from './ending.ts';
import { watchForFaults } from './faults.ts';
import { answerCalls } from './ipc.ts';
import { createLoginItem, isHiddenStart } from './login-item.ts';
import { macMenu } from './mac-menu.ts';
import { createNotifications } from './notifications.ts';
import { createPower } from './power.ts';
import { guardSession } from './security.ts';
import type { Start } from './start-arguments.ts';
import { doTrayAction } from './tray-actions.ts';
import { createTray } from './tray.ts';
import { serveUi } from './ui-protocol.ts';
import { createUpdates } from './updates.ts';
import { createMainWindow } from './window.ts';

/** For the core to end before the app gives up. Milliseconds. */
const giveUpMs = 5_000;

export async function runShell(start: Extract<Start, { kind: 'app' }>, paths: DataPaths): Promise<void> {
  // The first one shows its window instead; at login there is nothing to show.
  if (!app.requestSingleInstanceLock({ hidden: start.hidden })) {
    app.exit(0);
    return;
  }
  // A click on the icon while this start is still under way is not lost.
  let onSecondStart = () => {
    asked = true;
  };
  let asked = false;
  app.on('second-instance', (_event, _argv, _dir, given) => {
    if ((given as { hidden?: boolean } | null)?.hidden !== true) onSecondStart();
  });
  await app.whenReady();
  guardSession(session.defaultSession);
  serveUi(session.defaultSession);

  const notifications = createNotifications();
  const tray = createTray((action) => {
    act(action);
  });
  const updates = createUpdates({ beforeInstall: () => ending.end() });
  let hasTray = false;
  const keeper = new CoreKeeper({
    paths,
    version: appVersion(),
    window: { kind: 'own', open: (view) => show(view) },
    desktop: {
      desktop: { loginItem: createLoginItem(), notifications, updates, tray, clipboard: createClipboard() },
      power: createPower(),
      facts: [
        ['Host', `desktop app${app.isPackaged ? '' : ' from a checkout'}`],
        ['Electron', process.versions['electron'] ?? ''],
        ['Chromium', process.versions['chrome'] ?? ''],
      ],
    },
    onQuit: () => {
      app.quit();
    },
  });
  const log = (message: string) => void keeper.note(message);
  const window = await createMainWindow({
    dataDir: paths.dataDir,
    hasTray: () => hasTray,
    onFirstHide: () => {
      notifications.show(
        {
          key: 'first-hide',
          title: 'Mooring stays in the tray',
          body: 'Your tunnels stay up. To end it: Quit Mooring, in the tray.',
        },
        () => {
          show(null);
        },
      );
    },
    onQuitKey: () => {
      act({ kind: 'quit' });
    },
    onLooking: (looking) => {
      keeper.follow(toWindow, { looking });
    },
    log,
  });
  const toWindow = (event: CoreEvent) => {
    window.send(event);
  };
  const show = (view: WindowView | null) => {
    window.show(view);
  };
  const stopAnswering = answerCalls({
    mainFrame: window.mainFrame,
    call: (name, args) => keeper.call(name, args),
    refused: (why) => {
      log(`Refused ${why}.`);
    },
  });

  const act = (action: TrayAction) =>
    void doTrayAction(action, {
      keeper,
      show,
      tell({ message, hint }) {
        notifications.show({ key: 'tray', title: message, body: hint ?? '' }, () => {
          show(null);
        });
      },
    });
  const ending = createEnding({
    async end() {
      stopAnswering();
      updates.close();
      tray.close();
      await window.close();
      await keeper.stop();
    },
    isHeld: () => keeper.keychainBusy(),
  });

  onSecondStart = () => {
    if (ending.isEnding()) ending.startAgain();
    else show(null);
  };
  app.on('activate', () => {
    show(null);
  });
  // The app lives in the tray.
  app.on('window-all-closed', () => undefined);
  powerMonitor.on('shutdown', (event?: { preventDefault(): void }) => {
    // Else the system does not wait for the sockets and the last save.
    event?.preventDefault();
    app.quit();
  });
  if (process.platform === 'darwin') {
    Menu.setApplicationMenu(
      macMenu(() => {
        act({ kind: 'quit' });
      }),
    );
  }
  watchForFaults({
    startAgain: (trouble) => keeper.startAgain(trouble),
    isEnding: ending.isEnding,
    giveUp: (trouble) => {
      // Ports and socket go first: the box may stand there until somebody comes.
      const limit = new Promise((resolve) => setTimeout(resolve, giveUpMs));
      void Promise.race([ending.end().catch(() => undefined), limit]).then(() => {
        showError(trouble);
        app.exit(1);
      });
    },
  });

  tray.listen((view) => {
    hasTray = view.kind === 'shown';
    // Without an icon a hidden window could not be found: it comes, and says why it is there.
    if (view.kind === 'absent' && !window.isReachable()) show(null);
  });
  keeper.follow(toWindow, { looking: false });
  keeper.follow(
    (event) => {
      if (event.name !== 'snapshot.changed') return;
      nativeTheme.themeSource = event.payload.settings.theme;
      tray.draw(trayMenu(event.payload));
    },
    { looking: false },
  );
  const started = keeper.start();
  // macOS tells of a start at login by no argument: there the settings say what it means.
  const byArgument = process.platform !== 'darwin';
  if (asked || (byArgument && !start.hidden)) show(null);
  const reply = await started;
  if (reply.ok) {
    if (!byArgument && !isHiddenStart(keeper.snapshot()?.settings.startHidden ?? false)) show(null);
    return;
  }
  await window.close();
  if (reply.error.code !== 'conflict') showError(reply.error);
  app.exit(1);
}

function showError({ message, hint, detail }: Failure): void {
  dialog.showErrorBox(message, [hint, detail].filter(Boolean).join('\n\n'));
}
