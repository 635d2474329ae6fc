#!/usr/bin/env node
/** The program: `mooring …`. */
import { homedir, userInfo } from 'node:os';
import process from 'node:process';
import { dataPaths } from '../adapters/data-paths.ts';
import { main } from './main.ts';

await main(dataPaths(process.env, process.platform, homedir(), userInfo().uid), async (options) => {
  // Most commands only talk to a running core and should not wait for what it is made of.
  const { composeCore } = await import('./compose-core.ts');
  return composeCore(options);
});
