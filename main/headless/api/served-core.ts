/** The core as the hosts serve it: it may still be starting, and it may be on its way out. */
import type { Core } from '../../core/core.ts';
import { failed, failure, type Reply } from '../../shared/failure.ts';
import type { Hello, HostKind } from './hello.ts';

export interface ServedCore {
  /** Settles once the core has started; rejects when it could not. */
  readonly ready: Promise<Core>;
  readonly version: string;
  readonly kind: HostKind;
  isStopping(): boolean;
}

/** Waits for the core to start; one that could not is on its way out. */
export async function helloOf(served: ServedCore): Promise<Hello> {
  const core = await served.ready.catch(() => null);
  return {
    app: 'mooring',
    coreId: core?.snapshot().coreId ?? '',
    pid: process.pid,
    version: served.version,
    host: served.kind,
    stopping: core === null || served.isStopping(),
  };
}

/** Calls the core; what goes wrong on the way becomes a failed reply. */
export async function callCore(served: ServedCore, name: string, args: unknown): Promise<Reply<unknown>> {
  if (served.isStopping())
    return failed(failure('cancelled', 'Mooring is stopping.', { hint: 'Try again in a moment.' }));
  try {
    return await (await served.ready).call(name, args);
  } catch (error) {
    const detail = error instanceof Error ? error.name : typeof error;
    return failed(failure('bug', 'Something went wrong inside Mooring.', { hint: 'Try once more.', detail }));
  }
}
