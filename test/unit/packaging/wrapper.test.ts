/** build/linux/mooring, which is /usr/bin/mooring: what it runs the program with. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const display = { DISPLAY: ':0' };
const headless = ['--ozone-platform=headless', '--disable-gpu', '--log-level=3'];

describe.skipIf(process.platform === 'win32')('/usr/bin/mooring', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mooring-wrapper-'));
    const wrapper = await readFile('build/linux/mooring', 'utf8');
    await write('program', '#!/bin/sh\nprintf "[%s]" "$@"\nexit 7\n');
    await write('mooring', wrapper.replace('program=/opt/Mooring/mooring', `program='${join(dir, 'program')}'`));
    for (const [name, uid] of [
      ['person', 1000],
      ['root', 0],
    ] as const) {
      await write(`${name}-id`, `#!/bin/sh\necho ${String(uid)}\n`);
    }
  });

  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function write(name: string, text: string): Promise<void> {
    await writeFile(join(dir, name), text);
    await chmod(join(dir, name), 0o755);
  }

  /** `id` on the PATH says who runs it. */
  async function run(words: readonly string[], env: Record<string, string> = {}, who = 'person') {
    const binDir = await mkdtemp(join(dir, 'bin-'));
    await write(join(binDir.slice(dir.length + 1), 'id'), await readFile(join(dir, `${who}-id`), 'utf8'));
    return new Promise<{ code: number; args: string; stderr: string }>((resolve) => {
      execFile(
        '/bin/sh',
        [join(dir, 'mooring'), ...words],
        { env: { PATH: `${binDir}:/usr/bin:/bin`, ...env } },
        (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, args: stdout, stderr });
        },
      );
    });
  }

  const list = (...args: string[]) => args.map((each) => `[${each}]`).join('');

  it.each<[string, string[], string[]]>([
    ['words', ['status', '--json'], [...headless, 'status', '--json']],
    ['words with spaces and empty ones', ['server', 'add', 'my lab', ''], [...headless, 'server', 'add', 'my lab', '']],
    ['a word after flags', ['--no-sandbox', 'status'], [...headless, '--no-sandbox', 'status']],
    ['--help', ['--help'], [...headless, '--help']],
    ['-V', ['-V'], [...headless, '-V']],
  ])('runs %s without a display, and with one alike', async (_name, words, args) => {
    for (const env of [{}, display, { WAYLAND_DISPLAY: 'wayland-0' }]) {
      expect(await run(words, env)).toEqual({ code: 7, args: list(...args), stderr: '' });
    }
  });

  it.each<[string, string[]]>([
    ['nothing', []],
    ['a flag', ['--hidden']],
    ['flags of Chromium', ['--ozone-platform=wayland', '--force-device-scale-factor=2']],
  ])('starts the app with %s', async (_name, words) => {
    expect(await run(words, display)).toEqual({ code: 7, args: list(...(words.length ? words : [''])), stderr: '' });
  });

  it('says how to go on where there is no desktop', async () => {
    const { code, args, stderr } = await run([]);
    expect([code, args]).toEqual([2, '']);
    expect(stderr).toContain('mooring --help');
  });

  it('refuses to run as root, unless it is told to do without the sandbox', async () => {
    for (const words of [[], ['status']]) {
      const { code, args, stderr } = await run(words, display, 'root');
      expect([code, args]).toEqual([2, '']);
      expect(stderr).toContain('not as root');
    }
    // Not a word's own argument.
    expect((await run(['status', '--no-sandbox'], display, 'root')).code).toBe(2);
    expect(await run(['--no-sandbox', 'status'], {}, 'root')).toMatchObject({
      code: 7,
      args: list(...headless, '--no-sandbox', 'status'),
    });
  });
});
