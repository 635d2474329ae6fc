/** Where reports of problems go, and what this machine says of itself in them. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, cpus, homedir, hostname, release, totalmem, type, userInfo, version } from 'node:os';
import { join } from 'node:path';
import { done, failed, failure, type Reply } from '../shared/failure.ts';
import type { Reports } from '../core/ports.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

type Fact = readonly [name: string, value: string];

export interface ReportsOptions {
  readonly dataDir: string;
  /** Facts that only the host knows, such as Electron's version. */
  readonly hostFacts: readonly Fact[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly homeDir?: string;
  readonly nowMs?: () => number;
}

export function createReports(options: ReportsOptions): Reports {
  const { dataDir, hostFacts, env = process.env, platform = process.platform, homeDir = homedir() } = options;
  const { nowMs = Date.now } = options;
  return {
    facts: async () => [
      ['System', await systemName(platform)],
      ['Architecture', arch()],
      ['Processors and memory', `${String(cpus().length)}, ${String(Math.round(totalmem() / 2 ** 30))} GiB`],
      ['Node', process.versions.node],
      ['Locale', new Intl.DateTimeFormat().resolvedOptions().locale],
      ...(platform === 'linux' ? desktopFacts(env) : []),
      ['Package', await packageKind(env)],
      ...hostFacts,
    ],
    personal: () => personalTexts(env, homeDir),
    save: (text) => saveReport(join(dataDir, 'reports'), text, new Date(nowMs())),
  };
}

/** `Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64`; elsewhere what the system calls itself. */
async function systemName(platform: NodeJS.Platform): Promise<string> {
  const kernel = `${type()} ${release()}`;
  if (platform !== 'linux') return `${version()}, ${kernel}`;
  const about = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(about)?.[1];
  return name ? `${name}, ${kernel}` : kernel;
}

function desktopFacts(env: Readonly<Record<string, string | undefined>>): readonly Fact[] {
  return [
    ['Desktop', env['XDG_CURRENT_DESKTOP'] || 'none told'],
    ['Session', env['XDG_SESSION_TYPE'] || 'none told'],
  ];
}

/** How it came to this machine. electron-builder writes `package-type` into deb, rpm and pacman packages. */
async function packageKind(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  if (env['APPIMAGE']) return 'AppImage';
  if (env['FLATPAK_ID']) return 'Flatpak';
  if (env['SNAP']) return 'Snap';
  // Electron only.
  const { resourcesPath } = process as { resourcesPath?: string };
  if (resourcesPath === undefined) return 'none, plain Node';
  const kind = await readFile(join(resourcesPath, 'package-type'), 'utf8').catch(() => '');
  return kind.trim() || 'not told';
}

function personalTexts(env: Readonly<Record<string, string | undefined>>, homeDir: string): readonly string[] {
  const machine = [hostname(), env['HOSTNAME'], env['COMPUTERNAME']];
  const texts = [
    homeDir,
    env['HOME'],
    env['USERPROFILE'],
    userName(),
    env['USER'],
    env['LOGNAME'],
    env['USERNAME'],
    env['USERDOMAIN'],
    ...machine,
    // `laptop` of `laptop.local`.
    ...machine.map((each) => each?.split('.')[0]),
  ];
  return [...new Set(texts.filter((each): each is string => each !== undefined && each !== ''))];
}

/** Throws where the user is in no list of users, as in some containers. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** Two reports within a second are two files. */
const mostInASecond = 99;

async function saveReport(dir: string, text: string, now: Date): Promise<Reply<{ path: string }>> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    for (let count = 1; count <= mostInASecond; count += 1) {
      const path = join(dir, `mooring-report-${stamp(now)}${count === 1 ? '' : `-${String(count)}`}.txt`);
      if (await writeNew(path, text)) return done({ path });
    }
    return failed(notSaved('there are too many reports of this second already', undefined));
  } catch (error) {
    return failed(notSaved(fileReason(error), errorText(error)));
  }
}

/** False when there is such a file. What could be written in part only is removed. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

const notSaved = (why: string, detail: string | undefined) =>
  failure('storage-failed', `The report could not be saved: ${why}.`, {
    hint: 'Copy its text instead.',
    ...(detail === undefined ? {} : { detail }),
  });

/** `20260512-093000`, by the clock on the wall here. */
function stamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${String(now.getFullYear())}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
