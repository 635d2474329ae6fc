import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
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
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createElevation } from '../../../main/adapters/elevation.ts';
import { createHostsFile } from '../../../main/adapters/hosts-file.ts';
import { hostsScript } from '../../../main/adapters/hosts-script.ts';
import { applyEdit, editFor } from '../../../main/core/hosts/hosts-edit.ts';
import type { HostsChange, HostsWriteResult } from '../../../main/core/hosts/hosts-ports.ts';
import { readHosts } from '../../../main/core/hosts/hosts-text.ts';
import { waitFor } from '../../support/wait.ts';

const id = 's-1';
const lines = ['127.0.0.1 mlflow-server.local', '::1 mlflow-server.local', '10.1.2.3 minio'];
const others = '127.0.0.1\tlocalhost\r\n\0 caf\xe9 \xff\n# by hand\n10.0.0.1 x y';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mooring-hosts-test-'));
  path = join(dir, 'hosts');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const hostsFile = (at = path) =>
  createHostsFile({ dataDir: join(dir, 'data'), env: { MOORING_HOSTS_FILE: at }, lookEveryMs: 20 });
const put = (text: string): void => {
  writeFileSync(path, Buffer.from(text, 'latin1'));
};
const read = (at = path): string => readFileSync(at, 'latin1');
const sha256 = (text: string): string => createHash('sha256').update(Buffer.from(text, 'latin1')).digest('hex');

function changeOf(text: string, wanted: readonly string[] = lines, blockId = id): HostsChange {
  const edit = editFor(readHosts(text), { id: blockId, label: 'lab', lines: wanted });
  if (edit === null) throw new Error('nothing to change');
  return { blockId, from: sha256(text), ...edit };
}
const edited = (text: string, change: HostsChange): string => applyEdit(text, change);
const isRoot = process.getuid?.() === 0;
/** Names in the folder that are neither the file nor what is told of. */
const leftovers = (): string[] =>
  readdirSync(dir).filter((name) => !['hosts', 'hosts.mooring.bak', 'data', 'real'].includes(name));

async function writeOk(text: string, change = changeOf(text)): Promise<void> {
  expect(await hostsFile().write(change)).toEqual({ kind: 'written' });
  expect(read()).toBe(edited(text, change));
}

