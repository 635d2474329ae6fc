/** What must be said to Electron before it is ready. */
import { app, Menu } from 'electron';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPaths } from '../adapters/data-paths.ts';
import { ownPaths } from '../headless/paths.ts';
import { guardContents } from './security.ts';
import { registerUiScheme } from './ui-protocol.ts';

export function prepare(): DataPaths {
  const paths = ownPaths();
  // Chromium's own files get a folder of theirs; on macOS the default one is where Mooring's files are.
  const chromiumDir = join(paths.dataDir, 'chromium');
  mkdirSync(chromiumDir, { recursive: true, mode: 0o700 });
  app.setPath('userData', chromiumDir);
  // Security checklist 4: every renderer in the sandbox, whatever a window says.
  // Chromium has none for root, and says so unless told that this is known.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  // No menu bar; macOS needs its application menu for copy and paste, and gets it in shell.ts.
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
  // Windows shows no notification, and no name in its list of startup programs, without it. As electron-builder.yml says.
  app.setAppUserModelId('io.github.mooring.Mooring');
  registerUiScheme();
  guardContents();
  return paths;
}
