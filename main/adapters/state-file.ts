/** One saved file: loaded with care, replaced in one step, with a backup, never overwritten while something is wrong. */
import type { StateFile } from '../core/ports.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { linkTarget, removeTemps, writeFileAtomically } from './atomic-write.ts';
import { readStateFile, setAside, type Found } from './state-file-read.ts';
import { errorText, fileReason } from './system-errors.ts';

/** From schema version (the key) to the next. Version = number of migrations + 1. They get a value of any shape. */
export type Migrations = Readonly<Record<number, (value: unknown) => unknown>>;

export interface StateFileOptions {
  readonly path: string;
  readonly migrations: Migrations;
  readonly check: (value: unknown) => string | null;
  readonly nowMs: () => number;
  /** For tests. */
  readonly write?: typeof writeFileAtomically;
}

export interface SavedFile {
  load(): ReturnType<StateFile<unknown>['load']>;
  save(value: unknown, makeDir: () => Promise<unknown>): Promise<Reply<null>>;
}

interface Loaded {
  readonly value: unknown;
  readonly trouble: Failure | null;
}

export function createStateFile(options: StateFileOptions): SavedFile {
  const { path, migrations, check, nowMs, write = writeFileAtomically } = options;
  const schemaVersion = Object.keys(migrations).length + 1;
  const backupPath = `${path}.bak`;
  /** Why nothing may be written; decided at load. */
  let locked: Failure | null = null;
  let loaded = false;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const read = (from: string): Promise<Found> => readStateFile(from, schemaVersion, migrations, check);

  const load = async (): Promise<Loaded> => {
    locked = null;
    loaded = true;
    const target = await linkTarget(path).catch(() => path);
    await removeTemps(target);
    const main = await read(target);
    if (main.kind === 'good') return { value: main.value, trouble: null };
    if (main.kind === 'newer' || main.kind === 'unreadable') return lock(target, main);
    const backup = await read(backupPath);
    if (main.kind === 'missing' && backup.kind === 'missing') return { value: null, trouble: null };
    // Whatever became of the file itself: saving twice would overwrite that backup.
    if (backup.kind === 'newer' || backup.kind === 'unreadable') return lock(backupPath, backup);
    const story: string[] = [];
    if (main.kind === 'missing') story.push(`${path} is gone.`);
    else {
      const aside = await setAside(target, nowMs());
      story.push(`${path} is damaged (${main.reason}).`);
      if (aside === null) return lock(target, { kind: 'unreadable', reason: `${main.reason}, and can’t be renamed` });
      story.push(`It was set aside as ${aside}.`);
    }
    if (backup.kind === 'good') {
      // Put back at once: otherwise the next start would find no file and tell the same story again.
      await write(target, backup.bytes, 0o600).catch(() => undefined);
      story.push(`The last good backup, ${backupPath}, is used instead.`);
      return { value: backup.value, trouble: failure('storage-failed', story.join(' '), { hint: hints.backup }) };
    }
    if (backup.kind === 'damaged') {
      const aside = await setAside(backupPath, nowMs());
      story.push(
        `The backup is damaged too (${backup.reason}); ${aside === null ? 'it stays' : `it is now ${aside}`}.`,
      );
    } else story.push('There is no backup that could be used.');
    return { value: null, trouble: failure('storage-failed', story.join(' '), { hint: hints.startedEmpty }) };
  };

  const lock = (where: string, found: Extract<Found, { kind: 'newer' | 'unreadable' }>): Loaded => {
    locked =
      found.kind === 'newer'
        ? failure(
            'storage-failed',
            `${where} was written by a newer Mooring (its form is number ${String(found.version)}).`,
            {
              hint: 'Nothing was lost and nothing will be written. Update Mooring to use it.',
            },
          )
        : failure('storage-failed', `${where} can’t be read: ${found.reason}.`, {
            hint: 'Nothing was lost and nothing will be written. Put that right and start Mooring again.',
          });
    return { value: null, trouble: locked };
  };

  /** The current file becomes the backup, unless it is worth less than the one there is. */
  const backUp = async (target: string, text: string): Promise<'backed-up' | 'unchanged' | Failure> => {
    const now = await read(target);
    switch (now.kind) {
      case 'missing':
        return 'backed-up';
      case 'good':
        if (now.bytes.toString('utf8') === text) return 'unchanged';
        await write(await linkTarget(backupPath), now.bytes, 0o600);
        return 'backed-up';
      case 'newer':
      case 'unreadable':
        lock(target, now);
        return locked ?? writeTrouble(path, new Error(now.kind));
      case 'damaged':
        // Someone changed it while we ran.
        return (await setAside(target, nowMs())) === null ? writeTrouble(path, new Error(now.reason)) : 'backed-up';
      default:
        return now satisfies never;
    }
  };

  const save = async (value: unknown, makeDir: () => Promise<unknown>): Promise<Reply<null>> => {
    if (!loaded) await load();
    if (locked !== null) return failed(locked);
    const text = `${JSON.stringify({ schemaVersion, value: value ?? null }, undefined, 2)}\n`;
    try {
      await makeDir();
      const target = await linkTarget(path);
      const backedUp = await backUp(target, text);
      if (backedUp === 'unchanged') return done(null);
      if (backedUp !== 'backed-up') return failed(backedUp);
      await write(target, Buffer.from(text), 0o600);
      return done(null);
    } catch (error) {
      return failed(writeTrouble(path, error));
    }
  };

  return { load: () => inTurn(load), save: (value, makeDir) => inTurn(() => save(value, makeDir)) };
}

const hints = {
  backup: 'Look over your servers and settings: the last change before the damage may be missing.',
  startedEmpty: 'Mooring started without it. The old file is kept; mend it and put it back under its name.',
};

function writeTrouble(path: string, error: unknown): Failure {
  return failure('storage-failed', `${path} could not be saved: ${fileReason(error)}.`, {
    hint: 'What was saved before is intact. Put that right and make the change again.',
    detail: errorText(error),
  });
}
