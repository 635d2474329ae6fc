/**
 * Builds the app and packages it for this system: npm run package, npm run package:dir.
 *
 *   --no-build      packages out/ as it is
 *   --without-fpm   a deb (--linux deb) by dpkg-deb alone, where fpm can't be had
 *   MOORING_UPDATE_URL in the environment: where newer versions will be found (https). Without it the package has no
 *   feed of updates, and says so in its settings.
 *
 * Everything else goes to electron-builder.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { URL } from 'node:url';

const rootDir = join(import.meta.dirname, '..');
const tool = (path) => join(rootDir, 'node_modules', path);

const ours = ['--no-build', '--without-fpm'];
const words = process.argv.slice(2);

/** Updates over plain HTTP could be anybody's; this machine itself is the one exception, for tests. */
function feedArguments(address) {
  if (!address) return [];
  const { protocol, hostname } = new URL(address);
  if (protocol !== 'https:' && !(protocol === 'http:' && hostname === '127.0.0.1')) {
    throw new Error('MOORING_UPDATE_URL must start with https://');
  }
  return ['-c.publish.provider=generic', `-c.publish.url=${address}`];
}

function run(path, args) {
  const env = { ...process.env, NODE_ENV: 'production' };
  if (words.includes('--without-fpm')) env.CUSTOM_FPM_PATH = join(rootDir, 'build/linux/fpm.mjs');
  const { status, error } = spawnSync(process.execPath, [tool(path), ...args], { cwd: rootDir, stdio: 'inherit', env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const feed = feedArguments(process.env.MOORING_UPDATE_URL);
if (!words.includes('--prepackaged') && !words.includes('--no-build'))
  run('electron-vite/bin/electron-vite.js', ['build']);
run('electron-builder/cli.js', ['--publish=never', ...feed, ...words.filter((each) => !ours.includes(each))]);
