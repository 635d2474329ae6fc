/** The scripts that change ~/.ssh/authorized_keys, in the shells of this machine and homes of their own. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
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
import { addScript, parseAdded, removeScript } from '../../../main/core/keys/authorized-keys.ts';
import { withSmallDisk } from '../../support/small-disk.ts';

const shells = [['dash'], ['bash', '--posix'], ['busybox', 'sh'], ['sh']].filter(
  ([program = '']) => process.platform !== 'win32' && spawnSync(program, ['-c', ':']).error === undefined,
);
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOurKey';
const line = `${key} ada@thinkpad $(touch pwned) 'x`;
const other = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABother lena@desktop';

describe.each(shells)('authorized_keys, by %s %s', (program = '', ...options) => {
  let home: string;
  let dir: string;
  let file: string;
  const use = (path: string) => {
    home = path;
    dir = join(home, '.ssh');
    file = join(dir, 'authorized_keys');
  };
  beforeEach(() => {
    use(mkdtempSync(join(tmpdir(), 'mooring-authorized-')));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const run = (script: string, input: string, env: Record<string, string> = {}): readonly string[] => {
    const { stdout, status } = spawnSync(program, [...options.filter(Boolean), '-c', script], {
      cwd: home,
      input,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
    });
    expect(status).toBe(0);
    return stdout.split('\n').filter((each) => each !== '' && !each.startsWith('sshd '));
  };
  const add = () => run(addScript, `${line}\n`);
  const remove = (made = '') => run(removeScript, `${line}\n${made}\n`);
  const content = () => readFileSync(file, 'utf8');
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

  test('folder and file are made for this account alone, and go with the line', () => {
    expect(add()).toEqual(['made folder', 'made file', 'added']);
    expect(content()).toBe(`${line}\n`);
    expect([mode(dir), mode(file)]).toEqual(['700', '600']);
    expect(existsSync(join(home, 'pwned'))).toBe(false);
    expect(remove('folder file')).toEqual(['removed']);
    expect(readdirSync(home)).toEqual([]);
  });

  test('other lines stay, to the letter; one without its end is not joined with ours', () => {
    mkdirSync(dir, { mode: 0o755 });
    writeFileSync(file, `# mine\n\n  ${other}`, { mode: 0o644 });
    expect(add()).toEqual(['added']);
    expect(content()).toBe(`# mine\n\n  ${other}\n${line}\n`);
    expect([mode(dir), mode(file)]).toEqual(['700', '600']);
    expect(add()).toEqual(['present']);
    expect(content()).toBe(`# mine\n\n  ${other}\n${line}\n`);
    expect(remove()).toEqual(['removed']);
    expect(content()).toBe(`# mine\n\n  ${other}\n`);
    expect(remove()).toEqual(['absent']);
    expect(readdirSync(dir)).toEqual(['authorized_keys']);
  });

  test('a key is there under another comment, behind options, indented; not in a remark or as a part of another', () => {
    mkdirSync(dir);
    for (const [text, said] of [
      [`${key} another name\n`, 'present'],
      [`\t${key}\r\n`, 'present'],
      [key, 'present'],
      [`from="10.0.0.0/8",command="echo # hi" ${key} x\n`, 'present options'],
    ] as const) {
      writeFileSync(file, text);
      expect(add()).toEqual([said]);
      expect(content()).toBe(text);
    }
    for (const text of [`#${key}\n`, `  # ${key} x\n`, `${key}More x\n`]) {
      writeFileSync(file, text);
      expect(add()).toEqual(['added']);
      expect(content()).toBe(`${text}${line}\n`);
    }
  });

  test('links are followed and stay links, also to what is not there yet', () => {
    const dots = join(home, 'dotfiles');
    mkdirSync(dots);
    symlinkSync('dotfiles', dir);
    symlinkSync('keys', file);
    expect(add()).toEqual(['made file', 'added']);
    expect(readFileSync(join(dots, 'keys'), 'utf8')).toBe(`${line}\n`);
    writeFileSync(join(dots, 'keys'), `${other}\n${line}\n`);
    expect(remove()).toEqual(['removed']);
    expect(readFileSync(join(dots, 'keys'), 'utf8')).toBe(`${other}\n`);
    expect([lstatSync(dir).isSymbolicLink(), lstatSync(join(dots, 'authorized_keys')).isSymbolicLink()]).toEqual([
      true,
      true,
    ]);
    expect(readdirSync(dots).sort()).toEqual(['authorized_keys', 'keys']);
  });

  test('what is in the way is told, and nothing changed', () => {
    writeFileSync(dir, 'a file');
    expect(add()).toEqual([expect.stringMatching(/^broken mkdir: /)]);
    expect(readFileSync(dir, 'utf8')).toBe('a file');
    rmSync(dir);
    mkdirSync(file, { recursive: true });
    expect(add()).toEqual([`broken ${file} is not a plain file`]);
    expect(run(addScript, `${line}\n`, { HOME: '' })).toEqual(['broken this account has no home folder']);
    expect(run(addScript, `${line}\n`, { HOME: '/nowhere' })).toEqual([
      'broken its home folder /nowhere does not exist',
    ]);
    expect(run(addScript, '')).toEqual(['broken no key came']);
    expect(run(addScript, '* *\n')).toEqual(['broken no key came']);
  });

  test('a home that others may write to is told', () => {
    spawnSync('chmod', ['777', home]);
    expect(add()).toEqual([`loose ${home}`, 'made folder', 'made file', 'added']);
  });

  test('a full disk loses nobody’s key, a read-only one says so', async (context) => {
    const own = home;
    const missing = await withSmallDisk(64, async (diskDir, setReadOnly) => {
      use(diskDir);
      const many = Array.from({ length: 60 }, (_, at) => `${other}-${String(at)}`).join('\n');
      mkdirSync(dir);
      writeFileSync(file, `${many}\n${line}\n`);
      expect(() => {
        for (;;) appendFileSync(join(diskDir, 'filler'), Buffer.alloc(1024));
      }).toThrow('ENOSPC');
      expect(remove()).toEqual([expect.stringMatching(/^broken /)]);
      expect(content()).toBe(`${many}\n${line}\n`);
      expect(readdirSync(dir)).toEqual(['authorized_keys']);
      rmSync(join(diskDir, 'filler'));
      expect(remove()).toEqual(['removed']);
      rmSync(dir, { recursive: true });
      setReadOnly();
      const said = add();
      expect(parseAdded(said.join('\n'), 'lab')).toMatchObject({
        error: { message: 'The key could not be put on lab: its disk is read-only.' },
      });
      return Promise.resolve();
    }).finally(() => {
      use(own);
    });
    if (missing !== null) context.skip(missing);
  });
});
