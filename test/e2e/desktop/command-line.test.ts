/** Words behind the desktop program's name are the command line: what a package puts on the PATH. */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { electronPath } from '../../support/electron-runtime.ts';
import { describeDesktop } from './describe-desktop.ts';

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
}

describeDesktop('the command line of the desktop program', (desktop) => {
  function run(home: string, words: readonly string[], display = desktop().env['DISPLAY'] ?? ''): Promise<Ended> {
    const { DISPLAY: _own, ...others } = desktop().env;
    const env = {
      ...others,
      ...(display !== '' && { DISPLAY: display }),
      HOME: home,
      MOORING_KEYCHAIN: 'off',
      MOORING_HOME: join(home, 'mooring'),
    };
    // As the packages' own start script does.
    const headless = display === desktop().env['DISPLAY'] ? [] : ['--ozone-platform=headless', '--disable-gpu'];
    return new Promise((resolvePromise) => {
      execFile(
        electronPath,
        ['--no-sandbox', ...headless, resolve('.'), ...words],
        { env, timeout: 30_000 },
        (error, stdout) => {
          resolvePromise({ exitCode: error === null ? 0 : Number(error.code), stdout });
        },
      );
    });
  }

  it('starts the app hidden when there is none, and talks to it', async () => {
    const home = await desktop().makeHome();
    expect((await run(home, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await run(home, ['quit'])).toMatchObject({ exitCode: 0 });
    expect((await run(home, ['nonsense'])).exitCode).toBe(2);
    expect(await run(home, ['demo', 'start'])).toMatchObject({ exitCode: 0 });
    const status = JSON.parse((await run(home, ['status', '--json'])).stdout) as {
      desktop: unknown;
      servers: unknown[];
    };
    expect(status.desktop).not.toBeNull();
    expect(status.servers).toHaveLength(1);
    expect(await run(home, ['quit'])).toMatchObject({ exitCode: 0 });
  });

  it('works without a display, with a core alone', async () => {
    const home = await desktop().makeHome();
    expect(await run(home, ['demo', 'start'], '')).toMatchObject({ exitCode: 0 });
    const status = JSON.parse((await run(home, ['status', '--json'], '')).stdout) as { desktop: unknown };
    expect(status.desktop).toBeNull();
    expect(await run(home, ['quit'], '')).toMatchObject({ exitCode: 0 });
  });

  it('takes a display that is gone for none', async () => {
    const home = await desktop().makeHome();
    expect(await run(home, ['demo', 'start'], ':4999')).toMatchObject({ exitCode: 0 });
    expect(await run(home, ['quit'], ':4999')).toMatchObject({ exitCode: 0 });
  });
});
