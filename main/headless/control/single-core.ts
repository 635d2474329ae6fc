/**
 * One core per data folder. The listening control socket is the lock: it dies with its process, so nothing has to be
 * tidied up after a crash. A short-lived guard keeps two starters from both taking a dead socket's place. Its file may be
 * removed under a living core, though: the owner file still tells of that one, and it makes its socket anew.
 */
import { link, lstat, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { errorCode } from '../../adapters/system-errors.ts';
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import { knock } from './control-client.ts';
import { listenOnControlSocket, type ControlSocket } from './control-socket.ts';
import type { Hello } from '../api/hello.ts';
import { beatMs, livingOwner, takeOwnership } from './owner-file.ts';
import { isPipe, type Paths } from '../paths.ts';
import { ensurePrivateDir } from './private-dir.ts';
import type { ServedCore } from '../api/served-core.ts';

export type Claim =
  | { readonly kind: 'ours'; readonly socket: Omit<ControlSocket, 'mend'> }
  | { readonly kind: 'running'; readonly hello: Hello };

const guardStaleMs = 5_000;
/** For a process that was killed this moment to be gone, and for one without a socket to make another. */
const ownerPatienceMs = 1_000;
/** Longest path a socket can have: 104 bytes on macOS, 108 on Linux, one of them the end mark. */
const socketPathBytes = 103;

/** Becomes the core of this data folder, or finds the one that runs. Waits for one that is on its way out. */
export async function claimCore(paths: Paths, served: ServedCore): Promise<Reply<Claim>> {
  const dir = await ensurePrivateDir(paths.runDir, process.getuid?.());
  if (!dir.ok) return dir;
  if (isPipe(paths.controlPath)) return takeOrFind(paths, served);
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
    return await takeOrFind(paths, served);
  } finally {
    await release().catch(() => undefined);
  }
}

async function takeOrFind(paths: Paths, served: ServedCore): Promise<Reply<Claim>> {
  const { controlPath } = paths;
  const startedMs = performance.now();
  for (;;) {
    const before = await identityOf(controlPath);
    const found = await knock(controlPath);
    if (found.kind === 'stranger') return failed(found.failure);
    if (found.kind === 'running' && !found.hello.stopping) return done({ kind: 'running', hello: found.hello });
    const waitedMs = performance.now() - startedMs;
    if (found.kind === 'nobody') {
      const pid = await livingOwner(paths.dataDir);
      if (pid === null) {
        const taken = await take(paths, served, before);
        if (taken !== 'another-came') return taken;
        continue;
      }
      if (waitedMs > ownerPatienceMs) return failed(socketGone(pid));
    } else if (waitedMs > 15_000) {
      return failed(failure('timed-out', 'Another Mooring is stopping, but takes too long.', { hint: 'Try again.' }));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Listens in the place of a dead socket. The guard may be broken by two at once: the socket's file decides then. */
async function take(paths: Paths, served: ServedCore, before: string | null): Promise<Reply<Claim> | 'another-came'> {
  const { controlPath } = paths;
  try {
    if (!isPipe(controlPath) && !(await removeDeadSocket(controlPath, before))) return 'another-came';
    const socket = await listenOnControlSocket(controlPath, served);
    return done({ kind: 'ours', socket: await keep(paths, socket) });
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await identityOf(controlPath)) !== null) return 'another-came';
    return failed(cannotStart(error));
  }
}

/** Signs as the owner, and looks after the socket's file until it is closed. */
async function keep(paths: Paths, socket: ControlSocket): Promise<Omit<ControlSocket, 'mend'>> {
  const owner = await takeOwnership(paths.dataDir);
  const beat = setInterval(() => void tend(), beatMs);
  beat.unref();
  const tend = async () => {
    await owner.beat();
    // The whole folder may be gone.
    if ((await ensurePrivateDir(paths.runDir, process.getuid?.())).ok) await socket.mend();
  };
  return {
    endStreams: socket.endStreams,
    async close() {
      clearInterval(beat);
      // First: while the socket is there, the next core waits.
      await owner.release();
      await socket.close();
    },
  };
}

function socketGone(pid: number): Failure {
  return failure(
    'conflict',
    `Mooring already runs (process ${String(pid)}) but its control socket is gone. Wait half a minute, or end it, then start again.`,
  );
}

/** Of a socket; null when there is none. */
async function identityOf(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  return found?.isSocket() ? `${String(found.dev)} ${String(found.ino)}` : null;
}

/** False when another core's has taken the place of the one that was found dead. */
async function removeDeadSocket(controlPath: string, dead: string | null): Promise<boolean> {
  const found = await lstat(controlPath).catch(() => null);
  if (found === null) return true;
  if (!found.isSocket()) throw Object.assign(new Error('Not a socket'), { code: 'ENOTSOCK' });
  // Looked at once more where nobody else can reach it.
  const asidePath = `${controlPath}.${String(process.pid)}`;
  await rename(controlPath, asidePath);
  const isDead = (await identityOf(asidePath)) === dead;
  if (!isDead) await link(asidePath, controlPath).catch(() => undefined);
  await unlink(asidePath);
  return isDead;
}

function cannotStart(error: unknown): Failure {
  const detail = errorCode(error, 'unknown');
  return failure('storage-failed', 'Mooring can’t open its control socket.', {
    hint: 'Check that the data folder can be written to, and that no other program uses it.',
    detail,
  });
}
