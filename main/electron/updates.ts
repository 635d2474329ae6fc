/**
 * Newer versions, by electron-updater, from the feed that this build was packaged with (build/package.mjs).
 *
 * The feed learns the address that asks and which version it fetches, as any web server does, and nothing else: the
 * updater's own id of this copy (`.updaterId` beside Chromium's files) stays here.
 */
import { app } from 'electron';
import type { AppUpdater, CancellationToken } from 'electron-updater';
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createClock } from '../adapters/clock.ts';
import type { Updates } from '../core/desktop/desktop-ports.ts';
import { UpdatesRun, type UpdateSource } from './updates-run.ts';
import { unavailableHere, updateFailure, type Place, type UpdateEvent } from './updates-view.ts';

export interface DesktopUpdates extends Updates {
  close(): void;
}

export interface UpdatesOptions {
  /** Ends everything but the process. */
  beforeInstall(): Promise<void>;
}

export function createUpdates({ beforeInstall }: UpdatesOptions): DesktopUpdates {
  const place = readPlace();
  return new UpdatesRun({
    clock: createClock(),
    fraction: Math.random,
    unavailable: unavailableHere(place),
    load: loadUpdater,
    beforeInstall: async () => {
      await beforeInstall();
      // The newer version is started before this process is gone, and must not take itself for a second one.
      app.releaseSingleInstanceLock();
    },
    startAgain: () => {
      app.relaunch(place.appImage === null ? {} : { execPath: place.appImage });
      app.exit(0);
    },
  });
}

function readPlace(): Place {
  const resource = (name: string) => {
    try {
      return readFileSync(join(process.resourcesPath, name), 'utf8').trim();
    } catch {
      return null;
    }
  };
  const appImage = process.env['APPIMAGE'] ?? null;
  return {
    packaged: app.isPackaged,
    platform: process.platform,
    packageType: resource('package-type'),
    feedText: resource('app-update.yml'),
    appImage,
    appImageWritable: appImage !== null && isWritable(dirname(appImage)),
  };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function loadUpdater(tell: (event: UpdateEvent) => void): Promise<UpdateSource> {
  // CommonJS: its parts are found on the default export only.
  const updater: AppUpdater = (await import('electron-updater')).default.autoUpdater;
  // It would write every step and every failure to the terminal.
  updater.logger = null;
  updater.requestHeaders = { 'x-user-staging-id': '00000000-0000-0000-0000-000000000000' };
  updater.on('update-not-available', () => {
    tell({ kind: 'none' });
  });
  updater.on('update-available', ({ version }) => {
    tell({ kind: 'found', version });
  });
  updater.on('download-progress', ({ percent }) => {
    tell({ kind: 'progress', percent });
  });
  updater.on('update-downloaded', ({ version }) => {
    tell({ kind: 'ready', version });
  });
  updater.on('error', (error) => {
    tell({ kind: 'failed', failure: updateFailure(error) });
  });
  let token: CancellationToken | undefined;
  return {
    look: async () => {
      // What goes wrong has been told by the error event already.
      const result = await updater.checkForUpdates().catch(() => null);
      token = result?.cancellationToken;
      await result?.downloadPromise?.catch(() => undefined);
    },
    cancel: () => {
      token?.cancel();
    },
    installAtQuit: (on) => {
      updater.autoInstallOnAppQuit = on;
    },
    install: () => {
      updater.quitAndInstall(true, true);
    },
  };
}
