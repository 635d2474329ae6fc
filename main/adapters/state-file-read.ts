/** What lies where a state file should be, and putting it aside when it is no good. */
import { lstat, readFile, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export type Found =
  | { readonly kind: 'missing' }
  /** `value` is migrated; `bytes` are as on disk. */
  | { readonly kind: 'good'; readonly value: unknown; readonly bytes: Buffer }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'damaged'; readonly reason: string }
  /** The system does not let us see it: it may be in perfect order. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A thousand servers make about half a megabyte. */
const largestFile = 16_000_000;

/** Reads, and changes nothing on disk. Never rejects. */
export async function readStateFile(
  path: string,
  schemaVersion: number,
  migrations: Readonly<Record<number, (value: unknown) => unknown>>,
  check: (value: unknown) => string | null,
): Promise<Found> {
  let bytes: Buffer;
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { kind: 'damaged', reason: 'a folder is in its place' };
    if (!found.isFile()) return { kind: 'damaged', reason: 'it is not a plain file' };
    if (found.size > largestFile) return { kind: 'damaged', reason: 'it is too large' };
    bytes = await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'missing' };
    return { kind: 'unreadable', reason: fileReason(error) };
  }
  return parseStateFile(bytes, schemaVersion, migrations, check);
}

/** The pure part of {@link readStateFile}. */
export function parseStateFile(
  bytes: Buffer,
  schemaVersion: number,
  migrations: Readonly<Record<number, (value: unknown) => unknown>>,
  check: (value: unknown) => string | null,
): Exclude<Found, { kind: 'missing' | 'unreadable' }> {
  if (bytes.length === 0) return { kind: 'damaged', reason: 'it is empty' };
  let envelope: unknown;
  try {
    // `fatal`: replaced characters would be saved back as such.
    envelope = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { kind: 'damaged', reason: 'it is not JSON' };
  }
  if (typeof envelope !== 'object' || envelope === null || !('schemaVersion' in envelope)) {
    return { kind: 'damaged', reason: 'it is not in Mooring’s form' };
  }
  const { schemaVersion: version } = envelope;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    return { kind: 'damaged', reason: 'it is not in Mooring’s form' };
  }
  // Before looking further: a newer form may be anything.
  if (version > schemaVersion) return { kind: 'newer', version };
  if (!('value' in envelope)) return { kind: 'damaged', reason: 'it holds no value' };
  let value: unknown = envelope.value;
  try {
    for (let from = version; from < schemaVersion; from += 1) value = migrations[from]?.(value);
  } catch (error) {
    return { kind: 'damaged', reason: `it could not be brought up to date: ${errorText(error)}` };
  }
  const wrong = check(value);
  return wrong === null ? { kind: 'good', value, bytes } : { kind: 'damaged', reason: wrong };
}

/** Renames `servers.json` to `servers.damaged-<time>.json` beside it; the new path, or null when that is not possible. */
export async function setAside(path: string, nowMs: number): Promise<string | null> {
  // Colons are not allowed in file names on Windows.
  const time = new Date(nowMs).toISOString().replaceAll(':', '-');
  const [, name = '', ending = ''] = /^(.*?)(\.json(?:\.bak)?)?$/.exec(basename(path)) ?? [];
  for (let count = 1; count < 1_000; count += 1) {
    const suffix = count === 1 ? '' : `-${String(count)}`;
    const aside = join(dirname(path), `${name}.damaged-${time}${suffix}${ending}`);
    if (await exists(aside)) continue;
    try {
      await rename(path, aside);
      return aside;
    } catch {
      return null;
    }
  }
  return null;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
