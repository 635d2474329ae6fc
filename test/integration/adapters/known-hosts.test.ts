import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKnownHosts } from '../../../main/adapters/known-hosts.ts';
import { withSmallDisk } from '../../support/small-disk.ts';

let homeDir: string;
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'mooring-known-'));
});
afterEach(() => {
  rmSync(homeDir, { recursive: true, force: true });
});

const userFile = () => join(homeDir, '.ssh', 'known_hosts');
const open = (systemFile: string | null = null) => createKnownHosts({ homeDir, systemFile });
const read = () => readFileSync(userFile(), 'utf8');
const put = (text: string) => {
  mkdirSync(join(homeDir, '.ssh'), { recursive: true });
  writeFileSync(userFile(), text);
};

function keyOf(type: string, seed: number): string {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  const length = Buffer.from([0, 0, 0, 32]);
  return Buffer.concat([head, Buffer.from(type), length, Buffer.alloc(32, seed)]).toString('base64');
}
const ed = (seed: number) => keyOf('ssh-ed25519', seed);
const line = (names: string, seed: number) => `${names} ssh-ed25519 ${ed(seed)}\n`;

describe('finding', () => {
  test('nothing where there is no file', async () => {
    expect(await open('/nowhere').find('lab', 22)).toEqual([]);
  });

  test('in the user’s files and the system’s, with the place for people', async () => {
    put(`# note\n${line('lab', 1)}${line('[lab]:2222', 2)}@revoked ${line('*', 3)}`);
    writeFileSync(`${userFile()}2`, line('LAB', 4));
    const systemFile = join(homeDir, 'ssh_known_hosts');
    writeFileSync(systemFile, line('lab,shore', 5));
    const found = await open(systemFile).find('Lab', 22);
    expect(found.map(({ key, marker, storedIn }) => [key, marker, storedIn])).toEqual([
      [ed(1), 'none', '~/.ssh/known_hosts:2'],
      [ed(3), 'revoked', '~/.ssh/known_hosts:4'],
      [ed(4), 'none', '~/.ssh/known_hosts2:1'],
      [ed(5), 'none', `${systemFile}:1`],
    ]);
    expect((await open().find('lab', 2222)).map((each) => each.key)).toEqual([ed(2), ed(3)]);
  });

  test('a folder in place of the file knows nobody', async () => {
    mkdirSync(userFile(), { recursive: true });
    expect(await open().find('lab', 22)).toEqual([]);
    expect(await open().add('lab', 22, 'ssh-ed25519', ed(1))).toMatchObject({ ok: false });
  });

  test('a huge file is read in part, without keeping others waiting, and never written', async () => {
    const filler = line('host', 9).repeat(1_000);
    put(line('lab', 1));
    for (let size = 0; size < 9_000_000; size += filler.length) appendFileSync(userFile(), filler);
    appendFileSync(userFile(), line('lab', 2));
    expect((await open().find('lab', 22)).map((each) => each.key)).toEqual([ed(1)]);
    const { size } = statSync(userFile());
    expect(await open().add('lab', 22, 'ssh-ed25519', ed(3))).toMatchObject({ ok: false, error: { message: /8 MB/ } });
    expect(statSync(userFile()).size).toBe(size);
  });
});

