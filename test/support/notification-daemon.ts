/**
 * A desktop's notifications of the test's own: org.freedesktop.Notifications on a private bus (Desktop Notifications
 * Specification 1.2). It shows nothing, keeps what it is told, and plays the user's click.
 */
import { existsSync } from 'node:fs';
import { Message, sessionBus } from '@jellybrick/dbus-next';

export interface NotificationDaemon {
  /** Everything it was ever told, the oldest first. */
  readonly all: readonly ShownNotification[];
  /** What a user would see now. */
  open(): readonly ShownNotification[];
  /** The user clicks on it; like most desktops it is gone then. */
  click(id: number): void;
  /** Leaves the bus. */
  close(): Promise<void>;
}

export interface ShownNotification {
  readonly id: number;
  readonly app: string;
  readonly title: string;
  /** With its markup, as sent. */
  readonly body: string;
  readonly actions: readonly string[];
}

const busName = 'org.freedesktop.Notifications';
const objectPath = '/org/freedesktop/Notifications';
/** Reasons of NotificationClosed. */
const dismissed = 2;
const closedByCall = 3;

/** Why notifications can't be tested here, in one line, or null when they can: Electron shows them by libnotify. */
export function notificationsMissing(): string | null {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];
  return folders.some((each) => existsSync(`${each}/libnotify.so.4`)) ? null : 'needs the Debian package libnotify4';
}

export async function startNotificationDaemon(busAddress: string): Promise<NotificationDaemon> {
  const bus = sessionBus({ busAddress });
  const all: ShownNotification[] = [];
  const open = new Map<number, ShownNotification>();
  let lastId = 0;
  const tell = (member: string, signature: string, body: unknown[]) => {
    bus.send(Message.newSignal(objectPath, busName, member, signature, body));
  };
  const remove = (id: number, reason: number) => {
    if (open.delete(id)) tell('NotificationClosed', 'uu', [id, reason]);
  };
  bus.addMethodHandler((asked) => {
    if (asked.path !== objectPath) return false;
    const answer = (signature = '', body: unknown[] = []) => {
      bus.send(Message.newMethodReturn(asked, signature, body));
      return true;
    };
    switch (asked.member) {
      case 'GetCapabilities':
        return answer('as', [['actions', 'body', 'body-markup']]);
      case 'GetServerInformation':
        return answer('ssss', ['test', 'Mooring', '1', '1.2']);
      case 'Notify': {
        const [app, replaces, , title, body, actions] = asked.body;
        const id = Number(replaces) || (lastId += 1);
        const shown = {
          id,
          app: String(app),
          title: String(title),
          body: String(body),
          actions: actions as readonly string[],
        };
        all.push(shown);
        open.set(id, shown);
        return answer('u', [id]);
      }
      case 'CloseNotification':
        remove(Number(asked.body[0]), closedByCall);
        return answer();
      default:
        return false;
    }
  });
  await bus.requestName(busName);
  return {
    all,
    open: () => [...open.values()],
    click(id) {
      tell('ActionInvoked', 'us', [id, 'default']);
      remove(id, dismissed);
    },
    async close() {
      // The reply says that the bus has told everybody.
      await bus.releaseName(busName);
      bus.disconnect();
    },
  };
}
