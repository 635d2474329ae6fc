/** A core that the command line has started in the background makes room for the desktop app. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allUp } from '../../support/live-core.ts';
import { runProgram, startApp } from '../../support/running-app.ts';
import { describeDesktop } from './describe-desktop.ts';

describeDesktop('taking over from the command line', (desktop) => {
  it('goes on with what was on, and the command line goes on against the app', async () => {
    const home = await desktop().makeHome();
    const env = { ...desktop().env, HOME: home, MOORING_KEYCHAIN: 'off', MOORING_HOME: join(home, 'mooring') };
    expect(await runProgram(['demo', 'start'], env)).toMatchObject({ exitCode: 0 });
    const before = JSON.parse((await runProgram(['status', '--json'], env)).stdout) as { coreId: string };

    const app = await desktop().start({ home, args: ['--hidden'] });
    const after = await app.until('the demo up', (now) => now.servers.length === 1 && allUp(now));
    expect(after.coreId).not.toBe(before.coreId);
    expect(after.servers[0]?.profile).toMatchObject({ name: 'demo', wanted: true });
    expect(after.desktop).not.toBeNull();

    expect((await app.run('down', 'demo')).exitCode).toBe(0);
    expect((await app.run('up', 'demo')).exitCode).toBe(0);
    const serving = await app.run('serve');
    expect(serving.stdout + serving.stderr).toContain('runs already');
    expect((await app.run('quit')).exitCode).toBe(0);
    expect((await app.run('quit')).stdout).toContain('not running');
  });

  it('asks a core in a terminal to end just the same', async () => {
    const home = await desktop().makeHome();
    const terminal = await startApp({ home: join(home, 'mooring') });
    try {
      const app = await desktop().start({ home, args: ['--hidden'] });
      expect((await app.snapshot()).desktop).not.toBeNull();
      await app.quit();
    } finally {
      await terminal.end();
    }
  });
});
