import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createStateFiles, type StateFilesOptions } from '../../../main/adapters/state-files.ts';
import { withSmallDisk } from '../../support/small-disk.ts';

let outer: string;
let dir: string;
beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'mooring-state-'));
  dir = join(outer, 'data');
});
afterEach(() => {
  rmSync(outer, { recursive: true, force: true });
});

const open = (more: Partial<StateFilesOptions> = {}) => createStateFiles({ dataDir: dir, ...more });
const at = (name: string) => join(dir, name);
const put = (name: string, text: string | Buffer) => {
  mkdirSync(dir, { recursive: true });
  writeFileSync(at(name), text);
};
const names = () => readdirSync(dir).sort();
const envelope = (value: unknown, schemaVersion = 1) => JSON.stringify({ schemaVersion, value });
const saved = (name = 'servers.json') => JSON.parse(readFileSync(at(name), 'utf8')) as unknown;
const isRoot = process.getuid?.() === 0;

describe('loading and saving', () => {
  test('nothing there yet: null, no trouble, and nothing is made', async () => {
    expect(await open().servers.load()).toEqual({ value: null, trouble: null });
    expect(existsSync(dir)).toBe(false);
  });

  test('what was saved is loaded, in files for our eyes only', async () => {
    const files = open();
    const value = [{ name: 'läb', port: 22, wanted: true, none: null }];
    expect(await files.servers.save(value)).toEqual({ ok: true, value: null });
    await files.settings.save({ theme: 'dark' });
    await files.hostKeys.save({});
    expect(names()).toEqual(['host-keys.json', 'servers.json', 'settings.json']);
    expect(saved()).toEqual({ schemaVersion: 1, value });
    expect(await open().servers.load()).toEqual({ value, trouble: null });
    if (process.platform !== 'win32') {
      expect(statSync(dir).mode & 0o777).toBe(0o700);
      for (const name of names()) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
    }
  });

  test('the file before the last change is the backup; saving the same changes nothing', async () => {
    const files = open();
    await files.servers.save(['a']);
    await files.servers.save(['a', 'b']);
    await files.servers.save(['a', 'b']);
    expect(saved('servers.json.bak')).toEqual({ schemaVersion: 1, value: ['a'] });
    expect(statSync(at('servers.json.bak')).mode & 0o777).toBe(0o600);
  });

  test('many saves at once: the last one counts, no file is ever half written', async () => {
    const files = open();
    const values = Array.from({ length: 20 }, (_, count) => Array<string>(count).fill('x'.repeat(100)));
    const replies = await Promise.all(values.map((value) => files.servers.save(value)));
    expect(replies.every((each) => each.ok)).toBe(true);
    expect((await open().servers.load()).value).toEqual(values.at(-1));
    expect(names()).toEqual(['servers.json', 'servers.json.bak']);
  });

  test('undefined is saved as null, odd values as JSON has them', async () => {
    const files = open();
    expect(await files.servers.save(undefined)).toMatchObject({ ok: true });
    expect(await files.servers.save({ a: undefined, b: Number.NaN })).toMatchObject({ ok: true });
    expect((await open().servers.load()).value).toEqual({ b: null });
  });

  test('a file that is a link stays one', async () => {
    mkdirSync(join(outer, 'dotfiles'));
    mkdirSync(dir);
    symlinkSync(join(outer, 'dotfiles', 'servers.json'), at('servers.json'));
    const files = open();
    await files.servers.save(['a']);
    await files.servers.save(['b']);
    expect(lstatSync(at('servers.json')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(outer, 'dotfiles'))).toEqual(['servers.json']);
    expect((await open().servers.load()).value).toEqual(['b']);
  });

  test('leftovers of a process that was killed are cleared away', async () => {
    put('.servers.json.0123456789ab.tmp', '{"schemaV');
    put('.servers.json.mine.tmp', 'of someone else');
    put('servers.json', envelope(['a']));
    expect((await open().servers.load()).value).toEqual(['a']);
    expect(names()).toEqual(['.servers.json.mine.tmp', 'servers.json']);
  });
});

