// One command builds all three sides: main (plain ESM for Node), preload (one CommonJS file, as a sandboxed preload
// must be) and renderer (static files, served by the headless host or by Electron).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

/** The tray's pictures go beside the program, into the archive of a package too (main/electron/tray-icons.ts). */
function trayIcons(): Plugin {
  const folder = join(import.meta.dirname, 'build', 'tray');
  return {
    name: 'tray-icons',
    generateBundle() {
      for (const name of readdirSync(folder)) {
        this.emitFile({ type: 'asset', fileName: `tray/${name}`, source: readFileSync(join(folder, name)) });
      }
    },
  };
}

export default defineConfig({
  main: {
    plugins: [trayIcons()],
    build: {
      target: 'node20',
      outDir: 'out/main',
      rolldownOptions: {
        input: { mooring: 'main/headless/mooring.ts', desktop: 'main/electron/desktop.ts' },
        output: { format: 'es' },
      },
    },
  },
  preload: {
    build: {
      target: 'node20',
      outDir: 'out/preload',
      rolldownOptions: {
        input: { index: 'preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    build: {
      target: 'chrome130',
      outDir: 'out/renderer',
      minify: true,
      rolldownOptions: { input: 'renderer/index.html' },
    },
    plugins: [react()],
  },
});
