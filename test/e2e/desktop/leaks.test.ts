/** Fifty times the window anew leaves nothing in the process that holds the tunnels. */
import { expect, it } from 'vitest';
import type { DesktopApp } from '../../support/desktop-app.ts';
import { describeDesktop } from './describe-desktop.ts';

const reloads = 50;
/** What one reload may leave on average, bytes: less than one snapshot with its listeners. */
const bytesPerReload = 20_000;

async function measure(app: DesktopApp) {
  return app.electron.evaluate(({ BrowserWindow, ipcMain }) => {
    const { setFlagsFromString } = process.getBuiltinModule('v8');
    setFlagsFromString('--expose-gc');
    (process.getBuiltinModule('vm').runInNewContext('gc') as () => void)();
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    const listeners = (contents?.eventNames() ?? []).map((each) => contents?.listenerCount(each as never) ?? 0);
    return {
      heap: process.memoryUsage().heapUsed,
      listeners: listeners.reduce((sum, each) => sum + each, 0),
      ipc: ipcMain.eventNames().length,
      files: process.getBuiltinModule('fs').readdirSync('/proc/self/fd').length,
    };
  });
}

describeDesktop('reloads', (desktop) => {
  it('leak nothing', { timeout: 180_000 }, async () => {
    const app = await desktop().start();
    const page = await app.window();
    await page.getByRole('button', { name: /Try it now/ }).click();
    await page.getByText('Connected for').waitFor();
    const reload = async () => {
      await page.reload();
      await page.getByText('Connected for').waitFor();
    };
    for (let round = 0; round < 10; round += 1) await reload();
    const before = await measure(app);
    for (let round = 0; round < reloads; round += 1) await reload();
    const after = await measure(app);
    console.log(
      `  ${String(reloads)} reloads: heap ${String(Math.round((after.heap - before.heap) / 1024))} kB, listeners ${String(after.listeners - before.listeners)}, files ${String(after.files - before.files)}`,
    );
    expect(after.listeners).toBe(before.listeners);
    expect(after.ipc).toBe(before.ipc);
    expect(after.files).toBeLessThanOrEqual(before.files + 3);
    expect(after.heap - before.heap).toBeLessThan(reloads * bytesPerReload);
    await app.quit();
  });
});
