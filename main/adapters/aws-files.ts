/** The two files in which AWS's tools keep profiles, wherever the environment says that they are. */
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AwsFile, AwsFiles } from '../core/ports.ts';
import { done, failed, failure, type Reply } from '../shared/failure.ts';
import { linkTarget, writeFileAtomically } from './atomic-write.ts';
import { expandHome } from './expand-home.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

/** Nobody has written more than that by hand. */
const largestBytes = 4_000_000;
/** They hold keys, and what is in them of others is kept from others as well. */
const mode = 0o600;
const writeAttempts = 3;

const variables = { config: 'AWS_CONFIG_FILE', credentials: 'AWS_SHARED_CREDENTIALS_FILE' } as const;

export interface AwsFilesOptions {
  readonly homeDir: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Bytes go through as Latin-1, so that every one of them comes out as it was. */
export function createAwsFiles({ homeDir, env = process.env }: AwsFilesOptions): AwsFiles {
  const pathOf = (file: AwsFile): string => {
    const told = env[variables[file]];
    return told === undefined || told === '' ? join(homeDir, '.aws', file) : expandHome(told, homeDir);
  };
  const shown = (file: AwsFile): string => {
    const path = pathOf(file);
    return path.startsWith(join(homeDir, '/')) ? `~${path.slice(homeDir.replace(/[/\\]$/, '').length)}` : path;
  };
  const trouble = (file: AwsFile, error: unknown) =>
    failure('storage-failed', `${shown(file)} could not be changed: ${fileReason(error)}.`, {
      hint: 'It is as it was.',
      detail: errorText(error),
    });
  return {
    path: shown,

    async read(file) {
      try {
        return done((await readOrNull(await linkTarget(pathOf(file))))?.text ?? '');
      } catch (error) {
        return failed(trouble(file, error));
      }
    },

    async change(file, edit) {
      try {
        const path = await linkTarget(pathOf(file));
        for (let attempt = 1; attempt <= writeAttempts; attempt += 1) {
          const changed = await changeOnce(path, path !== pathOf(file), edit);
          if (changed !== 'changed-meanwhile') return changed;
        }
        return failed(
          failure('storage-failed', `${shown(file)} could not be changed: it kept changing.`, { hint: 'Try again.' }),
        );
      } catch (error) {
        return failed(trouble(file, error));
      }
    },
  };
}

interface Read {
  readonly text: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
}

async function readOrNull(path: string): Promise<Read | null> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error('it is not a plain file');
    if (found.size > largestBytes) throw new Error('it is larger than 4 MB');
    const { uid, gid, mtimeMs } = found;
    return { text: await readFile(path, 'latin1'), uid, gid, mtimeMs };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function changeOnce(
  path: string,
  isLink: boolean,
  edit: Parameters<AwsFiles['change']>[1],
): Promise<Reply<null> | 'changed-meanwhile'> {
  const before = await readOrNull(path);
  const wanted = edit(before?.text ?? '');
  if (!wanted.ok) return wanted;
  const { text, keepsCopy } = wanted.value;
  if (text === (before?.text ?? '')) return done(null);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (before !== null && before.text !== '' && keepsCopy) {
    await writeFileAtomically(`${path}.before-mooring`, Buffer.from(before.text, 'latin1'), mode, before);
  }
  const now = await readOrNull(path);
  if (now?.text !== before?.text) return 'changed-meanwhile';
  // A link whose end is gone would be somebody's riddle.
  if (text === '' && !isLink) await rm(path, { force: true });
  else await writeFileAtomically(path, Buffer.from(text, 'latin1'), mode, before);
  return done(null);
}
