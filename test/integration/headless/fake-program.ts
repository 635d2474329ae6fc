/** The real program with a fake core in it; MOORING_TEST_HOME says where it lives. */
import { join } from 'node:path';
import process from 'node:process';
import { main } from '../../../main/headless/main.ts';
import { createFakeCore } from '../../support/fake-core.ts';

const home = process.env['MOORING_TEST_HOME'] ?? '';
await main(
  { dataDir: join(home, 'data'), runDir: join(home, 'run'), controlPath: join(home, 'run', 'control.sock') },
  ({ host }) => Promise.resolve(createFakeCore(host)),
);
