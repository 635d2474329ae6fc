/** Files of this machine that a server is to get, as one gzipped tar. */
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { create, type Pack, type WriteEntry } from 'tar';
import type { Uploads } from '../core/ports.ts';
import { done, failed, failure, type Failure, type FailureCode, type Reply } from '../shared/failure.ts';
import { expandHome } from './expand-home.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface UploadsOptions {
  readonly homeDir: string;
  /** Packed; 100 MB. */
  readonly largestPackedBytes?: number;
  /** Before packing; 1 GB. What packs well is unpacked again on a server’s disk. */
  readonly largestBytes?: number;
}

/**
 * A folder goes as it is, with hidden files, `.git`, `node_modules` and all: what a script of somebody else's needs can't
 * be known here. Links stay links, and what they lead to outside the folder does not come along; of permissions it keeps
 * who may execute (but for Windows, which does not know). Owners and what is no file, folder or link are left out.
 */
export function createUploads(options: UploadsOptions): Uploads {
  const { homeDir, largestPackedBytes = 100_000_000, largestBytes = 1_000_000_000 } = options;
  return {
    pack: async (path) => {
      try {
        const real = await realpath(expandHome(path, homeDir));
        const found = await stat(real);
        const isFolder = found.isDirectory();
        if (!isFolder && !found.isFile())
          return failed(refusal('not-allowed', `${path} is no file or folder`, anyOther));
        const bytes = isFolder ? await sizeOf(real, largestBytes) : found.size;
        if (bytes > largestBytes) return failed(tooLarge(path, `more than ${inMb(largestBytes)}`));
        const packed = await pack(real, isFolder ? null : basename(path), largestPackedBytes);
        if (packed === null) return failed(tooLarge(path, `more than ${inMb(largestPackedBytes)} even when packed`));
        return done({ base64: packed.toString('base64'), isFolder });
      } catch (error) {
        return notRead(error, path);
      }
    },
  };
}

/** Null: more than `largestBytes`. `fileName`: what a file is called in it; null for a folder, whose content it gets. */
async function pack(real: string, fileName: string | null, largestBytes: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const isFull = () => bytes > largestBytes;
  const stream: Pack = create(
    {
      gzip: true,
      portable: true,
      cwd: fileName === null ? real : dirname(real),
      // A pipe or socket would leave a damaged archive behind.
      filter: (_path, entry) =>
        !isFull() && 'isFile' in entry && (entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()),
      onWriteEntry: (entry: WriteEntry) => {
        if (fileName !== null) entry.path = fileName;
      },
    },
    // Never a bare name: one that begins with @ would be read as another archive.
    [fileName === null ? '.' : `./${basename(real)}`],
  );
  // When full it is read to the end of the files in hand all the same: otherwise they would stay open.
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (part: Buffer) => {
      bytes += part.length;
      if (isFull()) parts.length = 0;
      else parts.push(part);
    });
    stream.on('end', resolve);
    stream.on('error', reject);
  });
  return isFull() ? null : Buffer.concat(parts);
}

/** Of all files in a folder; stops counting above `enough`. Links are not followed. */
async function sizeOf(folder: string, enough: number): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && bytes <= enough; next = folders.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) bytes += (await lstat(path)).size;
    }
  }
  return bytes;
}

const anyOther = 'Choose a script or a folder with scripts.';
const inMb = (bytes: number): string => `${String(Math.round(bytes / 100_000) / 10)} MB`;

const refusal = (code: FailureCode, message: string, hint: string, detail?: string): Failure =>
  failure(code, `${message}.`, detail === undefined ? { hint } : { hint, detail });

const tooLarge = (path: string, size: string): Failure =>
  refusal(
    'too-large',
    `${path} is too large to be sent: ${size}`,
    'Keep data, environments and build results out of the folder, and let the script fetch what it needs.',
  );

function notRead(error: unknown, path: string): Reply<never> {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failed(refusal('not-found', `There is no ${path} on this machine`, 'Check the path.'));
    case 'EACCES':
    case 'EPERM':
      return failed(
        refusal(
          'not-allowed',
          `${path} may not be read`,
          'Make everything in it readable for you, or move that out of it.',
          errorText(error),
        ),
      );
    default:
      return failed(
        refusal(
          'storage-failed',
          `${path} could not be read: ${fileReason(error)}`,
          'If its files are being changed just now, wait for the end of that.',
          errorText(error),
        ),
      );
  }
}
