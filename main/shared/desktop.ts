/**
 * What the desktop around the core offers and how that stands. The truth lies outside (the system's autostart entry, the
 * panel, the update feed); this is what was last seen of it.
 */
import type { Failure } from './failure.ts';

export interface DesktopView {
  readonly loginItem: LoginItemView;
  readonly tray: TrayView;
  readonly updates: UpdatesView;
}

/** Whether the system starts Mooring at login. */
export type LoginItemView =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'off' }
  /** `hidden`: in the tray only, without a window. */
  | { readonly kind: 'on'; readonly hidden: boolean }
  /** There, but switched off in the system’s own settings, or waiting there to be allowed. Never overruled by itself. */
  | { readonly kind: 'blocked'; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type TrayView =
  /** The desktop has not said yet whether it shows tray icons. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'shown' }
  /** No tray on this desktop: closing the window keeps it in the taskbar. */
  | { readonly kind: 'absent'; readonly failure: Failure };

export type UpdatesView =
  /** This build has no feed, or its package is updated by the system. */
  | { readonly kind: 'unavailable'; readonly failure: Failure }
  /** Switched off in the settings. */
  | { readonly kind: 'off' }
  /** Up to date as of `checkedMs` (epoch milliseconds); null: not looked yet. */
  | { readonly kind: 'current'; readonly checkedMs: number | null }
  | { readonly kind: 'checking' }
  | { readonly kind: 'downloading'; readonly version: string; readonly percent: number }
  /** Installed at the next quit, or at once on request. */
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A place in the window that can be asked for from outside it: tray, notification, command line. */
export type WindowView =
  | { readonly kind: 'home' }
  | { readonly kind: 'settings' }
  | { readonly kind: 'report' }
  /** Setting up a machine that is not in the list yet. */
  | { readonly kind: 'new-vm' }
  | { readonly kind: 'server'; readonly serverId: string };
