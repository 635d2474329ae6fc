/**
 * One core per data folder. The listening control socket is the lock: it dies with its process, so nothing has to be
 * tidied up after a crash. A short-lived guard keeps two starters from both taking a dead socket's place.
 */
import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { knock } from './control-client.ts';
import { listenOnControlSocket, type ControlSocket } from './control-socket.ts';
import type { Hello } from './hello.ts';
import { isPipe, type Paths } from './paths.ts';
import { ensurePrivateDir } from './private-dir.ts';
import type { ServedCore } from './served-core.ts';

export type Claim =
  { readonly kind: 'ours'; readonly socket: ControlSocket } | { readonly kind: 'running'; readonly hello: Hello };

const guardStaleMs = 5_000;
/** Longest path a socket can have: 104 bytes on macOS, 108 on Linux, one of them the end mark. */
const socketPathBytes = 103;

/** Becomes the core of this data folder, or finds the one that runs. Waits for one that is on its way out. */
export async function claimCore(paths: Paths, served: ServedCore): Promise<Reply<Claim>> {
  const dir = await ensurePrivateDir(paths.runDir, process.getuid?.());
  if (!dir.ok) return dir;
  if (isPipe(paths.controlPath)) return takeOrFind(paths.controlPath, served);
  if (Buffer.byteLength(paths.controlPath) > socketPathBytes) {
    return failed(
      failure('storage-failed', 'The path of Mooring’s control socket is too long for this system.', {
        hint: 'Set MOORING_HOME to a folder with a shorter path.',
        detail: paths.controlPath,
      }),
    );
  }
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(paths.runDir, {
      lockfilePath: join(paths.runDir, 'start.lock'),
      realpath: false,
      stale: guardStaleMs,
      retries: { retries: 200, minTimeout: 20, maxTimeout: 150, randomize: true },
      // Only a sleep in the middle gets here; the check in `takeOrFind` still holds then.
      onCompromised: () => undefined,
    });
  } catch (error) {
    return failed(cannotStart(error));
  }
  try {
    return await takeOrFind(paths.controlPath, served);
  } finally {
    await release().catch(() => undefined);
  }
}

async function takeOrFind(controlPath: string, served: ServedCore): Promise<Reply<Claim>> {
  const leaving = performance.now() + 15_000;
  for (;;) {
    const found = await knock(controlPath);
    if (found.kind === 'stranger') return failed(found.failure);
    if (found.kind === 'running' && !found.hello.stopping) return done({ kind: 'running', hello: found.hello });
    if (found.kind === 'nobody') break;
    if (performance.now() > leaving) {
      return failed(failure('timed-out', 'Another Mooring is stopping, but takes too long.', { hint: 'Try again.' }));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  try {
    if (!isPipe(controlPath)) await removeDeadSocket(controlPath);
    return done({ kind: 'ours', socket: await listenOnControlSocket(controlPath, served) });
  } catch (error) {
    return failed(cannotStart(error));
  }
}

async function removeDeadSocket(controlPath: string): Promise<void> {
  const found = await lstat(controlPath).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw Object.assign(new Error('Not a socket'), { code: 'EEXIST' });
  await unlink(controlPath);
}

function cannotStart(error: unknown): Failure {
  const detail = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return failure('storage-failed', 'Mooring can’t open its control socket.', {
    hint: 'Check that the data folder can be written to, and that no other program uses it.',
    detail,
  });
}
