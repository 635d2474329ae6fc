/** The file for the start at login, on a real disk. */
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { autostartPath, createAutostart } from '../../../main/adapters/autostart.ts';

const ours = '/opt/Mooring/mooring';
let home: string;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'mooring-autostart-'));
  path = autostartPath({}, home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const autostart = (program: string = ours, installed = true, env: Record<string, string> = {}) =>
  createAutostart({
    env: { XDG_CURRENT_DESKTOP: 'GNOME', ...env },
    homeDir: home,
    program: { argv: [program], installed },
    icon: 'mooring',
  });
const text = () => readFile(path, 'utf8');
const put = async (...lines: string[]) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ['[Desktop Entry]', 'Type=Application', ...lines, ''].join('\n'));
};
const isRoot = process.getuid?.() === 0;

it('is off where there is nothing, and makes nothing by looking', async () => {
  expect(await autostart().read()).toEqual({ kind: 'off' });
  expect(await autostart().refresh(true)).toEqual({ kind: 'off' });
  expect(await autostart().set({ on: false })).toEqual({ kind: 'off' });
  await expect(stat(dirname(path))).rejects.toThrow();
});

it('switches on and off', async () => {
  expect(await autostart().set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect(await autostart().read()).toEqual({ kind: 'on', hidden: true });
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  expect(await text()).toContain(`\nExec=${ours} --hidden\n`);
  expect(await autostart().set({ on: true, hidden: false })).toEqual({ kind: 'on', hidden: false });
  expect(await autostart().set({ on: false })).toEqual({ kind: 'off' });
  await expect(stat(path)).rejects.toThrow();
});

it('follows the program when it moves, and stays deleted when it was deleted', async () => {
  await autostart('/home/ada/Mooring-1.AppImage').set({ on: true, hidden: true });
  expect(await autostart('/home/ada/Mooring-2.AppImage').refresh(true)).toEqual({ kind: 'on', hidden: true });
  expect(await text()).toContain('Exec=/home/ada/Mooring-2.AppImage --hidden');
  expect(await autostart('/home/ada/Mooring-2.AppImage').refresh(false)).toEqual({ kind: 'on', hidden: false });
  await rm(path);
  expect(await autostart().refresh(true)).toEqual({ kind: 'off' });
  await expect(stat(path)).rejects.toThrow();
});

it('does not write what is right already', async () => {
  await autostart().set({ on: true, hidden: true });
  const before = await stat(path);
  await autostart().refresh(true);
  expect((await stat(path)).ino).toBe(before.ino);
});

it('respects a no of the user’s until a person asks again', async () => {
  await put('Exec=/old/mooring', 'Hidden=true', 'X-Mine=1');
  const before = await text();
  expect(await autostart().refresh(true)).toMatchObject({ kind: 'blocked', failure: { code: 'not-allowed' } });
  expect(await text()).toBe(before);
  expect(await autostart().set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect(await text()).toContain('X-Mine=1');
});

it('carries the place of the data, and leaves the entry of other data alone until a person asks', async () => {
  const moved = autostart(ours, true, { MOORING_HOME: '~/my data' });
  expect(await moved.set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect(await text()).toContain(`\nExec=env "MOORING_HOME=~/my data" ${ours} --hidden\n`);
  // The same place, said otherwise.
  const same = autostart('/opt/new/mooring', true, { MOORING_HOME: join(home, 'my data') });
  expect(await same.refresh(false)).toEqual({ kind: 'on', hidden: false });
  expect(await text()).toContain(`\nExec=env "MOORING_HOME=${home}/my data" /opt/new/mooring\n`);
  const before = await text();
  for (const other of [autostart(), autostart(ours, true, { MOORING_HOME: '/elsewhere' })]) {
    const view = await other.refresh(true);
    expect(view).toMatchObject({
      kind: 'blocked',
      failure: { message: expect.stringContaining('other data') as string },
    });
    expect(JSON.stringify(view)).toContain(`${home}/my data`);
    expect(await text()).toBe(before);
  }
  expect(await autostart().set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect(await text()).toContain(`\nExec=${ours} --hidden\n`);
  expect(await moved.read()).toMatchObject({ kind: 'blocked' });
  // A command that somebody has put together is theirs.
  await put('Exec=/usr/bin/firejail /opt/Mooring/mooring --hidden');
  expect(await moved.refresh(true)).toEqual({ kind: 'on', hidden: true });
  expect(await text()).toContain('Exec=/usr/bin/firejail /opt/Mooring/mooring --hidden');
});

it('sees that desktops skip an entry whose TryExec is gone, and drops that when switched on', async () => {
  const there = join(home, 'mooring');
  await writeFile(there, '', { mode: 0o755 });
  for (const [value, kind] of [
    [there, 'on'],
    ['mooring', 'on'],
    [join(home, 'gone'), 'blocked'],
    ['mooring-gone', 'blocked'],
  ]) {
    await put(`Exec=${ours} --hidden`, `TryExec=${value ?? ''}`);
    const before = await text();
    expect(await autostart(ours, true, { PATH: `/nowhere:${home}` }).refresh(true)).toMatchObject({ kind });
    expect(await text()).toBe(before);
  }
  expect(await autostart().read()).toMatchObject({
    failure: { message: expect.stringContaining('TryExec') as string },
  });
  expect(await autostart().set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect(await text()).not.toContain('TryExec');
});

it('a run from a checkout leaves the entry of an installed app alone while that is there', async () => {
  const installed = join(home, 'mooring');
  await writeFile(installed, '');
  await autostart(installed).set({ on: true, hidden: true });
  await autostart('/src/electron', false).refresh(true);
  expect(await text()).toContain(`Exec=${installed} --hidden`);
  await rm(installed);
  await autostart('/src/electron', false).refresh(true);
  expect(await text()).toContain('Exec=/src/electron --hidden');
});

it('writes through a link to a file, and replaces a link to nowhere that masks it', async () => {
  const kept = join(home, 'dotfiles.desktop');
  await mkdir(dirname(path), { recursive: true });
  await symlink(kept, path);
  expect(await autostart().set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
  expect(await readFile(kept, 'utf8')).toContain('Exec=');
  await rm(path);
  await symlink('/dev/null', path);
  expect(await autostart().refresh(true)).toEqual({ kind: 'off' });
  expect(await autostart().set({ on: true, hidden: true })).toEqual({ kind: 'on', hidden: true });
  expect((await lstat(path)).isFile()).toBe(true);
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
});

it('says what is in the way', async () => {
  await mkdir(join(home, '.config'));
  await writeFile(join(home, '.config', 'autostart'), 'a file');
  const view = await autostart().set({ on: true, hidden: true });
  expect(view).toMatchObject({ kind: 'failed', failure: { code: 'storage-failed' } });
  expect(JSON.stringify(view)).toContain(path);
});

it.skipIf(isRoot)('says that it may not write', async () => {
  await put(`Exec=${ours}`);
  await chmod(dirname(path), 0o555);
  expect(await autostart().set({ on: true, hidden: true })).toMatchObject({
    kind: 'failed',
    failure: { message: /no permission/ },
  });
  await chmod(dirname(path), 0o755);
});

it.each([
  [{}, '/home/ada/.config/autostart'],
  [{ XDG_CONFIG_HOME: '/cfg' }, '/cfg/autostart'],
  [{ XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config/autostart'],
  [{ XDG_CONFIG_HOME: '' }, '/home/ada/.config/autostart'],
])('with %j it lies in %s', (env, folder) => {
  expect(autostartPath(env, '/home/ada')).toBe(`${folder}/io.github.mooring.Mooring.desktop`);
});
