/** The built desktop app in a real Electron: own display, own session bus, own home and data folder. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import { dataPaths, type DataPaths } from '../../main/adapters/data-paths.ts';
import { createControlClient, knock, type ControlClient } from '../../main/headless/control/control-client.ts';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import type { Snapshot } from '../../main/shared/snapshot.ts';
import { electronPath, startDisplay } from './electron-runtime.ts';
import { startBus, type Bus } from './keyring.ts';
import { runProgram } from './running-app.ts';
import { startTrayHost, type TrayHost } from './tray-host.ts';
import { waitFor, within } from './wait.ts';

/** A machine's desktop for one test file: what stays while apps come and go. */
export interface Desktop {
  readonly bus: Bus;
  /** Environment of programs on it. */
  readonly env: Readonly<Record<string, string>>;
  /** A home folder of its own for one app, removed at the end. */
  makeHome(): Promise<string>;
  start(options?: StartOptions): Promise<DesktopApp>;
  /** A panel that shows tray icons; not registered: a watcher without one. */
  startTrayHost(options?: { readonly registered?: boolean }): Promise<TrayHost>;
  /** Gives a function that ends what has been started since and still runs: what a failed test left, say. */
  mark(): () => Promise<void>;
  /** Ends the apps that still run first: they must not outlive their session bus. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** An existing home; a new one by default. */
  readonly home?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Another program than the test runtime, such as a packaged app. */
  readonly executablePath?: string;
}

export interface DesktopApp {
  readonly electron: ElectronApplication;
  readonly home: string;
  readonly paths: DataPaths;
  readonly pid: number;
  readonly api: ControlClient;
  /** The first window, once its page is there. */
  window(): Promise<Page>;
  call<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallValue<K>>;
  snapshot(): Promise<Snapshot>;
  until(what: string, holds: (snapshot: Snapshot) => boolean, timeoutMs?: number): Promise<Snapshot>;
  /** Runs a command of the command line against it. */
  run(...words: string[]): ReturnType<typeof runProgram>;
  /** What it wrote to its terminal so far. */
  output(): string;
  /** Ends it as the tray's Quit does, with no question; resolves when the process is gone. */
  quit(): Promise<void>;
  /** Ends it by a signal. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

export async function startDesktop(): Promise<Desktop> {
  const [display, bus] = await Promise.all([startDisplay(), startBus()]);
  const homesDir = await mkdtemp(join(tmpdir(), 'mooring-desktop-'));
  const running = new Set<DesktopApp>();
  const trayHosts = new Set<TrayHost>();
  const env = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    DISPLAY: display.name,
    DBUS_SESSION_BUS_ADDRESS: bus.address,
    // The machine's own bus is none of the tests' business.
    DBUS_SYSTEM_BUS_ADDRESS: bus.address,
    XDG_CURRENT_DESKTOP: 'XFCE',
  };
  const makeHome = () => mkdtemp(join(homesDir, 'home-'));

  return {
    bus,
    env,
    makeHome,
    async start(options = {}) {
      const app = await launch(env, options.home ?? (await makeHome()), options);
      running.add(app);
      app.electron.process().once('exit', () => running.delete(app));
      return app;
    },
    async startTrayHost(hostOptions) {
      const host = await startTrayHost(bus.address, hostOptions);
      const tracked: TrayHost = {
        ...host,
        async close() {
          if (trayHosts.delete(tracked)) await host.close();
        },
      };
      trayHosts.add(tracked);
      return tracked;
    },
    mark() {
      const before = new Set<DesktopApp | TrayHost>([...running, ...trayHosts]);
      return async () => {
        await Promise.all([...running].filter((each) => !before.has(each)).map((each) => each.kill('SIGKILL')));
        await Promise.all([...trayHosts].filter((each) => !before.has(each)).map((each) => each.close()));
      };
    },
    async close() {
      await Promise.all([...running].map((each) => each.kill('SIGKILL')));
      await Promise.all([...trayHosts].map((each) => each.close()));
      await bus.close();
      await display.close();
      await rm(homesDir, { recursive: true, force: true });
    },
  };
}

async function launch(env: Readonly<Record<string, string>>, home: string, options: StartOptions): Promise<DesktopApp> {
  const fullEnv = {
    ...env,
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_RUNTIME_DIR: join(home, 'run'),
    MOORING_KEYCHAIN: 'off',
    ...options.env,
    MOORING_HOME: join(home, 'mooring'),
  };
  await mkdir(fullEnv.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  const paths = dataPaths(fullEnv, process.platform, homedir(), process.getuid?.() ?? 0);
  const packaged = options.executablePath !== undefined;
  const electron = await _electron.launch({
    executablePath: options.executablePath ?? electronPath,
    args: ['--no-sandbox', '--disable-gpu', ...(packaged ? [] : [resolve('.')]), ...(options.args ?? [])],
    env: fullEnv,
    timeout: 30_000,
  });
  const child = electron.process();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
  const ended = new Promise<void>((resolvePromise) => {
    if (child.exitCode !== null || child.signalCode !== null) resolvePromise();
    else
      child.once('exit', () => {
        resolvePromise();
      });
  });
  const api = createControlClient(paths.controlPath);
  const call: DesktopApp['call'] = async (name, args) => {
    const reply = await api.call(name, args);
    if (!reply.ok) throw new Error(`${name}: ${reply.error.message} ${reply.error.detail ?? ''}`);
    return reply.value;
  };
  const snapshot = () => call('snapshot.get', {});
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await within(10_000, 'the app to end', ended);
  };
  try {
    await waitFor(
      'the app to serve',
      async () => {
        if (child.exitCode !== null) throw new Error(`It ended with ${String(child.exitCode)}.`);
        // Another core may answer until this one has taken over.
        const found = await knock(paths.controlPath);
        return found.kind === 'running' && found.hello.host === 'desktop' && found.hello.pid === child.pid;
      },
      { timeoutMs: 15_000, everyMs: 20 },
    );
  } catch (error) {
    await kill('SIGKILL');
    throw new Error(`${String(error)} It wrote: ${output}`, { cause: error });
  }
  return {
    electron,
    home,
    paths,
    pid: child.pid ?? 0,
    api,
    window: () => electron.firstWindow({ timeout: 15_000 }),
    call,
    snapshot,
    async until(what, holds, timeoutMs = 15_000) {
      let last: Snapshot | null = null;
      return waitFor(
        () => `${what}; it is ${JSON.stringify([last?.servers, last?.prompts, last?.desktop]).slice(0, 2000)}`,
        async () => {
          last = await snapshot();
          return holds(last) ? last : null;
        },
        { timeoutMs },
      );
    },
    run: (...words) => runProgram(words, fullEnv),
    output: () => output,
    async quit() {
      await call('app.quit', {});
      await within(10_000, 'the app to end', ended);
    },
    kill,
  };
}
