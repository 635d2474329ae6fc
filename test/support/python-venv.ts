/**
 * A virtual environment of Python with packages in it, made once and kept in the cache folder of the tests. They come
 * from the package index that pip is set to; needs no root.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from './wait.ts';

const run = promisify(execFile);
const makingMs = 600_000;

/** Gives the folder of its programs. Throws when it can't be made. */
export async function pythonVenv(name: string, packages: readonly string[]): Promise<string> {
  const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mooring-test');
  const dir = join(cacheDir, name);
  mkdirSync(cacheDir, { recursive: true });
  const lock = `${dir}.making`;
  await waitFor(`${lock} to go away`, () => takeLock(lock), { timeoutMs: makingMs, everyMs: 500 });
  try {
    await make(dir, packages);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
  return join(dir, 'bin');
}

/** Test files of several runs may want it at the same time; a lock of a killed run is too old. */
function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > makingMs) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

async function make(dir: string, packages: readonly string[]): Promise<void> {
  const python = join(dir, 'bin', 'python');
  const missing = packages.filter((each) => !existsSync(mark(dir, each)));
  if (missing.length === 0) return;
  if (!existsSync(python)) await run('python3', ['-m', 'venv', dir], { timeout: makingMs });
  await run(python, ['-m', 'pip', 'install', '--quiet', ...missing], { timeout: makingMs });
  for (const each of missing) writeFileSync(mark(dir, each), '');
}

/** What is in there completely. */
const mark = (dir: string, name: string) => join(dir, `has-${name.replace(/[^\w.=-]/g, '-')}`);

/** Why none can be made, in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split('\n').filter((each) => each.trim() !== '');
  return (lines.find((each) => /^ERROR|not found|ENOENT/i.test(each)) ?? lines.at(-1) ?? '').slice(0, 160);
}
