/** A page on the window, with all it complains of. */
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { eventNames, type Api, type CoreEvent, type EventName } from '../../../main/shared/contract.ts';
import { nowMs } from '../../support/snapshots.ts';
import { startWindowServer, type WindowServer } from '../../support/window-server.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';

export interface OpenWindow {
  readonly page: Page;
  readonly server: WindowServer;
  /** Errors and refusals by the content policy that the browser told of so far. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export interface WindowOptions extends BrowserContextOptions {
  /** Leave the page its own clock, which tells parts of milliseconds; the fixed one does not. */
  readonly realClock?: boolean;
  /** Plays the desktop app’s preload bridge, whose calls go to the same server. */
  readonly bridge?: boolean;
}

/** Waits until the window shows the snapshot and hears events. The caller closes it. */
export async function openWindow(
  browser: Browser,
  snapshot: Snapshot,
  { realClock = false, bridge = false, ...options }: WindowOptions = {},
): Promise<OpenWindow> {
  const server = await startWindowServer(snapshot);
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  if (bridge) await page.addInitScript(playBridge, eventNames);
  if (!realClock) await page.clock.setFixedTime(nowMs);
  const heard = page.waitForRequest('**/api/events');
  await page.goto(server.url);
  await heard;
  await page.getByText(`Mooring ${snapshot.version}`).waitFor();
  return {
    page,
    server,
    complaints,
    async close() {
      await context.close();
      await server.close();
    },
  };
}

/** Runs in the page, before its own scripts. */
function playBridge(names: readonly EventName[]): void {
  const bridge: Api = {
    async call(name, args) {
      const response = await fetch('api/call', { method: 'POST', body: JSON.stringify({ name, args }) });
      return (await response.json()) as never;
    },
    subscribe(listener) {
      const source = new EventSource('api/events');
      for (const name of names) {
        source.addEventListener(name, (message: MessageEvent<string>) => {
          listener({ name, payload: JSON.parse(message.data) as unknown } as CoreEvent);
        });
      }
      return () => {
        source.close();
      };
    },
  };
  Object.assign(window, { mooring: bridge });
}
