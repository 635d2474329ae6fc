/** Puts the real core together: the core on this machine's ports, with the headless host around it. */
import { createSystemPorts, type SystemPortsOptions } from '../adapters/system-ports.ts';
import { createCore, type Core } from '../core/core.ts';
import type { Host } from '../core/ports.ts';
import type { Failure } from '../shared/failure.ts';
import type { Paths } from './paths.ts';

export interface ComposeOptions {
  readonly paths: Pick<Paths, 'dataDir'>;
  readonly version: string;
  readonly host: Host;
  /** What the desktop app brings along. */
  readonly desktop?: SystemPortsOptions['desktop'];
  /** Why a core before this one had to end; told in the window. */
  readonly trouble?: Failure;
}

/** Makes a core that is not started yet. */
export type ComposeCore = (options: ComposeOptions) => Promise<Core>;

export interface HostedCore extends Core {
  /**
   * A native call of the keychain is under way, such as one behind an open unlock prompt. It can't be called off, and the
   * process does not end by itself while it lasts: who ends the process has to kill it.
   */
  keychainBusy(): boolean;
}

/** A core in a process that lives on after it. */
export const composeHostedCore = (options: ComposeOptions): Promise<HostedCore> => {
  const { paths, version, host, desktop, trouble } = options;
  const ports = createSystemPorts({ dataDir: paths.dataDir, host, ...(desktop && { desktop }) });
  const core = createCore(ports, { version, trouble: trouble ?? null });
  return Promise.resolve({ ...core, keychainBusy: () => ports.keychain.busy() });
};

/** A core whose end is the end of its process. */
export const composeCore: ComposeCore = async (options) => {
  const core = await composeHostedCore(options);
  return {
    ...core,
    async stop() {
      await core.stop();
      endWhenKeychainIsDone(core);
    },
  };
};

/** A keychain call that is merely slow is over by then; shorter than the grace of process.exit() in main.ts. Ms. */
export const keychainGraceMs = 2000;

function endWhenKeychainIsDone(core: HostedCore): void {
  if (!core.keychainBusy()) return;
  const startMs = performance.now();
  const timer = setInterval(() => {
    if (!core.keychainBusy()) clearInterval(timer);
    else if (performance.now() - startMs > keychainGraceMs) process.kill(process.pid, 'SIGKILL');
  }, 50);
}
