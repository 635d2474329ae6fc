/**
 * Keeps a core running in this process: takes over from one in the background, and makes a new one, once, when the one
 * that runs has met a fault. Whoever follows the core through here does not notice that it is another.
 */
import { createControlClient } from '../headless/control/control-client.ts';
import { composeHostedCore, keychainGraceMs, type ComposeOptions, type HostedCore } from '../headless/compose-core.ts';
import { serve, type RunningCore, type WindowChoice } from '../headless/serve.ts';
import type { DataPaths } from '../adapters/data-paths.ts';
import type { CoreEvent } from '../shared/contract.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import type { Snapshot } from '../shared/snapshot.ts';

export interface CoreKeeperOptions {
  readonly paths: DataPaths;
  readonly version: string;
  readonly window: WindowChoice;
  readonly desktop: ComposeOptions['desktop'];
  /** For tests. */
  readonly compose?: typeof composeHostedCore;
  readonly stopPatienceMs?: number;
  /** Somebody asked for the end. */
  onQuit(): void;
}

/** A core that has met a fault may not be able to end by itself. Milliseconds. */
const stopPatienceMs = 5_000;

const takeOverTries = 3;

const cannotTakeOver = (pid: number): Failure =>
  failure('timed-out', `Another Mooring (process ${String(pid)}) does not make room for this one.`, {
    hint: 'End it, then start Mooring again.',
  });

/** False when it does not, or fails. */
function endsWithin(limitMs: number, ending: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs, false);
    ending.then(
      () => {
        resolve(true);
      },
      () => {
        resolve(false);
      },
    );
    void ending
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
      });
  });
}

const away = failure('cancelled', 'Mooring is starting its core again.', { hint: 'Try again in a moment.' });

export class CoreKeeper {
  readonly #options: CoreKeeperOptions;
  readonly #followers = new Map<(event: CoreEvent) => void, { looking: boolean; end: () => void }>();
  #running: RunningCore | null = null;
  #core: HostedCore | null = null;
  #starting: Promise<Reply<null>> | null = null;

  constructor(options: CoreKeeperOptions) {
    this.#options = options;
  }

  /** Fails with words for people: another program on the socket, a data folder that can't be used. */
  start(trouble?: Failure): Promise<Reply<null>> {
    this.#starting = this.#start(trouble);
    return this.#starting;
  }

  /** Never throws. */
  async call(name: string, args: unknown): Promise<Reply<unknown>> {
    await this.#starting?.catch(() => undefined);
    return this.#running ? this.#running.core.call(name, args) : failed(away);
  }

  /** Null while there is none. */
  snapshot(): Snapshot | null {
    return this.#running?.core.snapshot() ?? null;
  }

  /** Writes a line to the core's log. */
  note(message: string): void {
    this.#running?.core.note(message);
  }

  /** Tells the snapshot of every core once at its start. Following again with other options changes those. */
  follow(listener: (event: CoreEvent) => void, { looking }: { readonly looking: boolean }): void {
    this.#followers.get(listener)?.end();
    this.#followers.set(listener, { looking, end: () => undefined });
    this.#attach(listener);
  }

  /** Ends the core that has met a fault, as far as it lets itself be ended, and starts another. */
  async startAgain(trouble: Failure): Promise<Reply<null>> {
    const before = this.#starting;
    this.#starting = (async () => {
      await before?.catch(() => undefined);
      const old = this.#running;
      this.#running = null;
      // What an old core that can’t end still tells must reach nobody.
      for (const follower of this.#followers.values()) follower.end();
      if (old && !(await endsWithin(this.#options.stopPatienceMs ?? stopPatienceMs, old.stop()))) await old.abandon();
      return this.#start(trouble);
    })();
    return this.#starting;
  }

  /** Resolves with everything ended and saved. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    const old = this.#running;
    this.#running = null;
    await old?.stop();
    const startMs = performance.now();
    while (this.keychainBusy() && performance.now() - startMs < keychainGraceMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** See {@link HostedCore}: the process then has to be killed, as the very last thing. */
  keychainBusy(): boolean {
    return this.#core?.keychainBusy() === true;
  }

  async #start(trouble?: Failure): Promise<Reply<null>> {
    const { paths, version, window, desktop, onQuit, compose = composeHostedCore } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const result = await serve({
        paths,
        version,
        window,
        kind: 'desktop',
        compose: async (options) => (this.#core = await compose(options)),
        ...(desktop && { desktop }),
        ...(trouble && { trouble }),
      });
      switch (result.kind) {
        case 'serving':
          this.#take(result.running);
          void result.running.quitAsked.then(onQuit);
          return done(null);
        case 'failed':
          return failed(result.failure);
        case 'already-running': {
          const client = createControlClient(paths.controlPath);
          if (result.hello.host === 'desktop' && result.hello.pid === process.pid) {
            return failed(cannotTakeOver(process.pid));
          }
          if (result.hello.host === 'desktop') {
            await client.call('app.open-window', {});
            return failed(failure('conflict', 'Mooring runs already.', { hint: 'Its window is open now.' }));
          }
          if (tries > takeOverTries) return failed(cannotTakeOver(result.hello.pid));
          // What is on stays on: the wish is saved, and this core takes it up.
          await client.call('app.quit', {});
          break;
        }
        default:
          result satisfies never;
      }
    }
  }

  #take(running: RunningCore): void {
    this.#running = running;
    for (const listener of this.#followers.keys()) this.#attach(listener);
  }

  #attach(listener: (event: CoreEvent) => void): void {
    const follower = this.#followers.get(listener);
    const core = this.#running?.core;
    if (!follower || !core) return;
    follower.end = core.subscribe(listener, { looking: follower.looking });
    listener({ name: 'snapshot.changed', payload: core.snapshot() });
  }
}
