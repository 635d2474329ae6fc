/** Draws every view and state of the window, light and dark, in three widths, into test-results/gallery. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { available, launchBrowser } from '../support/browser.ts';
import { openWindow } from './window/open-window.ts';
import { views } from './window/views.ts';

const galleryDir = join(import.meta.dirname, '..', '..', 'test-results', 'gallery');
const schemes = ['light', 'dark'] as const;
const widths = {
  wide: { width: 1280, height: 800 },
  narrow: { width: 720, height: 800 },
  phone: { width: 360, height: 800 },
};

async function draw(): Promise<void> {
  // Part of a name picks some views: GALLERY=prompt.
  const only = process.env['GALLERY'] ?? '';
  const chosen = views.filter((each) => each.name.includes(only));
  if (only === '') rmSync(galleryDir, { recursive: true, force: true });
  mkdirSync(galleryDir, { recursive: true });
  const browser = await launchBrowser();
  try {
    for (const view of chosen) {
      for (const colorScheme of schemes) {
        for (const [width, viewport] of Object.entries(widths)) {
          const window = await openWindow(browser, view.snapshot(), {
            colorScheme,
            viewport,
            bridge: view.bridge ?? false,
          });
          try {
            await view.prepare?.(window.page, window.server);
            const file = `${view.name} ${width} ${colorScheme}.png`.replaceAll(' ', '-');
            await window.page.screenshot({ path: join(galleryDir, file) });
          } finally {
            await window.close();
          }
        }
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`${String(chosen.length)} views drawn into ${galleryDir}`);
}

const missing = available();
if (missing === null) await draw();
else console.log(missing);
