/** The desktop app against the least that Electron can do: one empty window. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { _electron } from 'playwright';
import { expect, it } from 'vitest';
import { desktopMissing, electronPath } from '../support/electron-runtime.ts';
import { startDesktop } from '../support/desktop-app.ts';
import { report } from '../support/measure.ts';

interface Process {
  readonly name: string;
  readonly megabytes: number;
}

/** Every process of the app with what it keeps to itself plus its share of the rest (PSS), in MB. */
async function memoryOf(pid: number): Promise<readonly Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=,args=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) => (match ? [{ pid: Number(match[1]), ppid: Number(match[2]), args: match[3] ?? '' }] : []));
  const family = new Set([pid]);
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const each of all) if (family.has(each.ppid)) family.add(each.pid);
  }
  const processes: Process[] = [];
  for (const each of all.filter((one) => family.has(one.pid))) {
    const rollup = await readFile(`/proc/${String(each.pid)}/smaps_rollup`, 'utf8').catch(() => '');
    const kilobytes = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    const name = /--type=([\w-]+)/.exec(each.args)?.[1] ?? 'main';
    processes.push({ name, megabytes: kilobytes / 1024 });
  }
  return processes;
}

const sum = (all: readonly Process[]) => all.reduce((total, each) => total + each.megabytes, 0);
const words = (all: readonly Process[]) => all.map((each) => `${each.name} ${each.megabytes.toFixed(0)}`).join(', ');

const missing = desktopMissing();
it.skipIf(missing !== null)(
  missing === null ? 'start to tray, and memory' : `start to tray, and memory (${missing})`,
  { timeout: 120_000 },
  async () => {
    const desktop = await startDesktop();
    const trayHost = await desktop.startTrayHost();
    const emptyDir = await mkdtemp(join(tmpdir(), 'mooring-empty-'));
    try {
      await writeFile(join(emptyDir, 'package.json'), '{"name":"empty","main":"main.cjs"}');
      await writeFile(
        join(emptyDir, 'main.cjs'),
        "const { app, BrowserWindow } = require('electron'); app.whenReady().then(() => new BrowserWindow().loadURL('about:blank'));",
      );
      const emptyStart = performance.now();
      const empty = await _electron.launch({
        executablePath: electronPath,
        args: ['--no-sandbox', '--disable-gpu', emptyDir],
        env: { ...desktop.env, HOME: emptyDir },
      });
      await empty.firstWindow();
      const emptyMs = performance.now() - emptyStart;
      const emptyMemory = await memoryOf(empty.process().pid ?? 0);
      await empty.close();

      const startMs = performance.now();
      const starting = desktop.start({ args: ['--hidden'] });
      await trayHost.read();
      const trayMs = performance.now() - startMs;
      const app = await starting;
      const hiddenMemory = await memoryOf(app.pid);
      await app.call('app.open-window', {});
      await (await app.window()).getByRole('button', { name: /Try it now/ }).waitFor();
      const shownMemory = await memoryOf(app.pid);
      await app.quit();

      report(`start to tray ${trayMs.toFixed(0)} ms, an empty Electron window ${emptyMs.toFixed(0)} ms`);
      report(`empty window ${sum(emptyMemory).toFixed(0)} MB (${words(emptyMemory)})`);
      report(`hidden ${sum(hiddenMemory).toFixed(0)} MB (${words(hiddenMemory)})`);
      report(`with its window ${sum(shownMemory).toFixed(0)} MB (${words(shownMemory)})`);
      const ratio = sum(shownMemory) / sum(emptyMemory);
      report(`with its window / empty window: ${ratio.toFixed(2)}`);
      expect(ratio).toBeLessThan(2.5);
    } finally {
      await trayHost.close();
      await desktop.close();
      await rm(emptyDir, { recursive: true, force: true });
    }
  },
);