describe('damage', () => {
  const nowMs = () => Date.UTC(2026, 10, 21, 7, 24, 5, 123);
  const aside = 'servers.damaged-2026-11-21T07-24-05.123Z.json';

  test.each<[string, () => void]>([
    ['not JSON', () => put('servers.json', '{"schemaVersion":1,"val')],
    ['empty', () => put('servers.json', '')],
    ['of another form', () => put('servers.json', '[1,2]')],
    ['binary', () => put('servers.json', Buffer.from([0, 255, 254, 1]))],
    ['a folder', () => mkdirSync(at('servers.json'), { recursive: true })],
    [
      '100 MB',
      () => {
        put('servers.json', '');
        truncateSync(at('servers.json'), 100_000_000);
      },
    ],
  ])('a file that is %s is set aside; the backup is used and put back', async (_, damage) => {
    put('servers.json.bak', envelope(['good']));
    damage();
    const files = open({ nowMs });
    const { value, trouble } = await files.servers.load();
    expect(value).toEqual(['good']);
    expect(trouble).toMatchObject({ code: 'storage-failed' });
    expect(trouble?.message).toContain(at(aside));
    expect(trouble?.message).toContain(at('servers.json.bak'));
    expect(names()).toEqual([aside, 'servers.json', 'servers.json.bak']);
    expect(await open().servers.load()).toEqual({ value: ['good'], trouble: null });
  });

  test('without a backup: starts with nothing, the damaged file is kept through all later saves', async () => {
    put('servers.json', 'my precious {');
    const files = open({ nowMs });
    const { value, trouble } = await files.servers.load();
    expect(value).toBeNull();
    expect(trouble?.message).toMatch(/no backup/);
    for (const each of ['a', 'b', 'c']) await files.servers.save([each]);
    expect(readFileSync(at(aside), 'utf8')).toBe('my precious {');
  });

  test('of file and backup: both are kept', async () => {
    put('servers.json', 'one');
    put('servers.json.bak', 'two');
    const files = open({ nowMs });
    expect((await files.servers.load()).value).toBeNull();
    await files.servers.save(['a']);
    await files.servers.save(['b']);
    expect(readFileSync(at(aside), 'utf8')).toBe('one');
    expect(readFileSync(at(`${aside}.bak`), 'utf8')).toBe('two');
  });

  test('twice in the same millisecond overwrites nothing', async () => {
    for (const text of ['one', 'two']) {
      put('servers.json', text);
      await open({ nowMs }).servers.load();
    }
    expect(readFileSync(at(aside), 'utf8')).toBe('one');
    expect(readFileSync(at(aside.replace('Z.json', 'Z-2.json')), 'utf8')).toBe('two');
  });

  test('while we run is set aside at the next save, not overwritten and not made the backup', async () => {
    const files = open({ nowMs });
    await files.servers.load();
    await files.servers.save(['a']);
    await files.servers.save(['b']);
    put('servers.json', 'edited by ha');
    expect(await files.servers.save(['c'])).toMatchObject({ ok: true });
    expect(readFileSync(at(aside), 'utf8')).toBe('edited by ha');
    expect(saved('servers.json.bak')).toEqual({ schemaVersion: 1, value: ['a'] });
    expect(saved()).toEqual({ schemaVersion: 1, value: ['c'] });
  });

  test('of what the core can not use is found by its own check', async () => {
    put('servers.json', envelope('no list'));
    put('servers.json.bak', envelope([]));
    const check = { servers: (value: unknown) => (Array.isArray(value) ? null : 'it holds no list of servers') };
    const { value, trouble } = await open({ nowMs, check }).servers.load();
    expect(value).toEqual([]);
    expect(trouble?.message).toContain('it holds no list of servers');
  });

  test('a file that is gone comes back from the backup, and that is said', async () => {
    put('servers.json.bak', envelope(['good']));
    const { value, trouble } = await open().servers.load();
    expect(value).toEqual(['good']);
    expect(trouble?.message).toMatch(/is gone/);
    expect(await open().servers.load()).toEqual({ value: ['good'], trouble: null });
  });

  test('saving before loading sets a damaged file aside too', async () => {
    put('servers.json', 'broken');
    await open({ nowMs }).servers.save(['a']);
    expect(readFileSync(at(aside), 'utf8')).toBe('broken');
  });
});

describe('schema versions', () => {
  const migrations = { servers: { 1: (value: unknown) => ({ servers: value }) } };

  test('an older file is brought up to date; the old one stays as the backup', async () => {
    put('servers.json', envelope(['lab']));
    const files = open({ migrations });
    expect(await files.servers.load()).toEqual({ value: { servers: ['lab'] }, trouble: null });
    expect(saved()).toEqual({ schemaVersion: 1, value: ['lab'] });
    await files.servers.save({ servers: ['lab', 'shore'] });
    expect(saved()).toEqual({ schemaVersion: 2, value: { servers: ['lab', 'shore'] } });
    expect(saved('servers.json.bak')).toEqual({ schemaVersion: 1, value: ['lab'] });
  });

  test('the same value in an old form is still written anew', async () => {
    put('servers.json', envelope(7));
    const files = open({ migrations: { servers: { 1: (value: unknown) => value } } });
    await files.servers.save(7);
    expect(saved()).toEqual({ schemaVersion: 2, value: 7 });
  });

  test.each([
    ['the file', 'servers.json'],
    ['the backup of a file that is gone', 'servers.json.bak'],
  ])('%s of a newer Mooring is left alone, and saving is refused', async (_, name) => {
    const text = envelope({ from: 'the future' }, 9);
    put(name, text);
    const files = open();
    const { value, trouble } = await files.servers.load();
    expect(value).toBeNull();
    expect(trouble?.message).toMatch(/newer Mooring/);
    expect(await files.servers.save(['a'])).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
    expect(await open().servers.save(['a'])).toMatchObject({ ok: false });
    expect(readFileSync(at(name), 'utf8')).toBe(text);
    expect(names()).toEqual([name]);
    expect(await files.settings.save({})).toMatchObject({ ok: true });
  });

  test('a damaged file beside a backup of a newer Mooring: both are left alone', async () => {
    put('servers.json', 'broken');
    put('servers.json.bak', envelope(['future'], 2));
    const files = open();
    expect((await files.servers.load()).trouble?.message).toMatch(/newer Mooring/);
    for (const each of ['a', 'b']) expect(await files.servers.save([each])).toMatchObject({ ok: false });
    expect(readFileSync(at('servers.json'), 'utf8')).toBe('broken');
    expect(saved('servers.json.bak')).toEqual({ schemaVersion: 2, value: ['future'] });
  });

  test('a newer Mooring that wrote while we run is not overwritten', async () => {
    const files = open();
    await files.servers.save(['a']);
    put('servers.json', envelope(['future'], 2));
    expect(await files.servers.save(['b'])).toMatchObject({ ok: false, error: { message: /newer Mooring/ } });
    expect(saved()).toEqual({ schemaVersion: 2, value: ['future'] });
  });
});

