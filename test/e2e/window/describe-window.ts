import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { available, launchBrowser } from '../../support/browser.ts';
import { openWindow, type OpenWindow, type WindowOptions } from './open-window.ts';

/** Opens a window that is closed when the test is over. */
export type Open = (snapshot: Snapshot, options?: WindowOptions) => Promise<OpenWindow>;

/** A suite with one browser; skipped, with the reason in its name, where there is none. */
export function describeWindow(name: string, define: (open: Open) => void): void {
  const missing = available();
  describe.skipIf(missing !== null)(missing === null ? name : `${name} (${missing})`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser.close());
    define(async (snapshot, options) => {
      const window = await openWindow(browser, snapshot, options);
      onTestFinished(() => window.close());
      return window;
    });
  });
}
