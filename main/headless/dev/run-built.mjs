/**
 * Runs the program from a checkout: builds first when sources are newer than what was built, then passes its arguments
 * on. `npm run mooring -- status`, `npm run demo`. `npm start` opens the desktop app where Electron's own program has been
 * brought along (`npx install-electron`, or a folder named by ELECTRON_OVERRIDE_DIST_PATH), else the browser.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const rootDir = join(import.meta.dirname, '../../..');
const program = join(rootDir, 'out/main/mooring.js');
const built = [program, join(rootDir, 'out/main/desktop.js'), join(rootDir, 'out/renderer/index.html')];
const sources = ['main', 'preload', 'renderer', 'build/tray', 'package.json', 'electron.vite.config.ts'];

/** Newest change under a path, epoch milliseconds; 0 for what is not there. */
function newestMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  // A folder's own time tells of files that were removed.
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function buildIfNeeded() {
  const builtMs = Math.min(...built.map(newestMs));
  if (sources.every((each) => newestMs(join(rootDir, each)) < builtMs)) return;
  if (process.stderr.isTTY) process.stderr.write('Building Mooring …\n');
  const cli = join(rootDir, 'node_modules/electron-vite/bin/electron-vite.js');
  // A test runner's NODE_ENV would get React's slow development build in.
  const env = { ...process.env, NODE_ENV: 'production' };
  const result = spawnSync(process.execPath, [cli, 'build'], { cwd: rootDir, encoding: 'utf8', env });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout}${result.stderr}\nThe build failed. Is everything installed? Try: npm ci\n`);
  process.exit(1);
}

/** Electron's program as its package would find it, without downloading it; null when it is not there. */
function electronProgram() {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const distDir = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(rootDir, 'node_modules/electron/dist');
  const path = join(distDir, names[process.platform] ?? 'electron');
  return existsSync(path) ? path : null;
}

buildIfNeeded();
let command = process.execPath;
let args = [program, ...process.argv.slice(2)];
if (process.argv[2] === 'start') {
  const electron = electronProgram();
  const rest = process.argv.slice(3);
  if (electron === null) {
    process.stderr.write('The window opens in your browser. For the desktop app with its tray: npx install-electron\n');
    args = [program, 'serve', '--open', ...rest];
  } else {
    command = electron;
    // Chromium has no sandbox for root.
    args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), rootDir, ...rest];
  }
}
const child = spawn(command, args, { stdio: 'inherit' });
// Those of a terminal go to every process in it, the child too; those sent to this process alone are passed on.
const fromTerminal = process.stdin.isTTY ? ['SIGINT', 'SIGHUP'] : [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => fromTerminal.includes(signal) || child.kill(signal));
}
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
