/** Where Mooring keeps its files and its control socket. Pure: nothing is looked up or made here. */
import { createHash } from 'node:crypto';
import { posix, win32 } from 'node:path';

export interface DataPaths {
  /** Saved files and logs. */
  readonly dataDir: string;
  /**
   * The folder of the control socket and of lock files. It may lie in a temp folder that others can write to: whoever
   * makes it must insist on mode 700 and on being its owner.
   */
  readonly runDir: string;
  /** A Unix socket, or a named pipe on Windows. */
  readonly controlPath: string;
}

/** sun_path has 104 bytes on macOS and 108 on Linux, with the closing zero; a little room is left. */
const longestSocketPath = 100;

/**
 * `MOORING_HOME` moves everything (a relative path counts from the home folder, so that every start finds the same).
 * Else, by the systems' rules: `$XDG_CONFIG_HOME/mooring` or `~/.config/mooring`; `~/Library/Application
 * Support/Mooring`; `%APPDATA%\Mooring`. Relative XDG paths are ignored, as the XDG base directory specification asks.
 *
 * `uid` is os.userInfo().uid (-1 on Windows).
 */
export function dataPaths(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  homeDir: string,
  uid: number,
): DataPaths {
  if (platform === 'win32') return windowsPaths(env, homeDir);
  const dataDir = unixDataDir(env, platform, homeDir);
  const inData = posix.join(dataDir, 'run');
  const shortName = `mooring-${String(uid)}-${shortHash(dataDir)}`;
  const temp = env['TMPDIR'];
  const runtime = env['XDG_RUNTIME_DIR'];
  const runDirs = [
    inData,
    ...[runtime, temp].filter(isAbsolute).map((each) => posix.join(each, shortName)),
    // Last resort, always short enough.
    posix.join('/tmp', shortName),
  ];
  const runDir = runDirs.find((each) => Buffer.byteLength(controlSocket(each)) <= longestSocketPath) ?? inData;
  return { dataDir, runDir, controlPath: controlSocket(runDir) };
}

function unixDataDir(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  homeDir: string,
): string {
  const own = env['MOORING_HOME'];
  if (own !== undefined && own !== '') return posix.resolve(homeDir, own.replace(/^~(?=\/|$)/, homeDir));
  if (platform === 'darwin') return posix.join(homeDir, 'Library', 'Application Support', 'Mooring');
  const config = env['XDG_CONFIG_HOME'];
  return posix.join(isAbsolute(config) ? config : posix.join(homeDir, '.config'), 'mooring');
}

function windowsPaths(env: Readonly<Record<string, string | undefined>>, homeDir: string): DataPaths {
  const own = env['MOORING_HOME'];
  const roaming = env['APPDATA'];
  const dataDir =
    own !== undefined && own !== ''
      ? win32.resolve(
          homeDir,
          own.replace(/^~(?=[\\/]|$)/, () => homeDir),
        )
      : win32.join(
          roaming !== undefined && win32.isAbsolute(roaming) ? roaming : win32.join(homeDir, 'AppData', 'Roaming'),
          'Mooring',
        );
  // Windows paths ignore case; the same folder must give the same pipe.
  const key = `${dataDir.toLowerCase()}\n${(env['USERNAME'] ?? '').toLowerCase()}`;
  return { dataDir, runDir: win32.join(dataDir, 'run'), controlPath: `\\\\.\\pipe\\mooring-${shortHash(key)}` };
}

function controlSocket(runDir: string): string {
  return posix.join(runDir, 'control.sock');
}

function isAbsolute(path: string | undefined): path is string {
  return path !== undefined && posix.isAbsolute(path);
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
