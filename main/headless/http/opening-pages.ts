/**
 * The window's address on its way to the browser. Every user of a machine can read command lines (/proc/PID/cmdline), so
 * an address with a code in it must not be in one: the browser is started with a page of mode 600 in the run folder
 * instead, which leads on to the address. Jupyter does the same. A browser that may not read there (snap, flatpak) shows
 * an error; the address is printed as well.
 *
 * Commands write these pages and end; the core removes them, since it knows when a code was used.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../adapters/system-errors.ts';
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { ensurePrivateDir } from '../control/private-dir.ts';

/** Time for a browser to start and read its page. */
const pageLifeMs = 60_000;
const lookEveryMs = 20_000;

/** The name is seen in command lines; it tells nothing of the code. */
const pageName = (code: string) => `open-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.html`;
const isPageName = (name: string) => /^open-[\da-f]{16}\.html$/.test(name);

/** Writes the page that leads to the window's address; the value is its path. */
export async function writeOpeningPage(runDir: string, url: string): Promise<Reply<string>> {
  const dir = await ensurePrivateDir(runDir, process.getuid?.());
  if (!dir.ok) return dir;
  const path = join(runDir, pageName(new URL(url).searchParams.get('code') ?? ''));
  const to = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mooring</title><meta http-equiv="refresh" content="0; url=${to}"><p><a href="${to}">Open Mooring</a></p></html>\n`;
  try {
    await writeFile(path, page, { mode: 0o600, flag: 'wx' });
    return done(path);
  } catch (error) {
    const detail = errorCode(error, 'unknown');
    return failed(failure('storage-failed', `Mooring can’t write in ${runDir}.`, { detail }));
  }
}

export interface OpeningPages {
  /** The code was used, its page has done its work. */
  used(code: string): void;
  /** Removes all pages. */
  close(): Promise<void>;
}

/** Removes pages when their code was used, or after a minute, and what an earlier core has left. */
export async function tendOpeningPages(runDir: string): Promise<OpeningPages> {
  await removePages(runDir, 0);
  const timer = setInterval(() => void removePages(runDir, pageLifeMs), lookEveryMs);
  timer.unref();
  return {
    used: (code) => void remove(join(runDir, pageName(code))),
    async close() {
      clearInterval(timer);
      await removePages(runDir, 0);
    },
  };
}

async function removePages(runDir: string, olderThanMs: number): Promise<void> {
  for (const name of (await readdir(runDir).catch(() => [])).filter(isPageName)) {
    const path = join(runDir, name);
    const writtenMs = (await stat(path).catch(() => null))?.mtimeMs ?? 0;
    // A clock that was set back must not keep a page for ever.
    if (Math.abs(Date.now() - writtenMs) >= olderThanMs) await remove(path);
  }
}

const remove = (path: string) => rm(path, { force: true }).catch(() => undefined);
