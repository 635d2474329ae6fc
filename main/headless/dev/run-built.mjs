/**
 * Runs the program from a checkout: builds first when sources are newer than what was built, then passes its arguments
 * on. `npm run mooring -- status`, `npm run demo`, `npm start`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const rootDir = join(import.meta.dirname, '../../..');
const program = join(rootDir, 'out/main/mooring.js');
const built = [program, join(rootDir, 'out/renderer/index.html')];
const sources = ['main', 'preload', 'renderer', 'package.json', 'electron.vite.config.ts'];

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

buildIfNeeded();
let words = process.argv.slice(2);
if (words[0] === 'start') {
  process.stderr.write('The desktop runtime is not part of this checkout: the same window opens in your browser.\n');
  words = ['serve', '--open', ...words.slice(1)];
}
const child = spawn(process.execPath, [program, ...words], { stdio: 'inherit' });
// Those of a terminal go to every process in it, the child too; those sent to this process alone are passed on.
const fromTerminal = process.stdin.isTTY ? ['SIGINT', 'SIGHUP'] : [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => fromTerminal.includes(signal) || child.kill(signal));
}
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
