/** A packaged app and a feed with a newer version: seen, fetched, checked, and put in place of the old one. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DesktopApp } from '../../support/desktop-app.ts';
import { packageApp, type UnpackedApp } from '../../support/package-app.ts';
import { startFeed, type Feed, type FeedOptions } from '../../support/package-feed.ts';
import { waitFor, within } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

const older = '#!/bin/sh\nexit 1\n';
/** Says that it was started, and whether only to put itself in order (electron-updater, at a plain quit). */
const newer = '#!/bin/sh\necho "started${APPIMAGE_EXIT_AFTER_INSTALL:+ to exit}" >"$(dirname "$0")/started"\n';

describeDesktop('the updates of a packaged app', (desktop) => {
  let packaged: UnpackedApp;
  /** app-update.yml as it was packaged. */
  let config: string;
  let dir: string;
  let appImage: string;
  let feed: Feed | null = null;
  let app: DesktopApp;

  beforeAll(async () => {
    packaged = await packageApp({ updateUrl: 'https://updates.example/mooring' });
    config = await readFile(join(packaged.resourcesDir, 'app-update.yml'), 'utf8');
  });

  afterAll(() => packaged.remove());

  beforeEach(async () => {
    // The running program believes that this file is what was started.
    dir = await mkdtemp(join(tmpdir(), 'mooring-appimage-'));
    appImage = join(dir, 'Mooring.AppImage');
    await writeFile(appImage, older);
    await chmod(appImage, 0o755);
  });

  afterEach(async () => {
    await feed?.close();
    feed = null;
    await rm(dir, { recursive: true, force: true });
  });

  async function start(options: Partial<FeedOptions> = {}): Promise<void> {
    feed = await startFeed({ version: '9.9.9', file: newer, ...options });
    const here = config.replace('https://updates.example/mooring', feed.url);
    await writeFile(join(packaged.resourcesDir, 'app-update.yml'), here);
    app = await desktop().start({ executablePath: packaged.program, args: ['--hidden'], env: { APPIMAGE: appImage } });
  }

  const updates = async () => (await app.snapshot()).desktop?.updates;
  const see = (kind: string) => app.until(`updates to be ${kind}`, (now) => now.desktop?.updates.kind === kind);

  it('were packaged with the address of their feed', () => {
    expect(config).toMatch(/^provider: generic$/m);
    expect(config).toMatch(/^url: https:\/\/updates\.example\/mooring$/m);
  });

  it('shows what is downloaded, tells the feed nothing of this copy, and puts it in when the app ends', async () => {
    await start();
    expect(await updates()).toEqual({ kind: 'current', checkedMs: null });
    await app.call('updates.check', {});
    await see('downloading');
    expect(await updates()).toMatchObject({ version: '9.9.9' });
    feed?.release();
    await see('ready');
    expect(await readFile(appImage, 'utf8')).toBe(older);

    expect(feed!.asked.map(({ path }) => path)).toContain('/feed/latest-linux.yml');
    for (const { headers } of feed!.asked) {
      expect(headers['x-user-staging-id']).toBe('00000000-0000-0000-0000-000000000000');
      expect(Object.keys(headers).filter((name) => /cookie|authorization|referer/.test(name))).toEqual([]);
    }
    await app.quit();
    expect(await readFile(appImage, 'utf8')).toBe(newer);
    expect(await readFile(join(dir, 'started'), 'utf8')).toBe('started to exit\n');
  });

  it('ends, puts the newer version in and starts it, when that is asked for', async () => {
    await start();
    feed?.release();
    await app.call('updates.check', {});
    await see('ready');
    const child = app.electron.process();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await app.call('updates.install', {});
    await within(10_000, 'the app to end', gone);
    const started = await waitFor('the newer version', () => readFile(join(dir, 'started'), 'utf8').catch(() => null));
    expect(started).toBe('started\n');
    expect(await readFile(appImage, 'utf8')).toBe(newer);
  });

  it('throws away what is not what was announced', async () => {
    await start({ damaged: true });
    feed?.release();
    await app.call('updates.check', {});
    await see('failed');
    expect(await updates()).toMatchObject({ failure: { message: expect.stringContaining('damaged') as string } });
    await app.quit();
    expect(await readdir(dir)).toEqual(['Mooring.AppImage']);
    expect(await readFile(appImage, 'utf8')).toBe(older);
  });

  it('says that it is up to date, and when', async () => {
    const startMs = Date.now();
    await start({ version: '0.0.1' });
    await app.call('updates.check', {});
    await app.until('to be current', ({ desktop: around }) => {
      const view = around?.updates;
      return view?.kind === 'current' && view.checkedMs !== null && view.checkedMs >= startMs;
    });
    await app.quit();
  });

  it('is quiet about a feed that can’t be reached, and does not look when it is switched off', async () => {
    await start();
    await feed?.close();
    await app.call('updates.check', {});
    await see('failed');
    expect(await updates()).toMatchObject({ failure: { code: 'unreachable' } });
    await app.call('settings.set', { patch: { checkForUpdates: false } });
    await see('off');
    expect(app.output()).not.toMatch(/update/i);
    await app.quit();
  });
});
