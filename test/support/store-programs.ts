/** Stores to test against: VersityGW built on the spot, Azurite from the npm registry; both kept between runs. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = join(
  process.env['MOORING_TEST_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mooring-test'),
  'stores',
);

export interface BuiltProgram {
  readonly path: string;
  readonly sha256: string;
}

/** The same version as the pinned release, built from its source: two minutes the first time. Null: there is no Go here. */
export function builtVersitygw(): BuiltProgram | null {
  const path = join(cache, 'versitygw');
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    try {
      execFileSync(
        'go',
        ['install', '-trimpath', '-ldflags', '-s -w', 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'],
        { env: { ...process.env, GOBIN: cache, CGO_ENABLED: '0' }, stdio: 'ignore', timeout: 900_000, cwd: cache },
      );
    } catch {
      return null;
    }
  }
  return { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
}

/** The folder that Azurite is in: half a minute the first time. */
export function azuriteFolder(): string {
  const folder = join(cache, 'azurite');
  if (!existsSync(join(folder, 'node_modules/.bin/azurite-blob'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--silent', '--no-fund', '--no-audit', 'azurite@3.35.0'], {
      cwd: folder,
      stdio: 'ignore',
      timeout: 600_000,
    });
  }
  return folder;
}
