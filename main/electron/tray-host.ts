/**
 * Whether this Linux desktop shows tray icons: asked over the session bus, and followed from then on. Chromium asks once,
 * when a tray icon is made, and never again if the answer is no (status_icon_linux_dbus.cc); so the icon must not be made
 * before there is a host.
 */
import { MessageType } from '@jellybrick/dbus-next';
import { joinSessionBus, type SessionBus } from '../adapters/session-bus.ts';

export type TrayHostState =
  /** No answer yet. */
  | 'asking'
  /** No session bus, or it has ended. */
  | 'no-bus'
  /** Nothing on this desktop collects tray icons. */
  | 'no-watcher'
  /** Icons are collected, but no panel shows them. */
  | 'no-host'
  | 'there';

const watcherName = 'org.kde.StatusNotifierWatcher';
const watcherPath = '/StatusNotifierWatcher';
const busName = 'org.freedesktop.DBus';
const propertiesName = 'org.freedesktop.DBus.Properties';

/** Signals after which the answer may be another one. Those of single icons come often and tell nothing. */
const signals = [
  `interface='${busName}',member='NameOwnerChanged',arg0='${watcherName}'`,
  `interface='${watcherName}',member='StatusNotifierHostRegistered',path='${watcherPath}'`,
  `interface='${watcherName}',member='StatusNotifierHostUnregistered',path='${watcherPath}'`,
  `interface='${propertiesName}',member='PropertiesChanged',path='${watcherPath}'`,
];
const signalNames = new Set([
  'NameOwnerChanged',
  'StatusNotifierHostRegistered',
  'StatusNotifierHostUnregistered',
  'PropertiesChanged',
]);

/** Some watchers send no signal when a panel joins them: while one is without a panel it is asked again, so often. */
const askAgainMs = 3_000;

/** Tells every change, the first answer included, and never throws. Returns the function that ends it. */
export function watchTrayHost(env: NodeJS.ProcessEnv, listener: (state: TrayHostState) => void): () => void {
  let told: TrayHostState = 'asking';
  let ended = false;
  /** Counts the questions: an answer to an older one is of no use. */
  let question = 0;
  let again: NodeJS.Timeout | undefined;
  const tell = (state: TrayHostState) => {
    clearTimeout(again);
    if (ended) return;
    if (state === 'no-host') again = setTimeout(ask, askAgainMs).unref();
    if (state === told) return;
    told = state;
    listener(state);
  };

  const lost = () => {
    tell('no-bus');
    ended = true;
  };
  const bus = joinSessionBus(env, lost);
  if (bus === null) {
    queueMicrotask(lost);
    return () => {
      ended = true;
    };
  }
  const ask = (): void => {
    const mine = (question += 1);
    hostState(bus).then(
      (state) => {
        if (mine === question) tell(state);
      },
      () => {
        if (mine === question) tell('no-watcher');
      },
    );
  };
  bus.onMessage((message) => {
    if (message.type === MessageType.SIGNAL && signalNames.has(message.member)) ask();
  });
  for (const rule of signals) {
    bus.call(busName, '/org/freedesktop/DBus', busName, 'AddMatch', [`type='signal',${rule}`]).catch(() => undefined);
  }
  ask();
  return () => {
    ended = true;
    clearTimeout(again);
    bus.leave();
  };
}

async function hostState(bus: SessionBus): Promise<TrayHostState> {
  const [owned] = await bus.call(busName, '/org/freedesktop/DBus', busName, 'NameHasOwner', [watcherName]);
  if (owned !== true) return 'no-watcher';
  const property = [watcherName, 'IsStatusNotifierHostRegistered'];
  const [value] = await bus.call(watcherName, watcherPath, propertiesName, 'Get', property).catch(() => []);
  const shown = typeof value === 'object' && value !== null && 'value' in value && value.value === true;
  return shown ? 'there' : 'no-host';
}
