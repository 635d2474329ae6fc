/** The built window's files, by address. Only what lies in its folder is ever read. */
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

export interface UiFile {
  readonly bytes: Buffer;
  readonly type: string;
}

/** The file behind a decoded address path such as `/assets/index.js`; null when there is none to show. */
export async function readUiFile(uiDir: string, path: string): Promise<UiFile | null> {
  const type = types[extname(path)];
  if (type === undefined || path.includes('\0')) return null;
  try {
    const root = await realpath(uiDir);
    const file = await realpath(join(root, path));
    if (!file.startsWith(root + sep)) return null;
    return { bytes: await readFile(file), type };
  } catch {
    return null;
  }
}