describe('a disk that refuses', () => {
  test('full: storage-failed, the old file intact, nothing left over; then it works again', async (context) => {
    const reason = await withSmallDisk(128, async (diskDir) => {
      dir = join(diskDir, 'data');
      const files = open();
      await files.servers.save(['first']);
      await files.servers.save(['good']);
      const before = names();
      const reply = await files.servers.save(['x'.repeat(300_000)]);
      expect(reply).toMatchObject({ ok: false, error: { code: 'storage-failed', message: /disk is full/ } });
      expect(names()).toEqual(before);
      expect(await open().servers.load()).toEqual({ value: ['good'], trouble: null });
      // Now not a single byte is left.
      fill(join(diskDir, 'filler'));
      expect(await files.servers.save(['other'])).toMatchObject({ ok: false, error: { message: /disk is full/ } });
      expect(names()).toEqual(before);
      expect(saved()).toEqual({ schemaVersion: 1, value: ['good'] });
      rmSync(join(diskDir, 'filler'));
      expect(await files.servers.save(['other'])).toMatchObject({ ok: true });
    });
    if (reason !== null) context.skip(reason);
  });

  test('read-only: storage-failed at once, reading still works', async (context) => {
    const reason = await withSmallDisk(128, async (diskDir, setReadOnly) => {
      dir = join(diskDir, 'data');
      const files = open();
      await files.servers.save(['good']);
      setReadOnly();
      expect(await files.servers.save(['b'])).toMatchObject({ ok: false, error: { message: /read-only/ } });
      expect(await open().servers.load()).toEqual({ value: ['good'], trouble: null });
    });
    if (reason !== null) context.skip(reason);
  });

  test('read-only and damaged: said, and nothing is overwritten later', async (context) => {
    const reason = await withSmallDisk(128, async (diskDir, setReadOnly) => {
      dir = join(diskDir, 'data');
      put('servers.json', 'broken');
      setReadOnly();
      const files = open();
      expect((await files.servers.load()).trouble?.message).toMatch(/can’t be read|not JSON/);
      expect(await files.servers.save(['b'])).toMatchObject({ ok: false });
      expect(readFileSync(at('servers.json'), 'utf8')).toBe('broken');
    });
    if (reason !== null) context.skip(reason);
  });

  test.skipIf(isRoot || process.platform === 'win32')(
    'a folder without permission (not as root, who may write anywhere)',
    async () => {
      const files = open();
      await files.servers.save(['good']);
      chmodSync(dir, 0o500);
      expect(await files.servers.save(['b'])).toMatchObject({ ok: false, error: { message: /permission/ } });
      chmodSync(dir, 0o700);
      expect(await open().servers.load()).toEqual({ value: ['good'], trouble: null });
    },
  );

  test('a file where the folder should be', async () => {
    writeFileSync(dir, 'in the way');
    const files = open();
    expect((await files.servers.load()).trouble).toMatchObject({ code: 'storage-failed' });
    expect(await files.servers.save(['a'])).toMatchObject({ ok: false });
    expect(readFileSync(dir, 'utf8')).toBe('in the way');
  });

  test('any failure while writing leaves the old file as it was', async () => {
    await open().servers.save(['good']);
    const error = Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
    const files = open({ write: () => Promise.reject(error) });
    const reply = await files.servers.save(['b']);
    expect(reply).toMatchObject({ ok: false, error: { message: /the disk reports an error/, detail: /EIO/ } });
    expect(names()).toEqual(['servers.json']);
    expect(saved()).toEqual({ schemaVersion: 1, value: ['good'] });
  });
});

function fill(path: string): void {
  const chunk = Buffer.alloc(4_096);
  try {
    for (;;) writeFileSync(path, chunk, { flag: 'a' });
  } catch {
    // Full, as wished.
  }
}

test('conf, and so electron-store, reads what was written', async () => {
  const value = { servers: [{ name: 'lab-vm' }] };
  await open().servers.save(value);
  const { default: Conf } = await import('conf');
  const conf = new Conf<{ schemaVersion: number; value: unknown }>({ cwd: dir, configName: 'servers' });
  expect(conf.store).toEqual({ schemaVersion: 1, value });
});
