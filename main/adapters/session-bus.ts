/**
 * The session bus of a Linux desktop, with what @jellybrick/dbus-next needs seeing to: that the end of the bus is heard,
 * and that leaving it is for good.
 */
import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { Message, MessageFlag, sessionBus, type Message as BusMessage, type MessageBus } from '@jellybrick/dbus-next';

export interface SessionBus {
  /** All arguments are strings. Never starts a service that is not running. Rejects with the service’s refusal. */
  call(destination: string, path: string, name: string, member: string, body: readonly string[]): Promise<unknown[]>;
  onMessage(listener: (message: BusMessage) => void): void;
  /** At once, both ways. */
  leave(): void;
}

/** Null: there is none, or its address can't be read. `onLost` runs when it breaks or ends, perhaps more than once. */
export function joinSessionBus(env: NodeJS.ProcessEnv, onLost: () => void): SessionBus | null {
  const busAddress = sessionBusAddress(env);
  if (busAddress === null) return null;
  let bus: MessageBus;
  try {
    bus = sessionBus({ busAddress });
  } catch {
    return null;
  }
  (bus as EventEmitter).on('error', onLost);
  // The library tells of a bus that broke, but not of one that ended: that is heard from its connection alone.
  const connection: unknown = Reflect.get(bus, '_connection');
  if (connection instanceof EventEmitter) connection.on('end', onLost);
  return {
    async call(destination, path, name, member, body) {
      const reply = await bus.call(
        new Message({
          destination,
          path,
          interface: name,
          member,
          signature: 's'.repeat(body.length),
          body: [...body],
          flags: MessageFlag.NO_AUTO_START,
        }),
      );
      return reply?.body ?? [];
    },
    onMessage(listener) {
      bus.on('message', listener);
    },
    leave() {
      leave(bus);
    },
  };
}

/** As libdbus finds it. Null: there is none. */
export function sessionBusAddress(env: NodeJS.ProcessEnv): string | null {
  const named = env['DBUS_SESSION_BUS_ADDRESS'];
  if (named) return named;
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  if (!runtimeDir) return null;
  const path = join(runtimeDir, 'bus');
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ? `unix:path=${path}` : null;
}

/** The library's own disconnect goes on listening, and throws out of the event loop when what it then hears wants an answer. */
function leave(bus: MessageBus): void {
  const destroy = (): boolean => {
    const stream: unknown = Reflect.get(Object(Reflect.get(bus, '_connection')), 'stream');
    if (stream instanceof Duplex) stream.destroy();
    return stream !== undefined;
  };
  // Made a few microtasks after the bus.
  if (!destroy()) setImmediate(destroy);
}
