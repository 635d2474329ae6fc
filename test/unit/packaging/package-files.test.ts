/** Files that packages bring along: that they are what the system expects, and agree with each other. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(path, 'utf8');
const config = read('electron-builder.yml');
const linux = 'build/linux';

/** Names of the elements in order of their opening; throws where they do not nest. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const bare = xml.replace(/<\?[^>]*\?>|<!DOCTYPE[^>]*>|<!--[\s\S]*?-->/g, '');
  for (const [, end, name = '', alone] of bare.matchAll(/<(\/?)([\w.:-]+)[^<>]*?(\/?)>/g)) {
    if (end) {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    seen.push(name);
    if (!alone) open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.join('><')}> is not closed`);
  return seen;
}

describe('the polkit policy', () => {
  const xml = read(join(linux, 'io.github.mooring.hosts.policy'));
  const text = (name: string) => new RegExp(`<${name}[^>]*>([^<]+)</${name}>`).exec(xml)?.[1];

  it('has the elements of polkit’s DTD, in their order', () => {
    expect(elements(xml)).toEqual([
      'policyconfig',
      'vendor',
      'vendor_url',
      'icon_name',
      'action',
      'description',
      'message',
      'defaults',
      'allow_any',
      'allow_inactive',
      'allow_active',
      'annotate',
    ]);
    // A comment with two hyphens in it would make the whole file unreadable.
    expect(/<!--([\s\S]*?)-->/.exec(xml)?.[1]).not.toContain('--');
  });

  it('always asks for an administrator', () => {
    expect([text('allow_any'), text('allow_inactive')]).toEqual(['auth_admin', 'auth_admin']);
    expect(text('allow_active')).toBe('auth_admin_keep');
  });

  it('speaks of one program, where only root may write', () => {
    expect(xml).toMatch(/key="org\.freedesktop\.policykit\.exec\.path">\/opt\/Mooring\/resources\//);
    expect(xml.match(/<action /g)).toHaveLength(1);
  });

  it('is installed under the name of its action', () => {
    expect(xml).toContain('<action id="io.github.mooring.hosts">');
    expect(
      config.match(/hosts\.policy=\/usr\/share\/polkit-1\/actions\/io\.github\.mooring\.hosts\.policy/g),
    ).toHaveLength(2);
  });
});

it('entitles the app on macOS to compile at run time and to nothing else', () => {
  const plist = read('build/entitlements.mac.plist');
  expect(elements(plist)).toEqual(['plist', 'dict', 'key', 'true']);
  expect(/<key>([^<]+)/.exec(plist)?.[1]).toBe('com.apple.security.cs.allow-jit');
});

describe.skipIf(process.platform === 'win32')('scripts of the Linux packages', () => {
  it.each(['mooring', 'after-install.sh', 'after-remove.sh'])('%s is plain sh, and may be run', (name) => {
    const path = join(linux, name);
    expect(read(path)).toMatch(/^#!\/bin\/sh\n/);
    expect(statSync(path).mode & 0o111).toBe(0o111);
    execFileSync('/bin/sh', ['-n', path]);
    // electron-builder would put something of its own in place of it.
    if (name.endsWith('.sh')) expect(read(path).replace(/\$\{1:-\}/g, '')).not.toMatch(/\$\{[a-zA-Z]+\}|<%=/);
  });

  it('leaves everything as it is after an upgrade', () => {
    for (const word of ['upgrade', 'failed-upgrade', '1', '2']) {
      const shown = execFileSync('/bin/sh', ['-x', join(linux, 'after-remove.sh'), word], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(shown.toString()).toBe('');
    }
  });
});

describe('electron-builder.yml', () => {
  it('names only files that are there', () => {
    const named = [...config.matchAll(/(?:^|[\s:[-])(build\/[\w./-]+)/gm)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(8);
    // Two of them are programs that packaging runs, or made of others.
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('has Linux icons of the sizes that desktops ask for, each as large as its name says', () => {
    const names = readdirSync('build/icons').filter((name) => name.endsWith('.png'));
    expect(names).toEqual(
      expect.arrayContaining(['16x16.png', '32x32.png', '48x48.png', '128x128.png', '512x512.png']),
    );
    for (const name of names) {
      const png = readFileSync(join('build/icons', name));
      expect(`${String(png.readUInt32BE(16))}x${String(png.readUInt32BE(20))}.png`).toBe(name);
    }
  });

  it('says the same as package.json about the name that ties window and desktop entry', () => {
    const { desktopName } = JSON.parse(read('package.json')) as { desktopName: string };
    expect(desktopName).toBe('mooring.desktop');
    expect(config).toMatch(/executableName: mooring\n/);
    expect(config).toMatch(/syncDesktopName: true/);
  });
});

it('packages no feed of updates that could be anybody’s', () => {
  for (const url of ['http://updates.example', 'ftp://updates.example', 'http://127.0.0.1.example/']) {
    const { status, stderr } = spawnSync(process.execPath, ['build/package.mjs', '--no-build'], {
      env: { ...process.env, MOORING_UPDATE_URL: url },
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('must start with https://');
  }
});
