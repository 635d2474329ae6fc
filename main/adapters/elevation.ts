/**
 * The system's own question for more rights: polkit, the Mac's password window, Windows' user account control. What runs
 * then is a constant text (hosts-script.ts); data goes as arguments beside it and never becomes a part of a command.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import type { Elevation, HostsChange, HostsWriteResult } from '../core/hosts/hosts-ports.ts';
import { failure } from '../shared/failure.ts';
import { hostsScript } from './hosts-script.ts';
import { encodedCommand, windowsElevation } from './hosts-script-windows.ts';
import { notWritten, runProgram, scriptArguments, scriptResult, type Ended } from './hosts-run.ts';

export interface ElevationOptions {
  readonly platform?: NodeJS.Platform;
  /** For tests. */
  readonly pkexecPath?: string;
  /** The program of the Linux packages that polkit knows by its path. */
  readonly helperPath?: string;
}

/** How long a person may take. */
const questionMs = 300_000;

export function createElevation(options: ElevationOptions = {}): Elevation {
  const { platform = process.platform, pkexecPath = '/usr/bin/pkexec' } = options;
  const helperPath = options.helperPath ?? '/opt/Mooring/resources/hosts-helper';
  const open = new Set<ChildProcess>();
  const ask = async (file: string, args: readonly string[]): Promise<Ended> => {
    const { ended, child } = runProgram(file, args, questionMs);
    open.add(child);
    const answer = await ended;
    open.delete(child);
    return answer;
  };
  const way = (): ReturnType<Elevation['way']> => {
    if (platform === 'darwin') return Promise.resolve('osascript');
    if (platform === 'win32') return Promise.resolve('runas');
    return Promise.resolve(platform === 'linux' && existsSync(pkexecPath) ? 'pkexec' : 'by-hand');
  };
  return {
    way,
    async writeHosts(path, change) {
      const chosen = await way();
      switch (chosen) {
        case 'pkexec':
          return fromPkexec(path, await ask(pkexecPath, pkexecArguments(path, change, helperPath)));
        case 'osascript':
          return fromOsascript(path, await ask('/usr/bin/osascript', osascriptArguments(path, change)));
        case 'runas': {
          const data = { form: 1, path, ...change, id: change.blockId };
          const args = ['-NoProfile', '-NonInteractive', '-EncodedCommand', encodedCommand(windowsElevation(data))];
          return fromRunAs(path, await ask('powershell.exe', args));
        }
        case 'by-hand':
          return { kind: 'unavailable', reason: 'There is no pkexec here, by which Mooring would ask the system.' };
        default:
          return chosen satisfies never;
      }
    },
    close() {
      for (const child of open) child.kill();
    },
  };
}

/**
 * The packages' helper has an action of its own, with words of its own and a yes that lasts some minutes; therefore it
 * writes loopback addresses alone. Everything else is asked for each time.
 */
function pkexecArguments(path: string, change: HostsChange, helperPath: string): readonly string[] {
  const given = scriptArguments(path, change);
  const isKnown = path === '/etc/hosts' && isLoopbackOnly(change.insert) && belongsToRoot(helperPath);
  const program = isKnown ? [helperPath] : ['/bin/sh', '-c', hostsScript, 'mooring-hosts'];
  // Its own agent asks at the terminal, which a core in the background has not, and one in front has other uses for.
  return ['--disable-internal-agent', ...program, ...given];
}

const isLoopbackOnly = (insert: string): boolean =>
  insert.split(/\r?\n/).every((line) => line === '' || /^(?:#|127\.|::1 )/.test(line));

function belongsToRoot(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  return facts?.isFile() === true && facts.uid === 0 && (facts.mode & 0o022) === 0;
}

/** pkexec(1): 126 when the person dismissed the question, 127 when nobody could be asked or it is not allowed. */
function fromPkexec(path: string, ended: Ended): HostsWriteResult {
  const own = scriptResult(path, ended);
  if (own) return own;
  if (ended.code === 126) return { kind: 'cancelled' };
  if (/authentication agent|No session|not.*registered/i.test(ended.stderr)) {
    return {
      kind: 'unavailable',
      reason: 'No program here can ask for the administrator’s password (no polkit agent).',
    };
  }
  if (ended.code === 127 && /Not authorized|not allowed/i.test(ended.stderr)) {
    return {
      kind: 'failed',
      failure: failure('not-allowed', `Your system gave no leave to change ${path}.`, {
        hint: 'The password was wrong, or this account may not change the system. Try again, or ask its administrator.',
        detail: ended.stderr.slice(0, 2000),
      }),
    };
  }
  // Taken back, or left open for too long.
  if (ended.code === null && ended.stderr === '') return { kind: 'cancelled' };
  return notWritten(path, ended);
}

/** The words become one argument of a shell by `quoted form of`; AppleScript gets them as arguments, too. */
function osascriptArguments(path: string, change: HostsChange): readonly string[] {
  const items = ['1', ...scriptArguments(path, change)].map(
    (_each, index) => `" " & quoted form of (item ${String(index + 1)} of argv)`,
  );
  const command = `do shell script "/bin/sh -c " & quoted form of (item 1 of argv) & " mooring-hosts" & ${items.slice(1).join(' & ')}`;
  const lines = [
    'on run argv',
    `${command} with prompt "Mooring wants to change the names that it keeps in the hosts file." with administrator privileges`,
    'end run',
  ];
  return [...lines.flatMap((line) => ['-e', line]), hostsScript, ...scriptArguments(path, change)];
}

/** The script's exit code, or the Mac's own error, stands in brackets at the end; -128: cancelled. Never ran on macOS here. */
function fromOsascript(path: string, ended: Ended): HostsWriteResult {
  const number = /\((-?\d+)\)\s*$/.exec(ended.stderr)?.[1];
  const code = ended.code === 0 ? 0 : number === undefined ? null : Number(number);
  if (code === -128) return { kind: 'cancelled' };
  if (code === -60007 || code === -1713) {
    return { kind: 'unavailable', reason: 'macOS can’t ask for a password here: nobody is logged in at its screen.' };
  }
  return scriptResult(path, { ...ended, code }) ?? notWritten(path, ended);
}

function fromRunAs(path: string, ended: Ended): HostsWriteResult {
  const own = scriptResult(path, ended);
  if (own) return own;
  return ended.code === 126 ? { kind: 'cancelled' } : notWritten(path, ended);
}
