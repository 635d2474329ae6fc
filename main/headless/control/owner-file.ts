/**
 * Which process has this data folder, for when its control socket can't tell: cleaners of temp folders remove sockets of
 * living programs. It lies in the data folder, not beside the socket, so that no cleaner takes both. It names a process
 * and not just a number, so what a crash leaves stands in nobody's way.
 */
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

interface Owner {
  readonly pid: number;
  /** Differs between two processes that had the same number; null where the system does not tell. */
  readonly life: string | null;
}

export interface OwnerFile {
  /** Says that the owner lives, for systems that do not tell; call it every {@link beatMs}. */
  beat(): Promise<void>;
  release(): Promise<void>;
}

export const beatMs = 30_000;
/** Without `life` an owner counts for this long after its last beat: a few missed ones, no more. */
const trustMs = 4 * beatMs;

const pathIn = (dataDir: string) => join(dataDir, 'owner.json');

/** The living process that has the folder; null when there is none. */
export async function livingOwner(dataDir: string): Promise<number | null> {
  const owner = await readOwner(dataDir);
  if (owner === null) return null;
  if (owner.life !== null) return (await lifeOf(owner.pid)) === owner.life ? owner.pid : null;
  const beatenMs = (await stat(pathIn(dataDir)).catch(() => null))?.mtimeMs ?? 0;
  return isAlive(owner.pid) && Math.abs(Date.now() - beatenMs) < trustMs ? owner.pid : null;
}

/** Makes this process the owner. The caller has made sure that there is no other. */
export async function takeOwnership(dataDir: string): Promise<OwnerFile> {
  const path = pathIn(dataDir);
  const owner: Owner = { pid: process.pid, life: await lifeOf(process.pid) };
  // On a full disk Mooring still starts, without this second guard.
  await writeFile(path, JSON.stringify(owner), { mode: 0o600 }).catch(() => undefined);
  return {
    async beat() {
      if (owner.life === null) await utimes(path, new Date(), new Date()).catch(() => undefined);
    },
    async release() {
      const now = await readOwner(dataDir);
      if (now?.pid === owner.pid && now.life === owner.life) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

async function readOwner(dataDir: string): Promise<Owner | null> {
  try {
    const { pid, life } = JSON.parse(await readFile(pathIn(dataDir), 'utf8')) as Partial<Record<keyof Owner, unknown>>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
    return { pid, life: typeof life === 'string' ? life : null };
  } catch {
    return null;
  }
}

/** Linux: the boot and the moment in it when the process started. Null elsewhere, and for the dead. */
async function lifeOf(pid: number): Promise<string | null> {
  try {
    const [status, boot] = await Promise.all([
      readFile(`/proc/${String(pid)}/stat`, 'latin1'),
      readFile('/proc/sys/kernel/random/boot_id', 'latin1'),
    ]);
    // The 2nd field is the program's name in parentheses and may contain anything; proc_pid_stat(5) counts on from it.
    const [state, ...fields] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[18];
    // A zombie is only a number that nobody has asked for yet, for ever in containers without an init.
    return state === 'Z' || state === 'X' || startTime === undefined ? null : `${boot.trim()} ${startTime}`;
  } catch {
    return null;
  }
}

/** A number that another user's process has by now (EPERM) is not ours. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
