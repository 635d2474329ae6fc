import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataPaths } from '../../../main/adapters/data-paths.ts';

type Row = readonly [title: string, env: Record<string, string>, platform: NodeJS.Platform, home: string, dir: string];

test.each<Row>([
  ['Linux', {}, 'linux', '/home/ada', '/home/ada/.config/mooring'],
  ['XDG', { XDG_CONFIG_HOME: '/cfg' }, 'linux', '/home/ada', '/cfg/mooring'],
  ['a relative XDG path is ignored', { XDG_CONFIG_HOME: 'cfg' }, 'linux', '/home/ada', '/home/ada/.config/mooring'],
  ['an empty XDG path is ignored', { XDG_CONFIG_HOME: '' }, 'linux', '/home/ada', '/home/ada/.config/mooring'],
  ['macOS', { XDG_CONFIG_HOME: '/cfg' }, 'darwin', '/Users/ada', '/Users/ada/Library/Application Support/Mooring'],
  ['FreeBSD', {}, 'freebsd', '/home/ada', '/home/ada/.config/mooring'],
  [
    'Windows',
    { APPDATA: 'C:\\Users\\Ada\\AppData\\Roaming' },
    'win32',
    'C:\\Users\\Ada',
    'C:\\Users\\Ada\\AppData\\Roaming\\Mooring',
  ],
  ['Windows without APPDATA', {}, 'win32', 'C:\\Users\\Ada', 'C:\\Users\\Ada\\AppData\\Roaming\\Mooring'],
  ['MOORING_HOME', { MOORING_HOME: '/data/m', XDG_CONFIG_HOME: '/cfg' }, 'linux', '/home/ada', '/data/m'],
  ['MOORING_HOME from home', { MOORING_HOME: 'm' }, 'linux', '/home/ada', '/home/ada/m'],
  ['MOORING_HOME with a tilde', { MOORING_HOME: '~/m/' }, 'darwin', '/Users/ada', '/Users/ada/m'],
  ['an empty MOORING_HOME', { MOORING_HOME: '' }, 'linux', '/home/ada', '/home/ada/.config/mooring'],
  ['MOORING_HOME on Windows', { MOORING_HOME: 'D:\\m' }, 'win32', 'C:\\Users\\Ada', 'D:\\m'],
])('%s', (_, env, platform, home, dir) => {
  expect(dataPaths(env, platform, home, 1000).dataDir).toBe(dir);
});

describe('the control socket', () => {
  const long = `/home/${'a'.repeat(100)}`;

  test('lies in the data folder', () => {
    expect(dataPaths({}, 'linux', '/home/ada', 1000)).toEqual({
      dataDir: '/home/ada/.config/mooring',
      runDir: '/home/ada/.config/mooring/run',
      controlPath: '/home/ada/.config/mooring/run/control.sock',
    });
  });

  test.each([
    [
      'in the runtime folder',
      { XDG_RUNTIME_DIR: '/run/user/1000', TMPDIR: '/var/tmp' },
      /^\/run\/user\/1000\/mooring-1000-[0-9a-f]{12}\/control\.sock$/,
    ],
    [
      'else in the temp folder',
      { TMPDIR: '/var/folders/ab/cdefghijklmnopqrstuvwxyz012345/T/' },
      /^\/var\/folders\/.*\/T\/mooring-1000-[0-9a-f]{12}\/control\.sock$/,
    ],
    ['else in /tmp', { TMPDIR: `/${'t'.repeat(90)}` }, /^\/tmp\/mooring-1000-[0-9a-f]{12}\/control\.sock$/],
    ['and relative ones are ignored', { XDG_RUNTIME_DIR: 'run', TMPDIR: '.' }, /^\/tmp\/mooring-1000-/],
  ])('of a folder with too long a path lies %s', (_, env, pattern) => {
    const { controlPath, runDir } = dataPaths(env, 'linux', long, 1000);
    expect(controlPath).toMatch(pattern);
    expect(controlPath).toBe(`${runDir}/control.sock`);
  });

  test('is measured in bytes, not characters', () => {
    const home = `/home/${'ä'.repeat(40)}`;
    expect(`${home}/.config/mooring/run/control.sock`.length).toBeLessThan(100);
    expect(dataPaths({}, 'linux', home, 1000).controlPath).toMatch(/^\/tmp\//);
  });

  test('differs by data folder', () => {
    const at = (home: string) => dataPaths({}, 'linux', home, 1000).controlPath;
    expect(at(long)).not.toBe(at(`${long}b`));
  });

  test('is a pipe on Windows, by folder and user, whatever the case', () => {
    const at = (MOORING_HOME: string, USERNAME: string) =>
      dataPaths({ MOORING_HOME, USERNAME }, 'win32', 'C:\\Users\\x', -1).controlPath;
    expect(at('D:\\m', 'ada')).toMatch(/^\\\\\.\\pipe\\mooring-[0-9a-f]{12}$/);
    expect(at('D:\\M', 'Ada')).toBe(at('D:\\m', 'ada'));
    expect(at('D:\\m', 'bob')).not.toBe(at('D:\\m', 'ada'));
  });

  test('always fits', () => {
    const path = fc.string({ maxLength: 200 });
    fc.assert(
      fc.property(path, path, path, fc.constantFrom<NodeJS.Platform>('linux', 'darwin'), (a, b, c, platform) => {
        const env = { MOORING_HOME: a, XDG_RUNTIME_DIR: `/${b}`, TMPDIR: `/${c}` };
        const { controlPath } = dataPaths(env, platform, '/home/ada', 1000);
        expect(Buffer.byteLength(controlPath)).toBeLessThanOrEqual(100);
      }),
    );
  });
});
