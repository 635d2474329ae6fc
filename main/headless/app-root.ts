/** Where the running program lies: found from this file upwards, so that it holds for sources, out/ and packages. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, 'package.json')) && dirname(dir) !== dir) dir = dirname(dir);
  return dir;
}

const rootDir = findRoot();

/** The built window: index.html and its assets. */
export const uiDir = join(rootDir, 'out', 'renderer');

/** What the window's page gets of the desktop app: one CommonJS file. */
export const preloadPath = join(rootDir, 'out', 'preload', 'index.cjs');

/** From package.json; `0.0.0` where there is none. */
export function appVersion(): string {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
    if (typeof parsed === 'object' && parsed && 'version' in parsed && typeof parsed.version === 'string') {
      return parsed.version;
    }
  } catch {
    // A program copied out of its package still runs.
  }
  return '0.0.0';
}
