import { expect, it } from 'vitest';
import { readStart } from '../../../main/electron/start-arguments.ts';

const packaged = { appPath: null };
const checkout = { appPath: '/src/mooring' };

it.each([
  [['/opt/Mooring/mooring'], packaged, { kind: 'app', hidden: false }],
  [['/opt/Mooring/mooring', '--hidden'], packaged, { kind: 'app', hidden: true }],
  [['/opt/Mooring/mooring', '--no-sandbox', '--hidden', '--disable-gpu'], packaged, { kind: 'app', hidden: true }],
  [['/opt/Mooring/mooring', 'status'], packaged, { kind: 'command-line', words: ['status'] }],
  [
    ['/opt/Mooring/mooring', '--ozone-platform=headless', 'logs', '--follow', '--hidden'],
    packaged,
    { kind: 'command-line', words: ['logs', '--follow', '--hidden'] },
  ],
  [['/opt/Mooring/mooring', '--help'], packaged, { kind: 'command-line', words: ['--help'] }],
  [['/opt/Mooring/mooring', '/home/ada/key.pem'], packaged, { kind: 'app', hidden: false }],
  [['/opt/Mooring/mooring', 'ssh://lab', '--hidden'], packaged, { kind: 'app', hidden: true }],
  [['/opt/Mooring/mooring', '-V'], packaged, { kind: 'command-line', words: ['-V'] }],
  [['electron', '-r', '/loader.js', '--no-sandbox', '/src/mooring'], checkout, { kind: 'app', hidden: false }],
  [['electron', '/src/mooring', '--hidden'], checkout, { kind: 'app', hidden: true }],
  [['electron', '--hidden', '/src/mooring', 'up', '--all'], checkout, { kind: 'command-line', words: ['up', '--all'] }],
] as const)('%j', (argv, where, start) => {
  expect(readStart(argv, where)).toEqual(start);
});
