/** Packages of the app, built from the Electron for tests, and what is in them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { electronPath } from './electron-runtime.ts';

const run = promisify(execFile);

export interface UnpackedApp {
  /** linux-unpacked. */
  readonly dir: string;
  readonly program: string;
  readonly resourcesDir: string;
  /** A deb of it, in a folder of its own. Returns its path. */
  makeDeb(): Promise<string>;
  remove(): Promise<void>;
}

/**
 * `fused`: as people get it; otherwise as Playwright can drive it. `updateUrl`: its feed of updates, none by default.
 * Packages out/ as it is.
 */
export async function packageApp({ fused = false, updateUrl = '' } = {}): Promise<UnpackedApp> {
  const outDir = await mkdtemp(join(tmpdir(), 'mooring-package-'));
  const electronDir = dirname(electronPath);
  const version = readFileSync(join(electronDir, 'version'), 'utf8').trim();
  const config = fused ? 'electron-builder.yml' : 'build/test-package.yml';
  const build = (...words: string[]) =>
    run(process.execPath, [resolve('build/package.mjs'), '--config', config, ...words], {
      env: { ...process.env, MOORING_UPDATE_URL: updateUrl },
      maxBuffer: 1 << 24,
    });
  const remove = () => rm(outDir, { recursive: true, force: true });
  try {
    await build(
      '--dir',
      '--no-build',
      `-c.electronDist=${electronDir}`,
      `-c.electronVersion=${version}`,
      `-c.directories.output=${outDir}`,
    );
  } catch (error) {
    await remove();
    throw error;
  }
  const dir = join(outDir, 'linux-unpacked');
  return {
    dir,
    program: join(dir, 'mooring'),
    resourcesDir: join(dir, 'resources'),
    async makeDeb() {
      await build(
        '--linux',
        'deb',
        '--without-fpm',
        '--prepackaged',
        dir,
        `-c.directories.output=${outDir}`,
        '-c.deb.artifactName=mooring.deb',
        // In two seconds instead of a minute.
        '-c.deb.compression=zst',
      );
      return join(outDir, 'mooring.deb');
    },
    remove,
  };
}

/** In the order of the wire: https://github.com/electron/fuses, FuseV1Options. */
const fuseNames = [
  'runAsNode',
  'cookieEncryption',
  'nodeOptions',
  'nodeCliInspect',
  'embeddedAsarIntegrity',
  'onlyLoadAppFromAsar',
  'browserV8Snapshot',
  'fileProtocolPrivileges',
] as const;

/** Electron's switches, read from its binary: a sentinel, version, length, then one character for each. */
export function readFuses(program: string): Record<(typeof fuseNames)[number], boolean> {
  const bytes = readFileSync(program);
  const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
  const wire = bytes.indexOf(sentinel) + sentinel.length;
  return Object.fromEntries(fuseNames.map((name, at) => [name, bytes[wire + 2 + at] === '1'.charCodeAt(0)])) as never;
}

interface ArchiveNode {
  readonly files?: Readonly<Record<string, ArchiveNode>>;
  readonly unpacked?: boolean;
  readonly offset?: string;
  readonly size?: number;
}

export interface ArchivedFile {
  readonly path: string;
  /** Beside the archive, not in it. */
  readonly unpacked: boolean;
  text(): string;
}

/** The files of an asar: a pickled header of JSON, then their bytes one after the other. */
export function readArchive(path: string): readonly ArchivedFile[] {
  const bytes = readFileSync(path);
  const start = 8 + bytes.readUInt32LE(4);
  const header = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))) as ArchiveNode;
  const walk = (node: ArchiveNode, at: string): ArchivedFile[] =>
    Object.entries(node.files ?? {}).flatMap(([name, each]) => {
      const here = join(at, name);
      if (each.files) return walk(each, here);
      const from = start + Number(each.offset);
      return [
        {
          path: here,
          unpacked: each.unpacked === true,
          text: () => bytes.toString('utf8', from, from + (each.size ?? 0)),
        },
      ];
    });
  return walk(header, '');
}
