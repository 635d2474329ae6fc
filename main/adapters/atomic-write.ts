/** Replacing a file in one step: readers see the old bytes or the new ones, never half of either. */
import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './system-errors.ts';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Writes a temp file beside `path`, syncs it and renames it over `path`. Rejects with the system's error, and then the
 * old file is as it was and no temp file is left. `path` must not be a symbolic link (see {@link linkTarget}). `owner` is
 * kept where the system allows it.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  mode: number,
  owner: FileOwner | null = null,
): Promise<void> {
  const tempPath = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(tempPath, 'wx', mode);
  try {
    try {
      // Unlike a bare write(), writeFile goes on until every byte is written or the system refuses.
      await file.writeFile(bytes);
      if (owner !== null) await file.chown(owner.uid, owner.gid).catch(() => undefined);
      // The mode given to open() is cut by the umask.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameOver(tempPath, path);
  } catch (error) {
    await rm(tempPath, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDir(dirname(path));
}

/**
 * rename(2). Windows refuses while someone, often a virus scanner, has the target open for a moment: there it is tried
 * for half a second (never ran on Windows here).
 */
async function renameOver(from: string, to: string): Promise<void> {
  for (let triesLeft = process.platform === 'win32' ? 10 : 0; ; triesLeft -= 1) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (triesLeft <= 0 || !['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error))) throw error;
      await sleep(50);
    }
  }
}

/** Removes temp files for `path` that a killed process left. Only where nobody else may be writing it. Never rejects. */
export async function removeTemps(path: string): Promise<void> {
  const prefix = `.${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const temps = names.filter(
    (each) => each.startsWith(prefix) && /^[0-9a-f]{12}\.tmp$/.test(each.slice(prefix.length)),
  );
  for (const each of temps) await rm(join(dirname(path), each), { force: true }).catch(() => undefined);
}

/** Makes a rename survive a power cut. Windows can't open folders and some network disks can't sync them: no matter. */
async function syncDir(dir: string): Promise<void> {
  try {
    const opened = await open(dir, 'r');
    try {
      await opened.sync();
    } finally {
      await opened.close();
    }
  } catch {
    // The new file is in place all the same.
  }
}

/** Where `path` really lies, links followed, also when the last link points to nothing yet. */
export async function linkTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    const isLink = await lstat(path).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    return isLink ? resolve(dirname(path), await readlink(path)) : path;
  }
}
