/** Programs for servers that a person has put on this machine. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { HandedPrograms } from '../core/setup/plan/component.ts';

/** A file that can't be read counts as none: the server then fetches the program itself, or says that it can't. */
export async function handedPrograms(env: Readonly<Record<string, string | undefined>>): Promise<HandedPrograms> {
  const path = env['MOORING_VERSITYGW'];
  if (path === undefined || path === '') return { versitygw: null };
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return { versitygw: { path, sha256: hash.digest('hex') } };
  } catch {
    return { versitygw: null };
  }
}
