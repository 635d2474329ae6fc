/** The tray icon and its menu: draws what the core has made of the state, and waits for a desktop that shows it. */
import { Menu, nativeImage, Tray, type MenuItemConstructorOptions } from 'electron';
import { createClock } from '../adapters/clock.ts';
import type { TrayAction, TrayItem, TrayMenu } from '../core/desktop/tray-menu.ts';
import type { TrayView } from '../shared/desktop.ts';
import { trayIconPath } from './tray-icons.ts';
import { followTrayHost } from './tray-presence.ts';

export interface DesktopTray {
  /** Draws at once, or as soon as there is a place to draw to. What is drawn already is not drawn again. */
  draw(menu: TrayMenu): void;
  /** Tells at once how it is, then every change. Returns the function that ends it. */
  listen(listener: (tray: TrayView) => void): () => void;
  close(): void;
}

export interface TrayOptions {
  readonly platform?: NodeJS.Platform;
  readonly env?: NodeJS.ProcessEnv;
}

/** A menu of 30 servers takes some 10 ms to hand over, and a start changes it hundreds of times. */
const betweenPaintsMs = 100;

/** Kept for as long as the process lives: an icon that is collected as garbage disappears. */
let onlyTray: Tray | null = null;

/**
 * After the app is ready, and once a process: a second icon may not be shown (Electron's docs/api/tray.md). The icon, once
 * made, stays when its host goes; Chromium registers it again with the next one.
 */
export function createTray(
  onAction: (action: TrayAction) => void,
  { platform = process.platform, env = process.env }: TrayOptions = {},
): DesktopTray {
  let view: TrayView = { kind: 'waiting' };
  let wished: TrayMenu | null = null;
  let drawn: Drawn = { icon: '', tooltip: '', items: '' };
  let closed = false;
  /** Set for a while after something was drawn; what is wished meanwhile is drawn at its end. */
  let resting: (() => void) | null = null;
  const clock = createClock();
  const listeners = new Set<(tray: TrayView) => void>();

  const paint = () => {
    if (closed || !wished || resting || (!onlyTray && view.kind !== 'shown')) return;
    const { light, tooltip } = wished;
    const wish = { icon: trayIconPath(light, platform), tooltip, items: JSON.stringify(wished.items) };
    if (wish.icon === drawn.icon && tooltip === drawn.tooltip && wish.items === drawn.items) return;
    const tray = (onlyTray ??= makeTray(wish.icon, platform, onAction));
    if (wish.icon !== drawn.icon) tray.setImage(nativeImage.createFromPath(wish.icon));
    if (tooltip !== drawn.tooltip) tray.setToolTip(tooltip);
    // Last, so that who sees the new menu sees the rest as well.
    if (wish.items !== drawn.items) tray.setContextMenu(Menu.buildFromTemplate(wished.items.map(toTemplate(onAction))));
    drawn = wish;
    resting = clock.after(betweenPaintsMs, () => {
      resting = null;
      paint();
    });
  };
  const see = (next: TrayView) => {
    view = next;
    paint();
    for (const each of listeners) each(next);
  };
  const end = platform === 'linux' ? followTrayHost({ env, clock }, see) : () => undefined;
  if (platform !== 'linux') see({ kind: 'shown' });

  return {
    draw: (menu) => {
      wished = menu;
      paint();
    },
    listen: (listener) => {
      listeners.add(listener);
      listener(view);
      return () => listeners.delete(listener);
    },
    close: () => {
      closed = true;
      resting?.();
      listeners.clear();
      end();
      onlyTray?.destroy();
      onlyTray = null;
    },
  };
}

/** What the panel has, to compare with. */
interface Drawn {
  readonly icon: string;
  readonly tooltip: string;
  readonly items: string;
}

function makeTray(icon: string, platform: NodeJS.Platform, onAction: (action: TrayAction) => void): Tray {
  const tray = new Tray(nativeImage.createFromPath(icon));
  // On macOS a click opens the menu, and is told all the same.
  if (platform !== 'darwin') {
    tray.on('click', () => {
      onAction({ kind: 'open-window', view: null });
    });
  }
  return tray;
}

function toTemplate(onAction: (action: TrayAction) => void): (item: TrayItem) => MenuItemConstructorOptions {
  const template = (item: TrayItem): MenuItemConstructorOptions => {
    if (item.kind === 'separator') return { type: 'separator' };
    // A single & underlines what follows it. Chromium itself doubles the _ that does so on Linux.
    const label = item.label.replaceAll('&', '&&');
    switch (item.kind) {
      case 'note':
        return { label, enabled: false };
      case 'action':
        return {
          label,
          enabled: item.enabled,
          click: () => {
            onAction(item.action);
          },
        };
      case 'tick':
        return {
          type: 'checkbox',
          label,
          checked: item.ticked,
          click: (clicked) => {
            // Electron has turned it over by itself; it is what the state says, and changes with that.
            clicked.checked = item.ticked;
            onAction(item.action);
          },
        };
      case 'submenu':
        return { label, submenu: item.items.map(template) };
      default:
        return item satisfies never;
    }
  };
  return template;
}
