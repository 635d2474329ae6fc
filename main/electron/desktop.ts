/** The desktop app's entry. With words behind its name it is the command line, else the app in the tray. */
import { app, dialog } from 'electron';
import process from 'node:process';
import { faultLine } from '../headless/fault-line.ts';
import { readStart } from './start-arguments.ts';

// Whoever read our output may be gone: no fault of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const start = readStart(process.argv, { appPath: app.isPackaged ? null : app.getAppPath() });
// Nothing is awaited here: Electron is not ready before the top level has run.
if (start.kind === 'command-line') {
  import('./command-line.ts').then(({ runWords }) => runWords(start.words)).catch(giveUp);
} else {
  // Before Electron is ready: schemes and switches can't be set afterwards.
  const { prepare } = await import('./prepare.ts');
  const place = prepare();
  import('./shell.ts').then(({ runShell }) => runShell(start, place)).catch(giveUp);
}

/** A fault before there is anything that could tell of it. */
function giveUp(error: unknown): void {
  process.stderr.write(`Mooring could not start: ${faultLine(error)}\n`);
  if (app.isReady() && start.kind === 'app') {
    dialog.showErrorBox('Mooring could not start.', `Please report it: ${faultLine(error)}`);
  }
  app.exit(1);
}
