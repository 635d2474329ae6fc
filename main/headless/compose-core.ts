/** Puts the real core together: the core on this machine's ports, with the headless host around it. */
import type { SystemKeychain } from '../adapters/keychain.ts';
import { createSystemPorts } from '../adapters/system-ports.ts';
import { createCore, type Core } from '../core/core.ts';
import type { Host } from '../core/ports.ts';
import type { Paths } from './paths.ts';

export interface ComposeOptions {
  readonly paths: Pick<Paths, 'dataDir'>;
  readonly version: string;
  readonly host: Host;
}

/** Makes a core that is not started yet. */
export type ComposeCore = (options: ComposeOptions) => Promise<Core>;

export const composeCore: ComposeCore = ({ paths, version, host }) => {
  const ports = createSystemPorts({ dataDir: paths.dataDir, host });
  const core = createCore(ports, { version });
  return Promise.resolve({
    ...core,
    async stop() {
      await core.stop();
      endWhenKeychainIsDone(ports.keychain);
    },
  });
};

/** A keychain call that is merely slow is over by then; shorter than the grace of process.exit() in main.ts. Ms. */
const keychainGraceMs = 2000;

/** A keychain's open unlock prompt can't be called off, and would keep even process.exit() waiting. */
function endWhenKeychainIsDone(keychain: SystemKeychain): void {
  if (!keychain.busy()) return;
  const startMs = performance.now();
  const timer = setInterval(() => {
    if (!keychain.busy()) clearInterval(timer);
    else if (performance.now() - startMs > keychainGraceMs) process.kill(process.pid, 'SIGKILL');
  }, 50);
}
