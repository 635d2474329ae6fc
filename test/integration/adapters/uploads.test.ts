import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createUploads } from '../../../main/adapters/uploads.ts';

const homeDir = mkdtempSync(join(tmpdir(), 'mooring-uploads-'));
afterAll(() => {
  rmSync(homeDir, { recursive: true, force: true });
});
const uploads = createUploads({ homeDir });
const windows = process.platform === 'win32';

function put(path: string, text: string | Buffer, mode = 0o644): string {
  const file = join(homeDir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return `~/${path}`;
}

const makePipe = (path: string) => execFileSync('sh', ['-c', `mkfifo '${join(homeDir, path)}'`]);

async function packed(path: string): Promise<{ archive: Buffer; isFolder: boolean }> {
  const reply = await uploads.pack(path);
  if (!reply.ok) throw new Error(reply.error.message);
  return { archive: Buffer.from(reply.value.base64, 'base64'), isFolder: reply.value.isFolder };
}

/** Unpacks it with the system's own tar, as the server does. */
function unpack(archive: Buffer): string {
  const folder = mkdtempSync(join(homeDir, 'unpacked-'));
  execFileSync('tar', ['-xzf', '-', '-C', folder], { input: archive });
  return folder;
}

const names = (archive: Buffer): string[] =>
  execFileSync('tar', ['-tzf', '-', '--quoting-style=literal'], { input: archive, encoding: 'utf8' })
    .split('\n')
    .filter((each) => each !== '');

describe('a file', () => {
  it('lies at the top under its own name, and stays executable', async () => {
    const path = put('work/my scripts/@instal ö.sh', '#!/bin/sh\n', 0o755);
    const { archive, isFolder } = await packed(path);
    expect(isFolder).toBe(false);
    const folder = unpack(archive);
    expect(readdirSync(folder)).toEqual(['@instal ö.sh']);
    expect(readFileSync(join(folder, '@instal ö.sh'), 'utf8')).toBe('#!/bin/sh\n');
    if (!windows) expect(lstatSync(join(folder, '@instal ö.sh')).mode & 0o777).toBe(0o755);
  });

  it('goes under the name of the link that a person chose', async () => {
    put('real/v2.sh', 'two');
    symlinkSync(join(homeDir, 'real/v2.sh'), join(homeDir, 'current.sh'));
    const folder = unpack((await packed('~/current.sh')).archive);
    expect(readdirSync(folder)).toEqual(['current.sh']);
    expect(readFileSync(join(folder, 'current.sh'), 'utf8')).toBe('two');
  });
});

describe('a folder', () => {
  it('gives its content: hidden files, empty folders, links and who may execute, and no path that leads elsewhere', async () => {
    put('repo/install.sh', 'a', 0o755);
    put('repo/.git/HEAD', 'ref');
    put('repo/node_modules/x/index.js', 'x', 0o600);
    put('repo/data/ä b\'"$x.txt', 'odd');
    mkdirSync(join(homeDir, 'repo/empty'));
    symlinkSync('install.sh', join(homeDir, 'repo/link'));
    symlinkSync('/etc/passwd', join(homeDir, 'repo/away'));
    symlinkSync('/', join(homeDir, 'repo/root'));
    linkSync(join(homeDir, 'repo/install.sh'), join(homeDir, 'repo/twin.sh'));
    if (!windows) makePipe('repo/pipe');
    const { archive, isFolder } = await packed('~/repo');
    expect(isFolder).toBe(true);
    expect(names(archive).filter((each) => each.startsWith('/') || each.includes('..'))).toEqual([]);
    const folder = unpack(archive);
    expect(readdirSync(folder).sort()).toEqual(
      ['.git', 'away', 'data', 'empty', 'install.sh', 'link', 'node_modules', 'root', 'twin.sh'].sort(),
    );
    expect(readlinkSync(join(folder, 'link'))).toBe('install.sh');
    expect(readlinkSync(join(folder, 'away'))).toBe('/etc/passwd');
    expect(readFileSync(join(folder, 'twin.sh'), 'utf8')).toBe('a');
    expect(readFileSync(join(folder, 'data/ä b\'"$x.txt'), 'utf8')).toBe('odd');
    expect(readFileSync(join(folder, '.git/HEAD'), 'utf8')).toBe('ref');
    if (!windows) expect(lstatSync(join(folder, 'install.sh')).mode & 0o111).toBe(0o111);
  });

  it('may be named from the home folder, and may be a link itself', async () => {
    put('linked/there.txt', 'there');
    symlinkSync(join(homeDir, 'linked'), join(homeDir, 'by-link'));
    for (const path of ['linked', '~/linked/', '~/by-link', join(homeDir, 'linked')]) {
      const folder = unpack((await packed(path)).archive);
      expect(readdirSync(folder)).toEqual(['there.txt']);
    }
  });

  it('may be empty', async () => {
    mkdirSync(join(homeDir, 'nothing'));
    expect(readdirSync(unpack((await packed('~/nothing')).archive))).toEqual([]);
  });
});

describe('what is not sent', () => {
  it('what is not there, and what is no file or folder', async () => {
    expect(await uploads.pack('~/gone.sh')).toMatchObject({
      ok: false,
      error: { code: 'not-found', message: 'There is no ~/gone.sh on this machine.' },
    });
    put('plain.txt', '');
    expect(await uploads.pack('~/plain.txt/x')).toMatchObject({ ok: false, error: { code: 'not-found' } });
    if (windows) return;
    makePipe('alone');
    expect(await uploads.pack('~/alone')).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  });

  it.skipIf(windows || process.getuid?.() === 0)('what may not be read', async () => {
    put('shut/secret', 'x', 0o000);
    expect(await uploads.pack('~/shut')).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  });

  it('what is too large when packed, or before', async () => {
    const small = createUploads({ homeDir, largestPackedBytes: 100_000, largestBytes: 1_000_000 });
    put('much/zeros', Buffer.alloc(900_000));
    expect(await small.pack('~/much')).toMatchObject({ ok: true });
    put('much/more/zeros', Buffer.alloc(200_000));
    expect(await small.pack('~/much')).toMatchObject({
      ok: false,
      error: { code: 'too-large', message: '~/much is too large to be sent: more than 1 MB.' },
    });
    put('random/bytes', randomBytes(300_000));
    put('random/more', randomBytes(300_000));
    expect(await small.pack('~/random')).toMatchObject({
      ok: false,
      error: { code: 'too-large', message: '~/random is too large to be sent: more than 0.1 MB even when packed.' },
    });
    expect(await small.pack('~/random/bytes')).toMatchObject({ ok: false, error: { code: 'too-large' } });
  });
});

it('packs the same bytes for the same files, whoever owns them', async () => {
  put('same/a.txt', 'a');
  expect((await packed('~/same')).archive.equals((await packed('~/same')).archive)).toBe(true);
});
