/** What macOS and Windows answer, by the shapes in Electron's documentation and its sources; nothing of it runs here. */
import { describe, expect, it } from 'vitest';
import {
  macView,
  macViewAfterSet,
  startsHidden,
  windowsCommand,
  windowsView,
  windowsViewAfterSet,
} from '../../../main/electron/login-item-views.ts';

describe('macOS', () => {
  it.each([
    ['registered and allowed', { openAtLogin: true, status: 'enabled' }, 'on', 'on'],
    ['waits for the user', { openAtLogin: false, status: 'requires-approval' }, 'blocked', 'blocked'],
    ['not registered', { openAtLogin: false, status: 'not-registered' }, 'off', 'failed'],
    ['never heard of', { openAtLogin: false, status: 'not-found' }, 'off', 'failed'],
    ['before macOS 13: in the list', { openAtLogin: true, status: '' }, 'on', 'on'],
    ['before macOS 13: not in the list', { openAtLogin: false }, 'off', 'failed'],
  ])('%s', (_what, sample, kind, afterSet) => {
    expect(macView(sample, true).kind).toBe(kind);
    expect(macViewAfterSet(sample, true).kind).toBe(afterSet);
  });

  it('takes the wish to start hidden from the setting', () => {
    expect(macView({ openAtLogin: true, status: 'enabled' }, false)).toEqual({ kind: 'on', hidden: false });
  });
});

describe('Windows', () => {
  const item = (enabled: boolean, scope = 'user') => ({
    name: 'io.github.mooring.Mooring',
    path: 'C:\\Users\\Ada\\AppData\\Local\\Programs\\Mooring\\Mooring.exe',
    args: [],
    scope,
    enabled,
  });
  const answer = (openAtLogin: boolean, ...launchItems: ReturnType<typeof item>[]) => ({
    openAtLogin,
    executableWillLaunchAtLogin: launchItems.some((each) => each.enabled),
    launchItems,
  });

  it.each([
    ['nothing there', answer(false), answer(false), 'off', null],
    ['hidden', answer(false, item(true)), answer(true, item(true)), 'on', true],
    ['with its window', answer(true, item(true)), answer(false, item(true)), 'on', false],
    ['with other arguments', answer(false, item(true)), answer(false, item(true)), 'on', false],
    ['switched off in the Task Manager', answer(false, item(false)), answer(true, item(false)), 'blocked', null],
    [
      'two entries, one switched on',
      answer(false, item(false), item(true)),
      answer(true, item(false), item(true)),
      'on',
      true,
    ],
    [
      'only for the whole machine',
      answer(false, item(true, 'machine')),
      answer(false, item(true, 'machine')),
      'off',
      null,
    ],
  ])('%s', (_what, shown, hidden, kind, startsInTray) => {
    const view = windowsView(shown, hidden);
    expect(view.kind).toBe(kind);
    if (view.kind === 'on') expect(view.hidden).toBe(startsInTray);
  });

  it('says so when it did not take', () => {
    expect(windowsViewAfterSet(answer(false), answer(false)).kind).toBe('failed');
    expect(windowsViewAfterSet(answer(false, item(true)), answer(true, item(true)))).toEqual({
      kind: 'on',
      hidden: true,
    });
  });

  it('quotes the path, for it holds spaces', () => {
    expect(windowsCommand('C:\\Program Files\\Mooring\\Mooring.exe', true)).toEqual({
      path: '"C:\\Program Files\\Mooring\\Mooring.exe"',
      args: ['--hidden'],
    });
  });
});

describe('a start in the tray alone', () => {
  const facts = { platform: 'linux', argv: ['mooring'], wasOpenedAtLogin: false, startHidden: true };
  it.each([
    ['opened by a person', facts, false],
    ['by the entry', { ...facts, argv: ['mooring', '--hidden'] }, true],
    [
      'by the entry, with the setting changed since',
      { ...facts, argv: ['mooring', '--hidden'], startHidden: false },
      true,
    ],
    ['macOS at login', { ...facts, platform: 'darwin', wasOpenedAtLogin: true }, true],
    [
      'macOS at login, with a window wished',
      { ...facts, platform: 'darwin', wasOpenedAtLogin: true, startHidden: false },
      false,
    ],
    ['macOS from the Dock', { ...facts, platform: 'darwin' }, false],
    ['a system that has no such fact', { ...facts, wasOpenedAtLogin: true }, false],
  ])('%s', (_what, given, hidden) => {
    expect(startsHidden(given)).toBe(hidden);
  });
});
