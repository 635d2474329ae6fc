/** Desktop notifications by the system. */
import { Notification } from 'electron';
import process from 'node:process';
import type { Notifications } from '../core/desktop/desktop-ports.ts';

/** Far more than anybody reads; an old one that was never closed is let go of, and its click with it. */
const mostKept = 100;

export function createNotifications(): Notifications {
  /** Kept until closed: one that nobody holds is collected, and its clicks go nowhere. The oldest first. */
  const shown = new Map<string, Notification>();
  const withdraw = (key: string) => {
    const old = shown.get(key);
    shown.delete(key);
    old?.close();
  };
  return {
    show({ key, title, body }, onClick) {
      withdraw(key);
      if (!Notification.isSupported()) return;
      const note = new Notification({ title, body: process.platform === 'linux' ? escapeMarkup(body) : body });
      shown.set(key, note);
      const forget = () => {
        if (shown.get(key) === note) shown.delete(key);
      };
      note.on('click', onClick);
      note.on('close', forget);
      note.on('failed', forget);
      const [oldest] = shown.keys();
      if (shown.size > mostKept && oldest !== undefined) shown.delete(oldest);
      note.show();
    },
    withdraw,
  };
}

/** Linux desktops read tags in the body (Desktop Notifications Specification, "Markup"), and libnotify escapes nothing. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