describe('the hosts file', () => {
  it.each([
    ['line ends and bytes of all sorts', others],
    ['nothing', ''],
    ['CRLF', '# Windows\r\n127.0.0.1 x\r\n'],
    ['no final line end', 'a'],
    ['a byte order mark', '\xef\xbb\xbf# x\n'],
    ['NUL at the end', 'a\n\0'],
    ['five megabytes', '0.0.0.0 ads.example.org\n'.repeat(208_000)],
  ])('with %s is written and taken back byte for byte', async (_what, text) => {
    put(text);
    const content = await hostsFile().read();
    expect(content).toEqual({ ok: true, value: { text, sha256: sha256(text), writable: true } });
    await writeOk(text);
    const now = read();
    expect(now.startsWith(text)).toBe(true);
    await writeOk(now, changeOf(now, ['127.0.0.1 other']));
    expect(await hostsFile().write(changeOf(read(), []))).toEqual({ kind: 'written' });
    expect(read()).toBe(text);
    // The file as it was before the first change of all.
    expect(read(`${path}.mooring.bak`)).toBe(text);
    expect(leftovers()).toEqual([]);
  });

  it('keeps mode and attributes', async () => {
    put(others);
    chmodSync(path, 0o640);
    const hasAttributes = await setAttribute();
    const inode = statSync(path).ino;
    await writeOk(others);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(statSync(path).ino).not.toBe(inode);
    if (hasAttributes) expect(await attribute()).toBe('kept');
  });

  it('keeps its links', async () => {
    mkdirSync(join(dir, 'real'));
    writeFileSync(join(dir, 'real', 'there'), Buffer.from(others, 'latin1'));
    symlinkSync(join('real', 'there'), path);
    await writeOk(others);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(dir, 'real')).sort()).toEqual(['there', 'there.mooring.bak']);
  });

  it('keeps its other names', async () => {
    put(others);
    linkSync(path, join(dir, 'real'));
    await writeOk(others);
    expect(read(join(dir, 'real'))).toBe(read());
    expect(await hostsFile().write(changeOf(read(), []))).toEqual({ kind: 'written' });
    expect(read(join(dir, 'real'))).toBe(others);
  });

  it('that another one is mounted over is written in place', async (context) => {
    const under = join(dir, 'real');
    writeFileSync(under, Buffer.from(others, 'latin1'));
    writeFileSync(path, 'hidden');
    try {
      execFileSync('mount', ['--bind', under, path], { stdio: 'pipe' });
    } catch {
      context.skip('mounting needs root');
    }
    try {
      await writeOk(others);
      expect(read(under)).toBe(read());
      expect(await hostsFile().write(changeOf(read(), []))).toEqual({ kind: 'written' });
      expect(read(under)).toBe(others);
    } finally {
      execFileSync('umount', [path]);
    }
    expect(read()).toBe('hidden');
    expect(leftovers()).toEqual([]);
  });

  it('that has changed meanwhile is left alone', async () => {
    put(others);
    const change = changeOf(others);
    put(`${others}\nnew`);
    expect(await hostsFile().write(change)).toEqual({ kind: 'changed' });
    expect(read()).toBe(`${others}\nnew`);
    expect(leftovers()).toEqual([]);
  });

  it('is changed by one of two at once, and the other is told', async () => {
    put(others);
    const results = await Promise.all(
      Array.from({ length: 4 }, (_, index) => hostsFile().write(changeOf(others, lines, `s-${String(index)}`))),
    );
    const kinds = results.map((each) => each.kind).sort();
    expect(kinds).toEqual(['changed', 'changed', 'changed', 'written']);
    const hosts = readHosts(read());
    expect(hosts.problems).toEqual([]);
    expect(hosts.blocks).toHaveLength(1);
    expect(read().startsWith(others)).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  it.each([
    ['there is none', () => undefined, 'not-found', /no such file/],
    [
      'a folder is in its place',
      () => {
        mkdirSync(path);
      },
      'not-allowed',
      /plain file/,
    ],
    [
      'a pipe is in its place',
      () => {
        execFileSync('mkfifo', [path]);
      },
      'not-allowed',
      /plain file/,
    ],
    [
      'it has more than 10 MB',
      () => {
        put('x'.repeat(10_000_001));
      },
      'too-large',
      /10 MB/,
    ],
  ])('is not read where %s', async (_what, prepare, code, words) => {
    prepare();
    const content = await hostsFile().read();
    expect(content).toMatchObject({ ok: false, error: { code } });
    if (!content.ok) expect(content.error.message).toMatch(words);
  });

  it('that this user may not write says so', async (context) => {
    if (isRoot) context.skip('root may write everything');
    put(others);
    chmodSync(path, 0o444);
    expect(await hostsFile().read()).toMatchObject({ ok: true, value: { writable: false } });
  });

  it('is looked at, also when it is replaced', async () => {
    put(others);
    let looks = 0;
    const end = hostsFile().watch(() => (looks += 1));
    await waitFor('the change to be seen', () => {
      put(`${others}\n${String(performance.now())}`);
      return looks > 0;
    });
    const before = looks;
    await waitFor('the next change to be seen', () => {
      rmSync(path);
      put(String(performance.now()));
      return looks > before;
    });
    end();
  });

  it('is copied into the data folder for its user alone, a few times', async () => {
    const file = hostsFile();
    const kept = await file.keepBackup('one', others);
    await file.keepBackup('two', 'x');
    expect(read(kept ?? '')).toBe(others);
    expect(statSync(kept ?? '').mode & 0o777).toBe(0o600);
    await file.dropBackups(['two']);
    expect(readdirSync(join(dir, 'data', 'hosts-backups'))).toEqual(['two.hosts']);
    expect(await file.keepBackup('big', 'x'.repeat(1_000_001))).toBeNull();
    expect(await file.keepBackup('../x', 'x')).toBeNull();
  });
});

