/** Programs for servers that a person has put on this machine. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { HandedPrograms } from '../core/setup/plan/component.ts';

/** By path, size and time of change: a plan is made with every change of a form, and these are large. */
const hashes = new Map<string, Promise<string>>();

/** A file that can't be read counts as none: the server then fetches the program itself, or says that it can't. */
export async function handedPrograms(env: Readonly<Record<string, string | undefined>>): Promise<HandedPrograms> {
  const path = env['MOORING_VERSITYGW'];
  if (path === undefined || path === '') return { versitygw: null };
  try {
    const { size, mtimeMs } = await stat(path);
    const key = `${path}\0${String(size)}\0${String(mtimeMs)}`;
    const known = hashes.get(key) ?? sha256Of(path);
    hashes.set(key, known);
    known.catch(() => hashes.delete(key));
    return { versitygw: { path, sha256: await known } };
  } catch {
    return { versitygw: null };
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
