/**
 * A real MLflow in a virtual environment, made once and kept in the cache folder of the tests. It comes from the package
 * index that pip is set to; needs no root.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from './wait.ts';

const run = promisify(execFile);

export const mlflowVersion = '3.17.2';

export interface MlflowVenv {
  readonly version: string;
  /** The environment's Python. */
  readonly python: string;
}

/** A first time takes a minute or two. `skip`: why there is none, in one line. `extras`: further packages. */
export async function mlflowVenv(
  version = mlflowVersion,
  extras: readonly string[] = [],
): Promise<MlflowVenv | { readonly skip: string }> {
  if (process.platform === 'win32') return { skip: 'a real MLflow is not started on Windows' };
  const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mooring-test');
  const dir = join(cacheDir, `mlflow-${version}`);
  const packages = [`mlflow[auth]==${version}`, ...extras];
  mkdirSync(cacheDir, { recursive: true });
  const lock = `${dir}.making`;
  try {
    await waitFor(`${lock} to go away`, () => takeLock(lock), { timeoutMs: makingMs, everyMs: 500 });
    try {
      await make(dir, packages);
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  } catch (error) {
    return { skip: `no MLflow ${version} can be made here: ${reasonOf(error)}` };
  }
  return { version, python: join(dir, 'bin', 'python') };
}

const makingMs = 600_000;

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

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split('\n').filter((each) => each.trim() !== '');
  return (lines.find((each) => /^ERROR|not found|ENOENT/i.test(each)) ?? lines.at(-1) ?? '').slice(0, 160);
}
