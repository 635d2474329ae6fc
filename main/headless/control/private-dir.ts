/** Folders that only this user can enter. */
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { errorCode } from '../../adapters/system-errors.ts';
import { failed, failure, done, type Reply } from '../../shared/failure.ts';

/**
 * Makes the folder with mode 700, or checks that the one there is ours and closed to others. A folder of ours that is
 * open to others is closed; one of somebody else, or a link, is refused with `not-allowed`.
 */
export async function ensurePrivateDir(dir: string, uid: number | undefined): Promise<Reply<null>> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (uid === undefined) return done(null);
    const found = await lstat(dir);
    if (!found.isDirectory()) return failed(refusal(dir, 'is not a folder'));
    if (found.uid !== uid) return failed(refusal(dir, 'belongs to another user'));
    if ((found.mode & 0o077) !== 0) await chmod(dir, 0o700);
    return done(null);
  } catch (error) {
    const detail = errorCode(error, 'unknown');
    return failed(
      failure('storage-failed', `The folder ${dir} can't be used.`, {
        hint: 'Check that it exists and belongs to you, or set MOORING_HOME to another folder.',
        detail,
      }),
    );
  }
}

function refusal(dir: string, why: string) {
  return failure('not-allowed', `${dir} ${why}, so Mooring does not use it.`, {
    hint: 'Remove it, or set MOORING_HOME to a folder of your own.',
  });
}
