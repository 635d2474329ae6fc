/** The tray's pictures, as `npm run icons` drew them: one per state, by shape and colour, of the sort a system wants. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Light } from '../shared/words.ts';

/** The build puts them beside the program. Found from this file upwards, wherever the bundler has put it. */
function findFolder(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'tray', 'off.png')) && dirname(dir) !== dir) dir = dirname(dir);
  return join(dir, 'tray');
}

const builtFolder = findFolder();

/**
 * macOS: a template image, coloured by the system to fit the menu bar. Windows: sizes for every scale in one file. Linux:
 * in colours that stand out from light and dark panels alike, as nothing tells which it is.
 */
export function trayIconPath(light: Light, platform: NodeJS.Platform, folder = builtFolder): string {
  switch (platform) {
    case 'darwin':
      return join(folder, `${light}Template.png`);
    case 'win32':
      return join(folder, `${light}.ico`);
    default:
      return join(folder, `${light}.png`);
  }
}
