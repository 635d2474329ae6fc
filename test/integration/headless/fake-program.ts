/** The real program with a fake core in it; MOORING_TEST_HOME says where it lives. */
import { join } from 'node:path';
import process from 'node:process';
import { main } from '../../../main/headless/main.ts';
import { createFakeCore } from '../../support/fake-core.ts';

const home = process.env['MOORING_TEST_HOME'] ?? '';
await main({
  paths: { dataDir: join(home, 'data'), runDir: join(home, 'run'), controlPath: join(home, 'run', 'control.sock') },
  compose: ({ host }) => Promise.resolve(createFakeCore(host)),
  words: process.argv.slice(2),
  background: {
    command: process.execPath,
    args: [...process.execArgv, process.argv[1] ?? '', 'serve', '--background'],
  },
});
