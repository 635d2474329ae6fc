/** Programs of this machine: which are there, and how one that was started here ends. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((dir) => isProgram(join(dir, program)));

/** Pairs of a program and its Debian package. Null when all are there; otherwise what to install, in one line. */
export function packagesMissing(needed: readonly (readonly [program: string, debian: string])[]): string | null {
  const missing = needed.filter(([program]) => !onPath(program)).map(([, debian]) => debian);
  return missing.length === 0 ? null : `needs the Debian packages ${[...new Set(missing)].join(', ')}`;
}

/** At once, also one that is frozen; resolves when it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