describe('the step that writes', () => {
  const refuse = async (change: Partial<HostsChange>, text = others): Promise<void> => {
    put(text);
    const result = await hostsFile().write({ ...changeOf(text), ...change });
    expect(result).toMatchObject({ kind: 'failed', failure: { code: 'bug' } });
    expect(read()).toBe(text);
    expect(existsSync('/tmp/mooring-pwned')).toBe(false);
    expect(leftovers()).toEqual([]);
  };
  const block = (...body: readonly string[]) =>
    `\n# BEGIN mooring ${id}\n${body.join('\n')}\n# END mooring ${id} (ended the line above)\n`;

  it.each([
    '127.0.0.1 $(touch /tmp/mooring-pwned)',
    '127.0.0.1 `touch /tmp/mooring-pwned`',
    '127.0.0.1 a;b',
    '127.0.0.1  a',
    '127.0.0.1 a b',
    '127.0.0.1 A',
    '127.0.0.1 localhost',
    '127.0.0.1 x.localhost',
    '127.0.0.1 a.',
    '127.0.0.1 a\rb',
    `127.0.0.1 ${'a'.repeat(64)}`,
    `127.0.0.1 ${'a.'.repeat(127)}b`,
    '127.0.0.1 1.2.3.4',
    '127.0.0.256 a',
    '127.0.0 a',
    '127.00.0.1 a',
    '0.0.0.0 a',
    '255.255.255.255 a',
    '224.0.0.1 a',
    'lab a',
    '1:z::2 a',
    '# a comment',
    '',
    '# END mooring other',
  ])('refuses the line %j', async (line) => {
    await refuse({ insert: block('127.0.0.1 good', line) });
  });

  it.each<[string, Partial<HostsChange>]>([
    ['no markers', { insert: '\n127.0.0.1 a\n' }],
    ['something behind the block', { insert: `${block('127.0.0.1 a')}127.0.0.1 b\n` }],
    ['an empty line behind the block', { insert: `${block('127.0.0.1 a')}\n` }],
    ['another id', { blockId: 'other' }],
    ['an id that is none', { blockId: 'a b' }],
    ['no end', { insert: `\n# BEGIN mooring ${id}\n127.0.0.1 a\n` }],
    ['a place in the middle', { start: 3, end: 3 }],
    ['a line of others in place of ours', { start: 0, end: 21 }],
    ['all of the file', { start: 0, end: others.length }],
    ['nothing at all', { insert: '' }],
    ['a place behind the end', { start: 900, end: 900 }],
    ['a place that is no number', { start: 1.5, end: 2.5 }],
    ['a checksum that is none', { from: 'x' }],
    ['too much', { insert: block(...Array.from({ length: 600 }, () => '127.0.0.1 a')) }],
  ])('refuses %s', async (_what, change) => {
    await refuse(change);
  });

  it('refuses to take more off than the block', async () => {
    const text = `a\n\n# BEGIN mooring ${id}\n127.0.0.1 a\n# END mooring ${id}\n\nb\n`;
    const at = text.indexOf('#');
    const end = text.indexOf('\n\nb');
    for (const [start, stop] of [
      [at - 1, end + 1],
      [at, end + 2],
      [0, end + 1],
      [at, end],
      [at + 1, end + 1],
      [at, end - 1],
    ] as const) {
      await refuse({ start, end: stop, insert: '' }, text);
    }
    await refuse({ start: at, end: end + 1, insert: `# BEGIN mooring ${id}\n# END mooring ${id}\n` }, text);
    const two = `# BEGIN mooring ${id}\n# END mooring ${id}\nx\n# BEGIN mooring ${id}\n# END mooring ${id}\n`;
    put(two);
    const change: HostsChange = { blockId: id, from: sha256(two), start: 0, end: two.length, insert: '' };
    expect(await hostsFile().write(change)).toMatchObject({ kind: 'failed' });
    expect(read()).toBe(two);
  });

  it('waits for one that is at work, not for one that is gone', async () => {
    put(others);
    symlinkSync(String(process.pid), join(dir, '.hosts.mooring.lock'));
    expect(await hostsFile().write(changeOf(others))).toMatchObject({ kind: 'failed', failure: { code: 'conflict' } });
    rmSync(join(dir, '.hosts.mooring.lock'));
    const gone = spawn('true');
    await new Promise((resolve) => gone.once('exit', resolve));
    symlinkSync(String(gone.pid), join(dir, '.hosts.mooring.lock'));
    await writeOk(others);
    expect(leftovers()).toEqual([]);
  }, 60_000);

  it.each(['in one step', 'in place'])(
    'killed anywhere leaves every line of others, and can be done again (%s)',
    async (how) => {
      let whole = 0;
      let killed = 0;
      for (let at = 5; ; at += 11) {
        put(others);
        rmSync(join(dir, 'real'), { force: true });
        if (how === 'in place') linkSync(path, join(dir, 'real'));
        const first = changeOf(others);
        const ended = await killAtLine(first, at);
        const found = read();
        if (how === 'in one step') expect([others, edited(others, first)]).toContain(found);
        else expect(found.startsWith(others)).toBe(true);
        if (found === others) {
          await writeOk(found);
        } else whole += 1;
        const now = read();
        // The same for taking the block off, which makes the file shorter.
        put(now);
        await killAtLine(changeOf(now, []), at);
        expect(read().startsWith(others)).toBe(true);
        expect(readHosts(read()).problems).toEqual([]);
        if (ended) break;
        killed += 1;
      }
      expect(killed).toBeGreaterThan(5);
      expect(whole).toBeGreaterThan(0);
      // What a killed one left is cleared away by the next one.
      put(others);
      await writeOk(others);
      expect(leftovers()).toEqual([]);
    },
    240_000,
  );

  it('is the same text in the packages’ helper', () => {
    const helper = readFileSync(join(import.meta.dirname, '..', '..', '..', 'build', 'linux', 'hosts-helper'), 'utf8');
    expect(helper.slice(helper.indexOf('helper=yes\n') + 'helper=yes\n'.length)).toBe(hostsScript);
    expect(statSync(join(import.meta.dirname, '..', '..', '..', 'build', 'linux', 'hosts-helper')).mode & 0o777).toBe(
      0o755,
    );
  });

  it('changes nothing but /etc/hosts as the helper, and only to loopback addresses', async () => {
    put(others);
    const run = (at: string, insert: string) =>
      promisify(execFile)('/bin/sh', [
        '-c',
        `helper=yes\n${hostsScript}`,
        'x',
        '1',
        at,
        id,
        sha256('other'),
        '0',
        '0',
        insert,
      ]);
    await expect(run(path, block('127.0.0.1 a'))).rejects.toMatchObject({
      code: 12,
      stderr: 'Only /etc/hosts is changed.\n',
    });
    await expect(run('/etc/hosts', block('10.1.2.3 a'))).rejects.toMatchObject({ code: 12 });
    // As far as the checksum, which is of another file.
    await expect(run('/etc/hosts', block('127.0.0.1 a'))).rejects.toMatchObject({ code: 10 });
  });
});

