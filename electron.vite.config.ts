// One command builds all three sides: main (plain ESM for Node), preload (one CommonJS file, as a sandboxed preload
// must be) and renderer (static files, served by the headless host or by Electron).
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  main: {
    build: {
      target: 'node20',
      outDir: 'out/main',
      rolldownOptions: { input: { mooring: 'main/headless/mooring.ts' }, output: { format: 'es' } },
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
