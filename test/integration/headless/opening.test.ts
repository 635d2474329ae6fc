/** How the window's address gets to the browser: never in a command line, and with or without a browser to get to. */
import { lstat, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { tendOpeningPages, writeOpeningPage } from '../../../main/headless/http/opening-pages.ts';
import { available, launchBrowser } from '../../support/browser.ts';
import { buildProgram, makePaths, openCliBench, startProgram, type CliBench, type Started } from '../../support/cli.ts';
import { waitFor } from '../../support/wait.ts';

let bench: CliBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

const addressIn = (text: string) => /http:\/\/127\.0\.0\.1:\d+\/enter\?code=[\w-]{43}/.exec(text)?.[0] ?? '';
const isGone = (path: string) =>
  lstat(path).then(
    () => false,
    () => true,
  );

describe('the browser', () => {
  it.each([['window --open'], ['demo --open'], ['serve --open']])(
    'is started with a private page, not with the address: %s',
    async (line) => {
      bench = await openCliBench();
      const { stdout, stderr } = await bench.run(line.split(' '));
      const url = addressIn(stdout + stderr);
      const code = new URL(url).searchParams.get('code') ?? '';
      expect(code).toHaveLength(43);
      const [path = ''] = bench.opened;
      expect(path).not.toContain(code);
      expect(dirname(path)).toBe(bench.paths.runDir);
      expect((await lstat(path)).mode & 0o777).toBe(0o600);
      expect((await lstat(dirname(path))).mode & 0o777).toBe(0o700);
      expect(await readFile(path, 'utf8')).toContain(`content="0; url=${url}"`);

      expect((await fetch(url)).status).toBe(200);
      await waitFor('the page to be removed', () => isGone(path));
    },
  );

  it('is given its page for a minute', async () => {
    const paths = await makePaths();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const write = async (code: string) => {
        const page = await writeOpeningPage(paths.runDir, `http://127.0.0.1:1/enter?code=${code}`);
        if (!page.ok) throw new Error(page.error.message);
        return page.value;
      };
      const left = await write('left-by-a-crash');
      const pages = await tendOpeningPages(paths.runDir);
      expect(await isGone(left)).toBe(true);
      const [old, fresh] = [await write('old'), await write('fresh')];
      const longAgo = new Date(Date.now() - 60_000);
      await utimes(old, longAgo, longAgo);
      await writeFile(join(paths.runDir, 'control.sock'), '');
      vi.advanceTimersByTime(20_000);
      await waitFor('the old page to be removed', () => isGone(old));
      expect(await readdir(paths.runDir)).toEqual(expect.arrayContaining(['control.sock', basename(fresh)]));
      await pages.close();
      expect(await readdir(paths.runDir)).toEqual(['control.sock']);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
      await paths.remove();
    }
  });

  it('may be missing: the address is there to paste', async () => {
    bench = await openCliBench({ browser: false });
    const { exitCode, stdout, stderr } = await bench.run(['window', '--open']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^http:\S+\n$/);
    expect(stderr).toBe('No browser could be opened here. Paste the address into one.\n');
  });

  const missing = available();
  it.skipIf(missing !== null)(
    `comes from its page into the window${missing === null ? '' : ` (${missing})`}`,
    async () => {
      bench = await openCliBench();
      await bench.run(['window', '--open']);
      const [path = ''] = bench.opened;
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        await page.goto(pathToFileURL(path).href);
        await page.waitForURL(/\/window-[\w-]{12}\/$/);
        await page.getByRole('button', { name: /Try it now/ }).waitFor();
        await waitFor('the page to be removed', () => isGone(path));
        // The empty tab, and the window: no way back to an address that is used up.
        expect(await page.evaluate(() => history.length)).toBe(2);
      } finally {
        await browser.close();
      }
    },
  );
});

describe.skipIf(process.platform === 'win32')('a machine without a browser', () => {
  let program: Awaited<ReturnType<typeof buildProgram>>;
  beforeAll(async () => {
    program = await buildProgram(join(import.meta.dirname, 'fake-program.ts'), 'opening');
  });
  afterAll(() => program.remove());

  it('is told the address, in one plain line more', async () => {
    const paths = await makePaths();
    const env = { MOORING_TEST_HOME: dirname(paths.runDir), PATH: '/nonexistent' };
    const children: Started[] = [];
    const run = (...words: string[]) => {
      const started = startProgram(program.path, words, env);
      children.push(started);
      return started;
    };
    try {
      const serving = run('serve', '--open');
      await serving.wrote('No browser could be opened here. Paste the address into one.');
      for (const line of [
        ['window', '--open'],
        ['demo', '--open'],
      ]) {
        const { exitCode, stdout, stderr } = await run(...line).result;
        expect(exitCode).toBe(0);
        expect(stderr).toMatch(/No browser could be opened here\. Paste the address into one\.\n$/);
        expect((await fetch(addressIn(stdout + stderr))).status).toBe(200);
      }
      serving.child.kill('SIGTERM');
      const { exitCode, stdout, stderr } = await serving.result;
      expect(exitCode).toBe(0);
      expect(addressIn(stdout)).not.toBe('');
      expect(stderr).toBe('No browser could be opened here. Paste the address into one.\nStopping\n');
      expect(await readdir(paths.runDir)).toEqual([]);
    } finally {
      for (const { child, result } of children) {
        child.kill('SIGKILL');
        await result;
      }
      await paths.remove();
    }
  });
});
