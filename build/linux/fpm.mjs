#!/usr/bin/env node
/**
 * Stands in for fpm where there is none (CUSTOM_FPM_PATH): takes the words that electron-builder says to fpm for a deb,
 * and builds it with dpkg-deb alone. What it does not know it refuses, so that no option is lost silently.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';

const switches = ['--force'];
const ignored = ['-s', '--vendor', '--license'];
const single = ['-t', '--architecture', '--after-install', '--after-remove', '--description', '--version', '--package'];
single.push('--name', '--maintainer', '--url', '--category', '--deb-priority', '--deb-compression');
const several = ['-d', '--deb-recommends'];

/** Options by name, lists for those that come more than once, and `from=to` pairs. */
function read(words) {
  const options = { '-d': [], '--deb-recommends': [] };
  const files = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (switches.includes(word)) continue;
    if (several.includes(word)) options[word].push(words[++at]);
    else if (single.includes(word)) options[word] = words[++at];
    else if (ignored.includes(word)) at += 1;
    else if (!word.startsWith('-') && word.includes('=')) files.push(word.split('='));
    else throw new Error(`fpm.mjs does not know: ${word}`);
  }
  if (options['-t'] !== 'deb') throw new Error(`fpm.mjs builds debs only, not ${options['-t']}. Install fpm.`);
  return { options, files };
}

/** All files below, with modes as a package should have them whatever the umask was. */
function tidy(dir) {
  chmodSync(dir, 0o755);
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) return tidy(path);
    if (stat.isSymbolicLink()) return [];
    const runs = (stat.mode & 0o100) !== 0;
    chmodSync(path, name === 'chrome-sandbox' ? 0o4755 : runs ? 0o755 : 0o644);
    return [{ path, bytes: stat.size }];
  });
}

/** Debian policy 5.6.13: one line, then lines with a space before them. */
function description(text) {
  const [synopsis = '', ...rest] = text.split('\n').map((line) => line.trim());
  const lines = [''];
  for (const word of rest.join(' ').split(' ')) {
    const last = lines.length - 1;
    if (lines[last].length + word.length > 76) lines.push(` ${word}`);
    else lines[last] += ` ${word}`;
  }
  return [synopsis, ...lines].join('\n');
}

const { options, files } = read(process.argv.slice(2));
const root = mkdtempSync(join(tmpdir(), 'mooring-deb-'));
try {
  for (const [from, to] of files) {
    const target = join(root, to);
    mkdirSync(dirname(target), { recursive: true });
    if (from.endsWith('/')) cpSync(from, target, { recursive: true, verbatimSymlinks: true });
    else copyFileSync(from, target);
  }
  const packed = tidy(root);
  const control = join(root, 'DEBIAN');
  mkdirSync(control, { mode: 0o755 });
  const md5 = (path) => createHash('md5').update(readFileSync(path)).digest('hex');
  writeFileSync(join(control, 'md5sums'), packed.map(({ path }) => `${md5(path)}  ${relative(root, path)}\n`).join(''));
  const kilobytes = packed.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 1024), 0);
  const fields = {
    Package: options['--name'],
    Version: options['--version'],
    Architecture: options['--architecture'],
    Maintainer: options['--maintainer'],
    'Installed-Size': kilobytes,
    Depends: options['-d'].join(', '),
    Recommends: options['--deb-recommends'].join(', '),
    Section: options['--category'],
    Priority: options['--deb-priority'],
    Homepage: options['--url'],
    Description: description(options['--description']),
  };
  const text = Object.entries(fields).filter(([, value]) => value);
  writeFileSync(join(control, 'control'), text.map(([name, value]) => `${name}: ${value}\n`).join(''), { mode: 0o644 });
  for (const [option, name] of [
    ['--after-install', 'postinst'],
    ['--after-remove', 'postrm'],
  ]) {
    if (!options[option]) continue;
    copyFileSync(options[option], join(control, name));
    chmodSync(join(control, name), 0o755);
  }
  const compression = (options['--deb-compression'] ?? 'xz').replace(/^zst$/, 'zstd');
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', root, options['--package']], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
} finally {
  rmSync(root, { recursive: true, force: true });
}
