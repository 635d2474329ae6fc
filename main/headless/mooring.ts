#!/usr/bin/env node
/** The program: `mooring …`. */
import process from 'node:process';
import { main } from './main.ts';
import { ownPaths } from './paths.ts';

await main({
  paths: ownPaths(),
  compose: async (options) => {
    // Most commands only talk to a running core and should not wait for what it is made of.
    const { composeCore } = await import('./compose-core.ts');
    return composeCore(options);
  },
  words: process.argv.slice(2),
  background: {
    command: process.execPath,
    args: [...process.execArgv, process.argv[1] ?? '', 'serve', '--background'],
  },
});
