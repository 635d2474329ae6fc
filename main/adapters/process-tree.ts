/** Ends programs together with what they have started. Linux and macOS. */
import { execFile } from 'node:child_process';

/** A process, or with a negative number its group; one that is gone already is no trouble. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

/** SIGKILL to a process, all that descend from it, and their groups. */
export async function killTree(pid: number): Promise<void> {
  const parents = await parentsNow();
  const family = [pid];
  for (let at = 0; at < family.length; at += 1) {
    family.push(...parents.filter(([, parent]) => parent === family[at]).map(([each]) => each));
  }
  for (const each of family) {
    kill(-each, 'SIGKILL');
    kill(each, 'SIGKILL');
  }
}

function parentsNow(): Promise<readonly (readonly [pid: number, parent: number])[]> {
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid='], { timeout: 5_000 }, (_error, stdout) => {
      resolve(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.trim().split(/\s+/).map(Number))
          .map(([each = 0, parent = 0]) => [each, parent] as const)
          .filter(([each]) => each > 1),
      );
    });
  });
}
