/** Fixed states of the desktop around the core, and what Mooring itself asks and tells. */
import type { DesktopView } from '../../main/shared/desktop.ts';
import { failure } from '../../main/shared/failure.ts';
import type { PromptBody } from '../../main/shared/prompt.ts';
import { ago } from './snapshots.ts';

/** In the desktop app, started at login, all well. */
export const desktopOf = (patch: Partial<DesktopView> = {}): DesktopView => ({
  loginItem: { kind: 'on', hidden: true },
  tray: { kind: 'shown' },
  updates: { kind: 'current', checkedMs: ago(5 * 60) },
  ...patch,
});

/** How login item, tray and updates may stand, each set once. */
export const desktops = {
  'all well': desktopOf(),
  'blocked and downloading': desktopOf({
    loginItem: {
      kind: 'blocked',
      failure: failure('not-allowed', 'macOS waits for you to allow Mooring to start at login.', {
        hint: 'Allow it in System Settings › General › Login Items & Extensions.',
      }),
    },
    updates: { kind: 'downloading', version: '1.2.3', percent: 40 },
  }),
  'login failed and update ready': desktopOf({
    loginItem: {
      kind: 'failed',
      failure: failure('storage-failed', 'The autostart file could not be written: there is no permission.', {
        hint: 'Check who owns ~/.config/autostart, then try again.',
      }),
    },
    updates: { kind: 'ready', version: '1.2.3' },
  }),
  'tray absent and no updates': desktopOf({
    loginItem: { kind: 'off' },
    tray: {
      kind: 'absent',
      failure: failure('not-found', 'This desktop shows no tray icons. Closing the window keeps it in the taskbar.', {
        hint: 'On GNOME, install the extension “AppIndicator and KStatusNotifierItem Support”, then log in anew.',
      }),
    },
    updates: {
      kind: 'unavailable',
      failure: failure('not-allowed', 'This package is updated by the system.', {
        hint: 'Run the system’s own software update.',
      }),
    },
  }),
  'update failed': desktopOf({
    loginItem: { kind: 'unknown' },
    updates: {
      kind: 'failed',
      failure: failure('unreachable', 'The list of versions could not be fetched.', {
        hint: 'Check the network; it is tried again in some hours.',
      }),
    },
  }),
  checking: desktopOf({ updates: { kind: 'checking' } }),
} satisfies Record<string, DesktopView>;

/** Asked by Mooring itself, while two tunnels pass data. */
export const quitQuestion: PromptBody = {
  kind: 'confirm',
  title: 'Quit while data is passing?',
  message:
    'In the last second data went through MLflow on lab-vm (2.4 MB), S3 API on lab-vm (310 kB). Quitting cuts that off. The tunnels that are on come back at the next start.',
  confirmLabel: 'Quit anyway',
  destructive: true,
};

/** A report as the core makes it, in short. */
export const reportText = `# Report of a problem with Mooring

**What did you do?**


**What did you expect?**


**What happened instead?**


Names, addresses, users, paths and whatever looks like a secret are replaced below: server-1, host-1 … Read it before you send it, and take out what you like.

## Versions

- Mooring: 0.1.0
- Made: 2026-05-12T09:30:00.000Z
- System: Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64
- Desktop: GNOME
- Session: wayland

## Server server-1

- user-1@host-1, IPv4, port 22, login: auto
- Connection: failed for 10 min: login-rejected: server-1 did not accept the login. | Check user and key.
- Tunnel MLflow (mlflow) 127.0.0.1:5001 → 127.0.0.1:5000, turned on, holding, 0 clients, 0 held

## Log, the newest last

${'    2026-05-12T09:25:00.000Z info server-1: Connecting to host-1:22 as user-1\n'.repeat(30)}`;
