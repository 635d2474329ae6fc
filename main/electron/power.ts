/** Sleep, screen lock and network changes, as Electron hears of them. Only after the app is ready. */
import { net, powerMonitor } from 'electron';
import type { Power, PowerEvent } from '../core/ports.ts';

/** Electron tells no change of the network, so it is asked this often. Its `false` is certain, its `true` is not. */
const lookMs = 2000;

/** Linux has the first two only, and those by logind; macOS and Windows have all. */
const systemEvents = [
  ['suspend', 'suspend'],
  ['resume', 'resume'],
  ['lock-screen', 'lock'],
  ['unlock-screen', 'unlock'],
] as const;

export function createPower(): Power {
  return {
    listen(listener) {
      const ends = systemEvents.map(([name, event]) => on(name, event, listener));
      let online = true;
      const look = () => {
        const now = net.isOnline();
        if (now === online) return;
        online = now;
        listener(now ? 'online' : 'offline');
      };
      const timer = setInterval(look, lookMs);
      look();
      return () => {
        clearInterval(timer);
        for (const end of ends) end();
      };
    },
  };
}

function on(name: (typeof systemEvents)[number][0], event: PowerEvent, listener: (event: PowerEvent) => void) {
  const tell = () => {
    listener(event);
  };
  // The declarations have one overload a name.
  powerMonitor.on(name as 'suspend', tell);
  return () => powerMonitor.off(name as 'suspend', tell);
}
