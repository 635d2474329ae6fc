/**
 * Draws every icon file from icon.svg (the app) and tray.svg (the tray's parts): `npm run icons`, by hand, after a change
 * of either. The results are committed, so that a build needs no browser.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright';
import { icns, ico } from './make-icons-files.mjs';

const here = import.meta.dirname;
const read = (name) => readFileSync(join(here, name), 'utf8');
const write = (name, bytes) => writeFileSync(join(here, name), bytes);

/** State → its colour, which stands out from light and dark panels, its tile, and what is cut out around its shape. */
const states = {
  off: { colour: '#8a90a0', tile: '#7b8191', cut: 'cut-round' },
  up: { colour: '#21b36b', tile: '#3b63f3', cut: 'cut-round' },
  working: { colour: '#e29a1f', tile: '#3b63f3', cut: 'cut-round' },
  'needs-you': { colour: '#f4742b', tile: '#3b63f3', cut: 'cut-needs-you' },
  failed: { colour: '#e8454c', tile: '#3b63f3', cut: 'cut-round' },
};

/** Sizes in px. Linux panels are 22 to 24 high and scale down; Windows takes the one for the screen's scale. */
const linuxSizes = { '': 24, '@2x': 48 };
const macSizes = { '': 16, '@2x': 32 };
const windowsSizes = [16, 20, 24, 32, 48];
const appSizes = [16, 24, 32, 48, 64, 128, 256, 512];
const appIcoSizes = [16, 24, 32, 48, 64, 128, 256];

const parts = /<defs>.*<\/defs>/s.exec(read('tray.svg'))?.[0] ?? '';
const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${parts}${content}</svg>`;
const cutOut = (cut, content) =>
  `<mask id="cut"><path fill="#fff" d="M0 0h32v32H0z"/><use href="#${cut}" fill="#000" stroke="#000"/></mask>` +
  `<g mask="url(#cut)">${content}</g>`;
const shape = (light, colour) => `<use href="#${light}" fill="${colour}" stroke="${colour}"/>`;

function colourIcon(light) {
  const { colour, tile, cut } = states[light];
  const face = `<use href="#tile" fill="${tile}"/><use href="#anchor" stroke="#fff"/>`;
  return svg(cutOut(cut, face) + shape(light, colour));
}

/** Black and see-through only; macOS gives it the colour of the menu bar. */
function templateIcon(light) {
  return svg(cutOut(states[light].cut, '<use href="#bare-anchor" stroke="#000"/>') + shape(light, '#000'));
}

const browser = await chromium.launch({
  executablePath: process.env['MOORING_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--force-color-profile=srgb'],
});
const page = await browser.newPage();
async function png(source, size) {
  await page.setViewportSize({ width: size, height: size });
  const sized = source.replace('<svg ', `<svg width="${size}" height="${size}" style="display:block" `);
  await page.setContent(`<body style="margin:0">${sized}</body>`);
  return page.screenshot({ omitBackground: true });
}
const pngs = (source, sizes) =>
  Promise.all(sizes.map(async (size) => ({ size, png: await inTurn(() => png(source, size)) })));
let lane = Promise.resolve();
/** There is one page to draw on. */
const inTurn = (run) => (lane = lane.then(run));

for (const folder of ['tray', 'icons']) {
  rmSync(join(here, folder), { recursive: true, force: true });
  mkdirSync(join(here, folder));
}
for (const light of Object.keys(states)) {
  const [colour, template] = [colourIcon(light), templateIcon(light)];
  for (const [suffix, size] of Object.entries(linuxSizes)) write(`tray/${light}${suffix}.png`, await png(colour, size));
  for (const [suffix, size] of Object.entries(macSizes)) {
    write(`tray/${light}Template${suffix}.png`, await png(template, size));
  }
  write(`tray/${light}.ico`, ico(await pngs(colour, windowsSizes)));
}
const app = read('icon.svg');
for (const { size, png: bytes } of await pngs(app, appSizes)) write(`icons/${size}x${size}.png`, bytes);
write('icon.ico', ico(await pngs(app, appIcoSizes)));
write('icon.icns', icns(await pngs(app, [32, 64, 128, 256, 512, 1024])));
await browser.close();