describe('asking for more rights', () => {
  const fakePkexec = (text: string): string => {
    const file = join(dir, 'real');
    writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return file;
  };
  const ask = async (text: string): Promise<HostsWriteResult> => {
    put(others);
    const elevation = createElevation({
      platform: 'linux',
      pkexecPath: fakePkexec(text),
      helperPath: join(dir, 'none'),
    });
    return elevation.writeHosts(path, changeOf(others));
  };

  it('hands the constant text and the data over as they are', async () => {
    expect(await ask('[ "$1" = --disable-internal-agent ] && shift && exec "$@"')).toEqual({ kind: 'written' });
    expect(read()).toBe(edited(others, changeOf(others)));
  });

  it.each([
    ['exit 126', { kind: 'cancelled' }],
    [
      'echo "Error executing command as another user: No authentication agent found." >&2; exit 127',
      { kind: 'unavailable' },
    ],
    [
      'echo "Error executing command as another user: Not authorized" >&2; exit 127',
      { kind: 'failed', failure: { code: 'not-allowed' } },
    ],
    [
      'echo "something else" >&2; exit 127',
      { kind: 'failed', failure: { code: 'storage-failed', detail: 'something else' } },
    ],
    ['exit 10', { kind: 'changed' }],
  ])('%s', async (text, result) => {
    expect(await ask(text)).toMatchObject(result);
    expect(read()).toBe(others);
  });

  it('is taken back at the end', async () => {
    put(others);
    const elevation = createElevation({
      platform: 'linux',
      pkexecPath: fakePkexec(`touch ${dir}/data; exec sleep 60`),
    });
    const result = elevation.writeHosts(path, changeOf(others));
    await waitFor('the question to be open', () => existsSync(join(dir, 'data')));
    elevation.close();
    expect(await result).toEqual({ kind: 'cancelled' });
  });

  it('is not to be had without pkexec', async () => {
    const elevation = createElevation({ platform: 'linux', pkexecPath: join(dir, 'none') });
    expect(await elevation.way()).toBe('by-hand');
    expect(await elevation.writeHosts(path, changeOf(''))).toMatchObject({ kind: 'unavailable' });
  });
});

/** With what it has started; it may have ended by itself just now. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Runs the script and kills it when it has told so many lines of its work. True: it had come to its end before. */
async function killAtLine(change: HostsChange, at: number): Promise<boolean> {
  const { blockId, from, start, end, insert } = change;
  const words = ['1', path, blockId, from, String(start), String(end), insert];
  // What a killed one leaves among the temporary files is taken away here.
  const temporary = mkdtempSync(join(tmpdir(), 'mooring-killed-'));
  const child = spawn('/bin/sh', ['-x', '-c', hostsScript, 'x', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, TMPDIR: temporary },
  });
  let told = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString('latin1').split('\n').length - 1;
    if (told >= at && child.pid !== undefined) killGroup(child.pid);
  });
  const [code] = await new Promise<[number | null]>((resolve) => {
    child.once('exit', (exit) => {
      resolve([exit]);
    });
  });
  rmSync(temporary, { recursive: true, force: true });
  return code === 0;
}

async function setAttribute(): Promise<boolean> {
  return promisify(execFile)('python3', [
    '-c',
    'import os,sys; os.setxattr(sys.argv[1], "user.mooring", b"kept")',
    path,
  ]).then(
    () => true,
    () => false,
  );
}

async function attribute(): Promise<string> {
  const code = 'import os,sys; sys.stdout.write(os.getxattr(sys.argv[1], "user.mooring").decode())';
  return (await promisify(execFile)('python3', ['-c', code, path])).stdout;
}
