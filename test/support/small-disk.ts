/** A real disk of a few kilobytes (tmpfs), to be filled. Needs Linux and root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with a folder on the disk. Answers why it could not, or null when it did. */
export async function withSmallDisk(
  sizeKb: number,
  work: (diskDir: string, setReadOnly: () => void) => Promise<void>,
): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux to mount a small disk';
  const outer = mkdtempSync(join(tmpdir(), 'mooring-disk-'));
  const diskDir = join(outer, 'disk');
  mkdirSync(diskDir);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(sizeKb)}k,mode=700`, 'tmpfs', diskDir], {
      stdio: 'ignore',
    });
  } catch {
    rmSync(outer, { recursive: true });
    return 'this machine does not allow mounting a small disk';
  }
  try {
    await work(diskDir, () => execFileSync('mount', ['-o', 'remount,ro', diskDir], { stdio: 'ignore' }));
    return null;
  } finally {
    execFileSync('umount', [diskDir]);
    rmSync(outer, { recursive: true });
  }
}
