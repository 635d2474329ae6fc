/** Puts the real core together: the core on this machine's ports, with the headless host around it. */
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
      // A keychain's open unlock prompt can't be called off, and would keep even process.exit() waiting.
      if (ports.keychain.busy()) setTimeout(() => process.kill(process.pid, 'SIGKILL'), lastWordsMs);
    },
  });
};

/** For replies that are still on their way when the process must be ended. */
const lastWordsMs = 500;
