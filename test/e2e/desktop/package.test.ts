/** The package that people get: what is in it, what is not, and that it starts. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desktopMissing } from '../../support/electron-runtime.ts';
import { packageApp, readArchive, readFuses, type ArchivedFile, type UnpackedApp } from '../../support/package-app.ts';
import { describeDesktop } from './describe-desktop.ts';

const run = promisify(execFile);
const reason = desktopMissing();

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((each) => !each.isDirectory()).map((each) => relative(dir, join(each.parentPath, each.name)));
}

describe.skipIf(reason !== null)(`the package${reason === null ? '' : ` (${reason})`}`, () => {
  let app: UnpackedApp;
  let files: readonly ArchivedFile[];

  beforeAll(async () => {
    const startMs = performance.now();
    app = await packageApp({ fused: true });
    files = readArchive(join(app.resourcesDir, 'app.asar'));
    const megabytes = (path: string) => (statSync(path).size / 1e6).toFixed(1);
    console.log(
      `  packaged in ${((performance.now() - startMs) / 1000).toFixed(1)} s; app.asar ${megabytes(join(app.resourcesDir, 'app.asar'))} MB, ${String(files.length)} files`,
    );
  });

  afterAll(() => app.remove());

  it('has Electron’s switches set', () => {
    expect(readFuses(app.program)).toEqual({
      runAsNode: false,
      cookieEncryption: false,
      nodeOptions: false,
      nodeCliInspect: false,
      embeddedAsarIntegrity: true,
      onlyLoadAppFromAsar: true,
      browserV8Snapshot: false,
      fileProtocolPrivileges: false,
    });
  });

  it('holds the program, the window and the icons', () => {
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'out/main/desktop.js',
        'out/main/tray/up.png',
        'out/preload/index.cjs',
        'out/renderer/index.html',
        'node_modules/electron-updater/out/main.js',
      ]),
    );
    // Every package the program imports, and no tools that only build it.
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const packed = (name: string) => paths.some((path) => path.startsWith(`node_modules/${name}/`));
    expect(Object.keys(dependencies).filter((name) => !packed(name))).toEqual([]);
    expect(Object.keys(devDependencies).filter(packed)).toEqual([]);
  });

  it('holds no sources, tests, maps, documents or anybody’s files', () => {
    const strange = files.filter(
      ({ path }) =>
        /\.(ts|tsx|mts|cts|map|md|flow|tsbuildinfo|log|env|pem|key|ppk|gyp|c|cc|cpp|h|sh)$/.test(path) ||
        /(^|\/)(test|tests|__tests__|examples?|docs|coverage|\.github|\.ci|\.git)\//.test(path) ||
        /(^|\/)(id_(rsa|ed25519|ecdsa)|known_hosts|\.npmrc|\.env.*)$/.test(path) ||
        !/^(out\/(main|preload|renderer)|node_modules)\/|^package\.json$/.test(path),
    );
    expect(strange.map(({ path }) => path)).toEqual([]);
    // Where it was built is nobody’s business.
    const telling = files.filter(({ path, text, unpacked }) => {
      if (unpacked || !path.startsWith('out/')) return false;
      return text().includes(process.cwd());
    });
    expect(telling.map(({ path }) => path)).toEqual([]);
    expect(statSync(join(app.resourcesDir, 'app.asar')).size).toBeLessThan(9_000_000);
  });

  it('keeps the keyring’s native file, and only that, beside the archive', async () => {
    const native = ['node_modules/@napi-rs/keyring-linux-x64-gnu/keyring.linux-x64-gnu.node'];
    expect(files.filter((each) => each.unpacked).map(({ path }) => path)).toEqual(native);
    expect(await filesBelow(join(app.resourcesDir, 'app.asar.unpacked'))).toEqual(native);
    expect(files.filter(({ path, unpacked }) => path.endsWith('.node') && !unpacked)).toEqual([]);
  });

  it('has no feed of updates unless it was built with one', () => {
    expect(existsSync(join(app.resourcesDir, 'app-update.yml'))).toBe(false);
  });

  it('is the command line when there are words, and takes nothing from the environment', async () => {
    const home = await mkdtemp(join(tmpdir(), 'mooring-home-'));
    try {
      const { stdout, stderr } = await run(
        app.program,
        ['--no-sandbox', '--ozone-platform=headless', '--disable-gpu', '--log-level=3', '--version'],
        {
          // Each of them would run something else than Mooring.
          env: { HOME: home, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--require=/nowhere.js' },
          timeout: 20_000,
        },
      );
      expect(stdout.trim()).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
      expect(stderr).toBe('');
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});

describeDesktop('the packaged app', (desktop) => {
  let packaged: UnpackedApp;

  beforeAll(async () => {
    packaged = await packageApp();
  });

  afterAll(() => packaged.remove());

  it('starts, shows its window, loads the keyring, and says that it has no feed of updates', async () => {
    const app = await desktop().start({ executablePath: packaged.program });
    await (await app.window()).getByRole('button', { name: /Try it now/ }).waitFor();
    const exported = await app.electron.evaluate(() => {
      const { createRequire } = process.getBuiltinModule('node:module');
      return Object.keys(createRequire(`${process.resourcesPath}/app.asar/package.json`)('@napi-rs/keyring') as object);
    });
    expect(exported).toContain('Entry');
    const { desktop: around } = await app.until('word of updates', (now) => now.desktop?.updates.kind !== 'off');
    expect(around?.updates).toMatchObject({
      kind: 'unavailable',
      failure: { message: expect.stringContaining('no feed') as string },
    });
    await app.quit();
  });
});
