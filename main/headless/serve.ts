/** Runs a core under plain Node until it is asked to stop: control socket first, for it is the lock; then the window. */
import type { Core } from '../core/core.ts';
import type { Host } from '../core/ports.ts';
import { done, failed, failure, type Failure } from '../shared/failure.ts';
import { uiDir } from './app-root.ts';
import type { ComposeCore } from './compose-core.ts';
import { startHttpHost, type HttpHost } from './http/http-host.ts';
import { tendOpeningPages } from './http/opening-pages.ts';
import type { Paths } from './paths.ts';
import { ensurePrivateDir } from './control/private-dir.ts';
import type { ServedCore } from './api/served-core.ts';
import { claimCore } from './control/single-core.ts';

export interface ServeOptions {
  readonly paths: Paths;
  readonly version: string;
  readonly compose: ComposeCore;
  /** Of the window; 0: any free one. */
  readonly port: number;
  /** No window at all, not even when asked for later. */
  readonly withWindow: boolean;
}

export interface RunningCore {
  /** Starts the window's host if need be. */
  newWindowAddress: Host['openWindow'];
  /** Resolves when a stop has been asked for by a call. */
  readonly quitAsked: Promise<void>;
  /** Ends everything; the socket goes last, so that the next core starts only when this one has saved its state. */
  stop(): Promise<void>;
}

export type ServeResult =
  | { readonly kind: 'serving'; readonly running: RunningCore }
  | { readonly kind: 'already-running'; readonly pid: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

export async function serve(options: ServeOptions): Promise<ServeResult> {
  const dataDir = await ensurePrivateDir(options.paths.dataDir, process.getuid?.());
  if (!dataDir.ok) return { kind: 'failed', failure: dataDir.error };

  let stopping = false;
  let askToQuit: () => void = () => undefined;
  const quitAsked = new Promise<void>((resolve) => (askToQuit = resolve));
  let start: (core: Core) => void = () => undefined;
  let giveUp: (error: unknown) => void = () => undefined;
  const ready = new Promise<Core>((resolve, reject) => {
    start = resolve;
    giveUp = reject;
  });
  // Requests may come before the core is there, or none at all.
  ready.catch(() => undefined);
  const served: ServedCore = { ready, version: options.version, isStopping: () => stopping };

  const claim = await claimCore(options.paths, served);
  if (!claim.ok) return { kind: 'failed', failure: claim.error };
  if (claim.value.kind === 'running') return { kind: 'already-running', pid: claim.value.hello.pid };
  const { socket } = claim.value;
  const pages = await tendOpeningPages(options.paths.runDir);

  let http: Promise<HttpHost> | null = null;
  const openWindow: Host['openWindow'] = async () => {
    if (!options.withWindow) {
      return failed(
        failure('not-allowed', 'This Mooring runs without a window.', { hint: 'Start it without --no-ui.' }),
      );
    }
    try {
      http ??= startHttpHost({ served, port: options.port, uiDir, onEntered: pages.used });
      return done({ url: (await http).newAddress() });
    } catch (error) {
      http = null;
      return failed(portFailure(options.port, error));
    }
  };

  try {
    const host: Host = { openWindow, quit: askToQuit };
    const core = await options.compose({ paths: options.paths, version: options.version, host });
    await core.start();
    start(core);
    return {
      kind: 'serving',
      running: {
        newWindowAddress: openWindow,
        quitAsked,
        async stop() {
          stopping = true;
          socket.endStreams();
          const window = await http?.catch(() => null);
          await window?.close();
          await core.stop();
          await pages.close();
          await socket.close();
        },
      },
    };
  } catch (error) {
    stopping = true;
    giveUp(error);
    await pages.close();
    await socket.close();
    throw error;
  }
}

function portFailure(port: number, error: unknown): Failure {
  const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return detail === 'EADDRINUSE'
    ? failure('port-taken', `Port ${String(port)} is taken by another program.`, { hint: 'Choose another.', detail })
    : failure('port-forbidden', `Mooring can’t listen on port ${String(port)}.`, { hint: 'Choose another.', detail });
}
