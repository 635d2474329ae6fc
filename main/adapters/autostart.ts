/** Start at login on Linux: our file in the user's autostart folder, by the Desktop Application Autostart Specification. */
import { access, constants, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import type { LoginItem } from '../core/desktop/desktop-ports.ts';
import type { LoginItemView } from '../shared/desktop.ts';
import { failure } from '../shared/failure.ts';
import { linkTarget, writeFileAtomically } from './atomic-write.ts';
import {
  dataHomeIn,
  hiddenFlag,
  newEntry,
  programIn,
  readEntry,
  switchedOn,
  tryExecIn,
  withDataHome,
  withProgram,
  type Program,
} from './autostart-entry.ts';
import { dataPaths } from './data-paths.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface AutostartOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly program: Program;
  /** A name of the icon theme or a path that stays. */
  readonly icon: string;
}

const fileName = 'io.github.mooring.Mooring.desktop';

export function createAutostart(options: AutostartOptions): LoginItem {
  const { program, icon } = options;
  const path = autostartPath(options.env, options.homeDir);
  const desktops = (options.env['XDG_CURRENT_DESKTOP'] ?? '').split(':');
  const home = options.env['MOORING_HOME'] ?? '';
  const command = (hidden: boolean) => withDataHome(home, [...program.argv, ...(hidden ? [hiddenFlag] : [])]);
  const dataDir = (dataHome: string) =>
    dataPaths({ ...options.env, MOORING_HOME: dataHome }, 'linux', options.homeDir, 0).dataDir;

  const viewOf = async (text: string | null): Promise<LoginItemView> => {
    const state = text === null ? ({ kind: 'empty' } as const) : readEntry(text, desktops);
    if (text === null || state.kind === 'empty') return { kind: 'off' };
    if (state.kind === 'blocked') return { kind: 'blocked', failure: blocked(state.why, path) };
    const needed = tryExecIn(text);
    if (needed !== null && !(await isProgram(needed, options.env['PATH'] ?? ''))) {
      return {
        kind: 'blocked',
        failure: blocked(`its entry wants a program that is not there (TryExec=${needed})`, path),
      };
    }
    const other = dataHomeIn(text);
    if (other !== null && dataDir(other) !== dataDir(home)) {
      return { kind: 'blocked', failure: otherData(dataDir(other), path) };
    }
    return state;
  };

  const guarded = async (doing: string, work: () => Promise<LoginItemView>): Promise<LoginItemView> => {
    try {
      return await work();
    } catch (error) {
      return { kind: 'failed', failure: troubled(doing, path, error) };
    }
  };

  return {
    read: () => guarded('be read', async () => viewOf(await readText(path))),

    set: (wish) =>
      guarded(wish.on ? 'be written' : 'be removed', async () => {
        if (!wish.on) {
          await rm(path, { force: true });
          return { kind: 'off' };
        }
        const argv = command(wish.hidden);
        const old = await readText(path);
        await writeText(path, old === null ? newEntry(argv, icon) : switchedOn(old, argv, icon));
        return viewOf(await readText(path));
      }),

    refresh: (hidden) =>
      guarded('be brought up to date', async () => {
        const old = await readText(path);
        const view = await viewOf(old);
        if (old === null || view.kind !== 'on') return view;
        const next = withProgram(old, command(hidden));
        if (next === null || !(await mayTakeOver(program, old))) return view;
        await writeText(path, next);
        return viewOf(await readText(path));
      }),
  };
}

/** A relative `$XDG_CONFIG_HOME` is ignored, as the XDG base directory specification asks. */
export function autostartPath(env: Readonly<Record<string, string | undefined>>, homeDir: string): string {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  return posix.join(posix.isAbsolute(config) ? config : posix.join(homeDir, '.config'), 'autostart', fileName);
}

/** A run from a checkout leaves the entry of an installed app alone for as long as that app is there. */
async function mayTakeOver(program: Program, entry: string): Promise<boolean> {
  const old = programIn(entry);
  if (program.installed || old === null || old === program.argv[0]) return true;
  return access(old).then(
    () => false,
    () => true,
  );
}

/** As desktops look for `TryExec`: a path, or a name in `$PATH`. */
async function isProgram(name: string, searchPath: string): Promise<boolean> {
  const paths = name.includes('/') ? [name] : searchPath.split(':').map((dir) => posix.join(dir, name));
  for (const each of paths.filter((path) => posix.isAbsolute(path))) {
    const found = await access(each, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** Null: there is none, or what is there (a link to /dev/null, a pipe, a folder) is no file. */
async function readText(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isFile() ? await readFile(path, 'utf8') : null;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function writeText(path: string, text: string): Promise<void> {
  // The mode that the XDG base directory specification wants of folders made on the way.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const target = await linkTarget(path);
  // A link to a file is followed, so that kept dotfiles stay kept. One to /dev/null or the like is replaced itself.
  const special = await stat(target).then(
    (found) => !found.isFile(),
    () => false,
  );
  await writeFileAtomically(special ? path : target, Buffer.from(text), 0o644);
}

function blocked(why: string, path: string) {
  return failure('not-allowed', `Start at login was switched off outside Mooring: ${why}.`, {
    hint: 'Switch it on here again, or in your desktop’s own list of startup applications.',
    detail: path,
  });
}

function otherData(dataDir: string, path: string) {
  return failure('not-allowed', `At login Mooring starts with other data than this: with those in ${dataDir}.`, {
    hint: 'Switch it on here to have it start with these instead.',
    detail: path,
  });
}

function troubled(doing: string, path: string, error: unknown) {
  return failure('storage-failed', `The file for the start at login could not ${doing}: ${fileReason(error)}.`, {
    hint: `Check ${path} and its folder, then try again.`,
    detail: errorText(error),
  });
}
