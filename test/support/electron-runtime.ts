/** The Electron that desktop tests run in, and the display they draw on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { endProcess, isProgram, packagesMissing } from './programs.ts';

/** Where electron-runtime.sh puts it; MOORING_ELECTRON names another folder of the shape of electron/dist. */
const electronDir =
  process.env['MOORING_ELECTRON'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mooring-test', 'electron');

export const electronPath = join(electronDir, 'electron');

/** Why desktop tests can't run here, in one line, or null when they can. */
export function desktopMissing(): string | null {
  if (process.platform !== 'linux') return 'desktop tests need Linux';
  if (!isProgram(electronPath)) {
    return 'no Electron for tests: run test/support/electron-runtime.sh ~/.cache/mooring-test/electron';
  }
  return packagesMissing([
    ['Xvfb', 'xvfb'],
    ['dbus-daemon', 'dbus'],
  ]);
}

export interface Display {
  /** As in DISPLAY. */
  readonly name: string;
  close(): Promise<void>;
}

/** A screen of its own, of 1400 × 900. */
export async function startDisplay(): Promise<Display> {
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [line] = (await once(xvfb.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { name: `:${line.toString().trim()}`, close: () => endProcess(xvfb) };
}
