/**
 * Runs a core until it is asked to stop, under plain Node or in the desktop app: control socket first, for it is the lock;
 * then the window.
 */
import { errorCode } from '../adapters/system-errors.ts';
import type { Core } from '../core/core.ts';
import type { Host } from '../core/ports.ts';
import type { WindowView } from '../shared/desktop.ts';
import { done, failed, failure, type Failure } from '../shared/failure.ts';
import { uiDir } from './app-root.ts';
import type { Hello, HostKind } from './api/hello.ts';
import type { ComposeCore, ComposeOptions } from './compose-core.ts';
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
  readonly window: WindowChoice;
  /** Told to whoever asks at the control socket. */
  readonly kind: HostKind;
  readonly desktop?: ComposeOptions['desktop'];
  /** Why a core before this one had to end. */
  readonly trouble?: Failure;
}

export type WindowChoice =
  /** In the browser. `port` 0: any free one. */
  | { readonly kind: 'browser'; readonly port: number }
  /** No window at all, not even when asked for later. */
  | { readonly kind: 'none' }
  /** The host shows a window of its own. */
  | { readonly kind: 'own'; readonly open: (view: WindowView | null) => void };

export interface RunningCore {
  readonly core: Core;
  /** Starts the window's host if need be. */
  newWindowAddress: Host['openWindow'];
  /** Resolves when a stop has been asked for by a call. */
  readonly quitAsked: Promise<void>;
  /** Ends everything; the socket goes last, so that the next core starts only when this one has saved its state. */
  stop(): Promise<void>;
  /** Lets the socket and the window’s host go though the core has not ended: another may take its place. */
  abandon(): Promise<void>;
}

export type ServeResult =
  | { readonly kind: 'serving'; readonly running: RunningCore }
  | { readonly kind: 'already-running'; readonly hello: Hello }
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
  const served: ServedCore = { ready, version: options.version, kind: options.kind, isStopping: () => stopping };

  const claim = await claimCore(options.paths, served);
  if (!claim.ok) return { kind: 'failed', failure: claim.error };
  if (claim.value.kind === 'running') return { kind: 'already-running', hello: claim.value.hello };
  const { socket } = claim.value;
  const pages = await tendOpeningPages(options.paths.runDir);

  let http: Promise<HttpHost> | null = null;
  const openInBrowser = async (port: number): ReturnType<Host['openWindow']> => {
    try {
      http ??= startHttpHost({ served, port, uiDir, onEntered: pages.used });
      return done({ url: (await http).newAddress() });
    } catch (error) {
      http = null;
      return failed(portFailure(port, error));
    }
  };
  const openWindow: Host['openWindow'] = (view) => {
    const { window } = options;
    switch (window.kind) {
      case 'browser':
        return openInBrowser(window.port);
      case 'own':
        window.open(view);
        return Promise.resolve(done({ url: null }));
      case 'none':
        return Promise.resolve(failed(noWindow));
      default:
        return window satisfies never;
    }
  };

  const closeWindow = async () => {
    stopping = true;
    socket.endStreams();
    const window = await http?.catch(() => null);
    await window?.close();
  };

  try {
    const host: Host = { openWindow, quit: askToQuit };
    const { paths, version, desktop, trouble } = options;
    const core = await options.compose({
      paths,
      version,
      host,
      ...(desktop && { desktop }),
      ...(trouble && { trouble }),
    });
    await core.start();
    start(core);
    return {
      kind: 'serving',
      running: {
        core,
        newWindowAddress: openWindow,
        quitAsked,
        async stop() {
          await closeWindow();
          try {
            await core.stop();
          } finally {
            await pages.close();
            await socket.close();
          }
        },
        async abandon() {
          await closeWindow();
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

const noWindow = failure('not-allowed', 'This Mooring runs without a window.', { hint: 'Start it without --no-ui.' });

function portFailure(port: number, error: unknown): Failure {
  const detail = errorCode(error, 'unknown');
  return detail === 'EADDRINUSE'
    ? failure('port-taken', `Port ${String(port)} is taken by another program.`, { hint: 'Choose another.', detail })
    : failure('port-forbidden', `Mooring can’t listen on port ${String(port)}.`, { hint: 'Choose another.', detail });
}
