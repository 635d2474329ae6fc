/** How the app ends: once, in order, within a time limit, and with nothing lost that was asked for meanwhile. */
import { app } from 'electron';
import process from 'node:process';

export interface EndingDeps {
  /** Ends everything but the process. */
  end(): Promise<void>;
  /** A native call that can't be called off holds the process: see HostedCore. */
  isHeld(): boolean;
}

export interface Ending {
  /** Ends everything but the process; the same promise every time. */
  end(): Promise<void>;
  isEnding(): boolean;
  /** Somebody has started the app while this one ends: it comes again. */
  startAgain(): void;
}

/** Sockets, a last save and the keychain's grace fit in well; what takes longer hangs. Milliseconds. */
const patienceMs = 10_000;
/** Asked once more after this long, it ends at once. */
const insistMs = 3_000;

export function createEnding(deps: EndingDeps): Ending {
  let ending: Promise<void> | null = null;
  let startedMs = 0;
  let ended = false;
  let again = false;

  const end = () => {
    if (ending === null) {
      startedMs = performance.now();
      ending = deps.end();
      // Told to whoever waits for it; without anyone it is no fault of its own.
      ending.catch(() => undefined);
    }
    return ending;
  };

  app.on('before-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    if (ending !== null) {
      if (performance.now() - startedMs > insistMs) app.exit(1);
      return;
    }
    const limit = new Promise((resolve) => setTimeout(resolve, patienceMs));
    void Promise.race([end().catch(() => undefined), limit]).then(() => {
      ended = true;
      if (again) app.relaunch({ args: process.argv.slice(1).filter((each) => each !== '--hidden') });
      app.quit();
    });
  });
  app.on('quit', () => {
    if (deps.isHeld()) process.kill(process.pid, 'SIGKILL');
  });

  return {
    end: async () => {
      await end();
      ended = true;
    },
    isEnding: () => ending !== null,
    startAgain: () => (again = true),
  };
}
