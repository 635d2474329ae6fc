/** What goes wrong inside: the page crashes, the core meets a fault. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allUp } from '../../support/live-core.ts';
import { waitFor } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

describeDesktop('faults', (desktop) => {
  it('loads the window again when its page has crashed, with the state as it is', async () => {
    const app = await desktop().start();
    const page = await app.window();
    await page.getByRole('button', { name: /Try it now/ }).click();
    await page.getByText('Connected for').waitFor();
    const before = await app.snapshot();
    await app.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
    });
    const text = () =>
      app.electron.evaluate(({ BrowserWindow }) =>
        // A page that is gone never answers.
        Promise.race([
          BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
          new Promise((resolve) => setTimeout(resolve, 500, '')),
        ]),
      ) as Promise<string>;
    await waitFor('the page again', async () => (await text().catch(() => '')).includes('Connected for'));
    const after = await app.snapshot();
    expect(after.coreId).toBe(before.coreId);
    expect(after.servers[0]?.connection).toMatchObject({ kind: 'up' });
    const { entries } = await app.call('logs.get', {});
    expect(entries.some((each) => each.message.includes('ended unexpectedly (crashed)'))).toBe(true);
    await app.quit();
  });

  it('starts the core again after a fault, tells of it, and writes no word of the fault’s text', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    await app.call('demo.start', {});
    const before = await app.until('up', (now) => now.servers.length > 0 && allUp(now));
    await app.electron.evaluate(() => {
      setTimeout(() => {
        throw new TypeError('password is hunter2');
      });
    });
    const after = await waitFor('another core', async () => {
      const reply = await app.api.call('snapshot.get', {});
      return reply.ok && reply.value.coreId !== before.coreId && allUp(reply.value) ? reply.value : null;
    });
    expect(after.notices.map((each) => each.failure.message)).toEqual([
      'Mooring met a fault in itself and has started its core again.',
    ]);
    expect(JSON.stringify(after)).not.toContain('hunter2');
    expect(app.output()).not.toContain('hunter2');
    await app.quit();
    const log = await readFile(join(app.paths.dataDir, 'logs', 'mooring.log'), 'utf8');
    expect(log).toContain('Mooring met a fault');
    expect(log).not.toContain('hunter2');
  });

  it('ends, and says so, when the core meets a fault a second time', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    const { coreId } = await app.snapshot();
    await app.electron.evaluate(({ dialog }) => {
      dialog.showErrorBox = (title, content) => {
        process.stderr.write(`ERROR BOX ${title} ${content}\n`);
      };
    });
    const fault = () =>
      app.electron.evaluate(() => {
        setTimeout(() => void Promise.reject(new RangeError('again')));
      });
    await fault();
    await waitFor('another core', async () => {
      const reply = await app.api.call('snapshot.get', {});
      return reply.ok && reply.value.coreId !== coreId;
    });
    const ended = new Promise((resolve) => app.electron.process().once('exit', resolve));
    await fault();
    expect(await ended).toBe(1);
    expect(app.output()).toContain('ERROR BOX Mooring met a fault in itself twice and ends.');
  });

  it('survives a fault with nobody at its output any more', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    const { coreId } = await app.snapshot();
    const child = app.electron.process();
    child.stdout?.destroy();
    child.stderr?.destroy();
    await app.electron.evaluate(({ dialog }) => {
      dialog.showErrorBox = () => {
        process.exit(77);
      };
      setTimeout(() => {
        throw new Error('once');
      });
    });
    await waitFor('another core', async () => {
      const reply = await app.api.call('snapshot.get', {});
      return reply.ok && reply.value.coreId !== coreId;
    });
    expect(await app.snapshot()).toMatchObject({ notices: [{ failure: { code: 'bug' } }] });
    // Playwright lets go of a program when it reads a line of its error output, which is closed.
    await app.kill('SIGKILL');
  });

  it('takes a browser that can’t be opened for what it is', async () => {
    const app = await desktop().start();
    const page = await app.window();
    const { coreId } = await app.snapshot();
    await app.electron.evaluate(({ shell }) => {
      (globalThis as unknown as { asked: number }).asked = 0;
      shell.openExternal = () => {
        (globalThis as unknown as { asked: number }).asked += 1;
        return Promise.reject(new Error('no browser'));
      };
    });
    await page.evaluate(() => window.open('http://127.0.0.1:1/'));
    await waitFor('the try', () =>
      app.electron.evaluate(() => (globalThis as unknown as { asked: number }).asked === 1),
    );
    expect(await app.snapshot()).toMatchObject({ coreId, notices: [] });
    await app.quit();
  });

  it('comes again when it was started while it ended', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    const ended = new Promise((resolve) => app.electron.process().once('exit', resolve));
    await app.electron.evaluate(({ app: electronApp, BrowserWindow }) => {
      electronApp.relaunch = (options) => {
        process.stderr.write(
          `AGAIN ${JSON.stringify(options?.args)} ${String(BrowserWindow.getAllWindows().length)}\n`,
        );
      };
      electronApp.quit();
      electronApp.emit('second-instance', {}, [], '', { hidden: false });
    });
    expect(await ended).toBe(0);
    expect(app.output()).toMatch(/AGAIN \[.*\] 0\n/);
    expect(app.output()).not.toMatch(/AGAIN .*--hidden/);
  });
});
