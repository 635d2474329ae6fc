/** What the core asks of the desktop app around it. */
import type { LoginItemView, TrayView, UpdatesView } from '../../shared/desktop.ts';

/** The desktop app around the core. It shows and asks the system; what and when is decided in the core. */
export interface Desktop {
  readonly loginItem: LoginItem;
  readonly notifications: Notifications;
  readonly updates: Updates;
  readonly clipboard: SystemClipboard;
  readonly tray: {
    /** Tells at once how it is, then every change. Returns the function that ends it. */
    listen(listener: (tray: TrayView) => void): () => void;
  };
}

/** Text alone. */
export interface SystemClipboard {
  read(): Promise<string>;
  write(text: string): Promise<void>;
}

/** The system’s own list of what it starts at login. */
export interface LoginItem {
  read(): Promise<LoginItemView>;
  /** Writes or removes the entry, also against an earlier no of the user’s: it was asked for by a person just now. */
  set(wish: LoginItemWish): Promise<LoginItemView>;
  /** Brings the program’s path and `hidden` in an entry that is there up to date. Changes nothing else. */
  refresh(hidden: boolean): Promise<LoginItemView>;
}

export type LoginItemWish = { readonly on: false } | { readonly on: true; readonly hidden: boolean };

export interface Notifications {
  /** Shows one; a click on it runs `onClick`. One of the same `key` takes its place. */
  show(note: { readonly key: string; readonly title: string; readonly body: string }, onClick: () => void): void;
  /** Takes one back that is no longer true. */
  withdraw(key: string): void;
}

export interface Updates {
  /** Tells at once how it is, then every change. Returns the function that ends it. */
  listen(listener: (updates: UpdatesView) => void): () => void;
  /** Whether to look by itself: soon after the start, then twice a day. */
  setOn(on: boolean): void;
  /** Looks at once. */
  check(): void;
  /** Ends the app and installs. Only after `ready`. */
  install(): void;
}