describe('adding', () => {
  test('makes the folder and the file, for our eyes only', async () => {
    const reply = await open().add('lab', 22, 'ssh-ed25519', ed(1));
    expect(reply).toEqual({ ok: true, value: { path: userFile(), added: true } });
    expect(read()).toBe(line('lab', 1));
    if (process.platform !== 'win32') {
      expect(statSync(join(homeDir, '.ssh')).mode & 0o777).toBe(0o700);
      expect(statSync(userFile()).mode & 0o777).toBe(0o600);
    }
    expect(await open().add('lab', 22, 'ssh-ed25519', ed(1))).toMatchObject({ ok: true, value: { added: false } });
    expect(await open().find('lab', 22)).toHaveLength(1);
  });

  test.skipIf(process.platform === 'win32')('keeps mode, link and strange bytes', async () => {
    mkdirSync(join(homeDir, '.ssh'));
    mkdirSync(join(homeDir, 'dotfiles'));
    const real = join(homeDir, 'dotfiles', 'known');
    const strange = Buffer.concat([Buffer.from('# caf'), Buffer.from([0xe9, 0x00, 0xff, 0x0d, 0x0a, 0x0a])]);
    writeFileSync(real, strange);
    chmodSync(real, 0o640);
    symlinkSync(join('..', 'dotfiles', 'known'), userFile());
    await open().add('lab', 2222, 'ssh-ed25519', ed(1));
    expect(lstatSync(userFile()).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    const now = readFileSync(real);
    expect(now.subarray(0, strange.length).equals(strange)).toBe(true);
    expect(now.subarray(strange.length).toString()).toBe(line('[lab]:2222', 1));
    expect(readdirSync(join(homeDir, 'dotfiles'))).toEqual(['known']);
  });

  test('a link to a file that is not there yet', async () => {
    mkdirSync(join(homeDir, '.ssh'));
    symlinkSync(join(homeDir, 'elsewhere'), userFile());
    await open().add('lab', 22, 'ssh-ed25519', ed(1));
    expect(readFileSync(join(homeDir, 'elsewhere'), 'utf8')).toBe(line('lab', 1));
  });

  test('many at once: none is lost', async () => {
    const hosts = open();
    const all = Array.from({ length: 20 }, (_, at) => `host-${String(at)}`);
    await Promise.all(all.map((host) => hosts.add(host, 22, 'ssh-ed25519', ed(1))));
    expect(read().trim().split('\n').sort()).toEqual(all.map((host) => line(host, 1).trim()).sort());
  });

  test.each([
    ['a line break', 'lab\nevil', 'ssh-ed25519', ed(1)],
    ['a list', 'lab,evil', 'ssh-ed25519', ed(1)],
    ['a pattern', '*', 'ssh-ed25519', ed(1)],
    ['a negation', '!lab', 'ssh-ed25519', ed(1)],
    ['a marker', '@revoked', 'ssh-ed25519', ed(1)],
    ['a comment', '#lab', 'ssh-ed25519', ed(1)],
    ['nothing', '', 'ssh-ed25519', ed(1)],
    ['another type than the key', 'lab', 'ssh-rsa', ed(1)],
    ['a key with more behind it', 'lab', 'ssh-ed25519', `${ed(1)} evil`],
    ['no key', 'lab', 'ssh-ed25519', ''],
  ])('%s is refused', async (_, host, keyType, key) => {
    expect(await open().add(host, 22, keyType, key)).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    expect(readdirSync(homeDir)).toEqual([]);
  });

  test('a full disk leaves the file as it was', async (context) => {
    const reason = await withSmallDisk(64, async (diskDir) => {
      rmSync(homeDir, { recursive: true });
      homeDir = diskDir;
      put(line('shore', 1).repeat(300));
      const before = read();
      writeFileSync(join(diskDir, 'filler'), Buffer.alloc(28_000));
      const reply = await open().add('lab', 22, 'ssh-ed25519', ed(1));
      expect(reply).toMatchObject({ ok: false, error: { code: 'storage-failed', message: /disk is full/ } });
      expect(read()).toBe(before);
      expect(readdirSync(join(diskDir, '.ssh'))).toEqual(['known_hosts']);
    });
    if (reason !== null) context.skip(reason);
  });
});

const keygen = hasKeygen();
if (!keygen) console.log('comparison with ssh-keygen skipped: needs the Debian package openssh-client');

describe.skipIf(!keygen)('the same as ssh-keygen', () => {
  const run = (...args: readonly string[]) => {
    try {
      return execFileSync('ssh-keygen', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return '';
    }
  };
  /** Line numbers that `ssh-keygen -F` finds. */
  const keygenFinds = (name: string) =>
    [...run('-F', name, '-f', userFile()).matchAll(/found: line (\d+)/g)].map((each) => Number(each[1]));
  const weFind = async (host: string, port: number) =>
    (await open().find(host, port)).map((each) => Number(each.storedIn.split(':').at(-1)));

  const hosts = [
    ['lab', 22],
    ['LAB', 22],
    ['lab', 2222],
    ['a.example', 22],
    ['bad.example', 22],
    ['x.example', 2200],
    ['10.0.0.1', 22],
    ['::1', 22],
    ['::1', 2222],
    ['nobody', 22],
  ] as const;
  // No line with a broken key: ssh passes over it, ssh-keygen -F shows it.
  const text = [
    line('lab', 1),
    '# comment\n\n',
    line('lab,10.0.0.1', 2),
    line('[lab]:2222', 3),
    line('*.example,!bad.example', 4),
    line('[*.example]:2200', 5),
    line('::1', 6),
    line('[::1]:2222', 7),
    `lab\t \tssh-ed25519  ${ed(8)} comment\r\n`,
    `@revoked ${line('lab', 9)}`,
    `@cert-authority ${line('*.example', 9)}`,
    line('l?b', 10),
  ].join('');

  test.each(hosts)('finding %s port %i', async (host, port) => {
    put(text);
    const name = port === 22 ? host : `[${host}]:${String(port)}`;
    expect(await weFind(host, port)).toEqual(keygenFinds(name));
  });

  test('finding hashed names (-H)', async () => {
    put([line('lab', 1), line('[lab]:2222', 2), line('10.0.0.1', 3), line('::1', 4)].join(''));
    run('-H', '-f', userFile());
    expect(read()).toMatch(/^\|1\|/);
    expect(await weFind('lab', 22)).toEqual([1]);
    expect(await weFind('LAB', 2222)).toEqual([2]);
    expect(await weFind('10.0.0.1', 22)).toEqual([3]);
    expect(await weFind('::1', 22)).toEqual([4]);
  });

  test('it finds what we add, plain and hashed', async () => {
    for (const [host, port] of [
      ['lab', 22],
      ['Shore', 2222],
      ['::1', 2222],
    ] as const) {
      await open().add(host, port, 'ssh-ed25519', ed(1)); // prettier-ignore
    }
    expect([keygenFinds('lab'), keygenFinds('[shore]:2222'), keygenFinds('[::1]:2222')]).toEqual([[1], [2], [3]]);
    run('-H', '-f', userFile());
    await open().add('new', 2222, 'ssh-ed25519', ed(2));
    expect(read()).not.toContain('new');
    expect(keygenFinds('[new]:2222')).toEqual([4]);
    await open().add('lab', 22, 'ssh-ed25519', ed(3));
    expect(keygenFinds('lab')).toEqual([4]);
  });

  test('fingerprints (-l)', async () => {
    const keyPath = join(homeDir, 'key');
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      run('-q', '-t', type, '-N', '', '-f', `${keyPath}-${type}`);
      const [keyType = '', key = ''] = readFileSync(`${keyPath}-${type}.pub`, 'utf8').split(' ');
      await open().add(type, 22, keyType, key);
      const [found] = await open().find(type, 22);
      expect(run('-l', '-f', `${keyPath}-${type}.pub`)).toContain(` ${found?.fingerprint ?? '?'} `);
    }
  });
});

function hasKeygen(): boolean {
  try {
    execFileSync('ssh-keygen', ['-F', 'x', '-f', '/dev/null'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}
