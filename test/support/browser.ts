/** Finds and starts the browser that window tests look through. */
import { chromium, type Browser } from 'playwright';
import { isProgram } from './programs.ts';

const usualPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function findChromium(): string | null {
  const named = process.env['MOORING_CHROMIUM'];
  if (named !== undefined && named !== '') return isProgram(named) ? named : null;
  return usualPaths.find(isProgram) ?? null;
}

/** null when a browser can be started, else one line that says what is missing. */
export function available(): string | null {
  return findChromium() === null
    ? 'No Chromium found: install it (Debian: apt install chromium) or set MOORING_CHROMIUM to its path'
    : null;
}

/** The caller closes it. Throws where {@link available} gives a reason. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error(available() ?? '');
  // Containers have no user namespaces for the sandbox and little /dev/shm.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--force-color-profile=srgb'];
  return chromium.launch({ executablePath, args });
}
