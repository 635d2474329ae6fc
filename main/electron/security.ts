/**
 * Electron's security checklist (https://www.electronjs.org/docs/latest/tutorial/security), point by point:
 *  1 only secure content: app:// alone, nothing remote (ui-protocol.ts)      2 no Node in the page, 3 context isolation,
 *  4 sandbox: window.ts and prepare.ts        5 permissions: here            6 webSecurity is never switched off
 *  7 Content-Security-Policy: ui-protocol.ts  8–11 no insecure content, experiments, Blink features, webview options
 * 12 no <webview>: here    13 no navigation: here    14 no new windows: here; no downloads but texts of the page itself
 * 15 openExternal only for what `mayOpen` lets pass   16 the current Electron: package.json
 * 17 senders of IPC are judged: ipc.ts       18 no file://: ui-protocol.ts  19 fuses: electron-builder.yml
 * 20 no Electron API in the page: preload/index.ts exposes the contract's calls and events, nothing else
 * There are no deep links: no scheme is registered with the system.
 */
import { app, shell, type Session } from 'electron';
import { mayKeep, mayOpen } from './may-open.ts';
import { uiOrigin } from './ui-protocol.ts';

/** What the page may do beyond the ordinary: put text on the clipboard when a button is pressed. */
const granted = ['clipboard-sanitized-write'];

/** For every page there will ever be. */
export function guardContents(): void {
  app.on('web-contents-created', (_created, contents) => {
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const) {
      // Typed apart: the names share no event type.
      (contents.on as (name: string, listener: (event: Electron.Event) => void) => void)(name, (event) => {
        event.preventDefault();
      });
    }
    contents.setWindowOpenHandler(({ url }) => {
      void openOutside(url);
      return { action: 'deny' };
    });
  });
}

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, decide) => {
    decide(isOurs(contents.getURL()) && granted.includes(permission));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => isOurs(origin) && granted.includes(permission));
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event, item, contents) => {
    if (!mayKeep(item.getURL(), item.getMimeType(), uiOrigin) || !isOurs(contents.getURL())) event.preventDefault();
    // With no path set the system's own dialog asks for one.
  });
  session.setSpellCheckerEnabled(false);
}

/** Gives an address to the person's browser; false when it is not one that we open, or there is no browser. */
export async function openOutside(url: string): Promise<boolean> {
  if (!mayOpen(url)) return false;
  return shell.openExternal(url).then(
    () => true,
    () => false,
  );
}

function isOurs(url: string): boolean {
  return url === uiOrigin || url.startsWith(`${uiOrigin}/`);
}
