/** Mooring's own files: servers.json, settings.json, host-keys.json and hosts.json in the data folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateFile, StateFiles } from '../core/ports.ts';
import { createStateFile, type Migrations } from './state-file.ts';
import type { writeFileAtomically } from './atomic-write.ts';

type StateFileName = 'servers' | 'settings' | 'hostKeys' | 'hosts';

export interface StateFilesOptions {
  readonly dataDir: string;
  /** By file; none yet at schema version 1. */
  readonly migrations?: Partial<Record<StateFileName, Migrations>>;
  /**
   * Says what is wrong with a value (`null`: nothing), so that a file of the right form with the wrong content is set
   * aside like any other damage, and not overwritten by what the core makes of it.
   */
  readonly check?: Partial<Record<StateFileName, (value: unknown) => string | null>>;
  readonly nowMs?: () => number;
  /** For tests. */
  readonly write?: typeof writeFileAtomically;
}

/**
 * One format for every host: `{ "schemaVersion": 1, "value": … }`, which electron-store and conf can read too. The folder
 * is made with mode 700, files with 600. Nothing here locks: one process a data folder is the host's care.
 *
 * conf 15.1 (and so electron-store) does not write these files. On a full disk it puts a cut-off file in the place of the
 * good one and gives no error (atomically 2.1 makes one write() and does not look at how much was taken); a missing
 * permission blocks the thread for a second of retries; and to load it hooks SIGINT and SIGTERM so that a handler of the
 * app's is called twice (when-exit 2.1).
 */
export function createStateFiles(options: StateFilesOptions): StateFiles {
  const { dataDir, migrations = {}, check = {}, nowMs = Date.now, write } = options;
  const file = (key: StateFileName, name: string): StateFile<unknown> => {
    const inner = createStateFile({
      path: join(dataDir, `${name}.json`),
      migrations: migrations[key] ?? {},
      check: check[key] ?? (() => null),
      nowMs,
      ...(write === undefined ? {} : { write }),
    });
    return {
      load: inner.load,
      save: (value) => inner.save(value, () => mkdir(dataDir, { recursive: true, mode: 0o700 })),
    };
  };
  return {
    dataDir,
    servers: file('servers', 'servers'),
    settings: file('settings', 'settings'),
    hostKeys: file('hostKeys', 'host-keys'),
    hosts: file('hosts', 'hosts'),
  };
}
