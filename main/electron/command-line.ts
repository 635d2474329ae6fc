/** The command line inside the packaged app: the same commands, without a window and before Electron is ready. */
import { app } from 'electron';
import process from 'node:process';
import type { BackgroundCommand } from '../headless/control/core-access.ts';
import { exitCodes } from '../headless/exit-codes.ts';
import { main } from '../headless/main.ts';
import { ownPaths } from '../headless/paths.ts';

/** Runs the words and ends the process with their exit code. */
export async function runWords(words: readonly string[]): Promise<void> {
  await main({
    paths: ownPaths(),
    compose: async (options) => (await import('../headless/compose-core.ts')).composeCore(options),
    words,
    background: backgroundCommand(),
  });
  app.exit(Number(process.exitCode ?? exitCodes.done));
}

/** The app in the tray where there is a desktop, else a core alone. */
function backgroundCommand(): BackgroundCommand {
  const own = app.isPackaged ? [] : [app.getAppPath()];
  // Chromium refuses to run as root with its sandbox; whoever did start this so has said how.
  const flags = process.argv.includes('--no-sandbox') ? ['--no-sandbox'] : [];
  const command = process.execPath;
  const alone = {
    command,
    args: [...flags, '--ozone-platform=headless', '--disable-gpu', ...own, 'serve', '--background'],
  };
  // A display that was there when the terminal was opened may be gone by now.
  return hasDesktop() ? { command, args: [...flags, ...own, '--hidden'], otherwise: alone } : alone;
}

/** A display forwarded by ssh goes with its session, and would take the tunnels along. */
function hasDesktop(): boolean {
  if (process.platform !== 'linux') return true;
  const { DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION } = process.env;
  return Boolean(WAYLAND_DISPLAY) || (Boolean(DISPLAY) && !SSH_CONNECTION);
}
