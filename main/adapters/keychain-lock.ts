/**
 * Whether the default collection of the Secret Service is unlocked, asked over the session bus. Reading the property has
 * nobody asked to unlock it, unlike any use of the collection (Secret Service API 0.2, freedesktop.org).
 */
import { joinSessionBus, type SessionBus } from './session-bus.ts';

const serviceName = 'org.freedesktop.secrets';
const servicePath = '/org/freedesktop/secrets';
/** What the service answers where no such collection is. */
const noPath = '/';

/** How often to ask. Not every service tells a change by itself. */
const askEveryMs = 2_000;
/** A service that hangs is asked anew. */
const answerWithinMs = 5_000;

type Lock = 'locked' | 'unlocked' | 'unknown';

/** Tells when it is unlocked, at once or after it was seen locked. Never throws. Returns the function that ends it. */
export function watchDefaultCollection(env: NodeJS.ProcessEnv, listener: () => void): () => void {
  let ended = false;
  let told = false;
  let timer: NodeJS.Timeout | undefined;
  let leaveBus: () => void = () => undefined;

  const look = (): void => {
    // Each question has a connection of its own: the bus may end and come back, and none is left open meanwhile.
    leaveBus = askLock(env, (lock) => {
      if (ended) return;
      timer = setTimeout(look, askEveryMs).unref();
      if (lock === 'locked') told = false;
      if (lock !== 'unlocked' || told) return;
      told = true;
      listener();
    });
  };
  look();
  return () => {
    ended = true;
    clearTimeout(timer);
    leaveBus();
  };
}

/** Answers once and later, and closes its connection by then. Returns the function that does so early. */
function askLock(env: NodeJS.ProcessEnv, answer: (lock: Lock) => void): () => void {
  let over = false;
  const close = (): void => {
    over = true;
    clearTimeout(timer);
    bus?.leave();
  };
  const finish = (lock: Lock): void => {
    if (over) return;
    close();
    answer(lock);
  };
  const unknown = (): void => {
    finish('unknown');
  };
  const timer = setTimeout(unknown, answerWithinMs).unref();
  const bus = joinSessionBus(env, unknown);
  if (bus) lockOf(bus).then(finish, unknown);
  else queueMicrotask(unknown);
  return () => {
    if (!over) close();
  };
}

async function lockOf(bus: SessionBus): Promise<Lock> {
  const [path] = await bus.call(serviceName, servicePath, 'org.freedesktop.Secret.Service', 'ReadAlias', ['default']);
  if (typeof path !== 'string' || path === noPath) return 'unknown';
  const property = ['org.freedesktop.Secret.Collection', 'Locked'];
  const [value] = await bus.call(serviceName, path, 'org.freedesktop.DBus.Properties', 'Get', property);
  if (typeof value !== 'object' || value === null || !('value' in value)) return 'unknown';
  return value.value === false ? 'unlocked' : 'locked';
}
