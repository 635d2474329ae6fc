import { describe, expect, it } from 'vitest';
import {
  nextLookMs,
  nextView,
  unavailableHere,
  updateFailure,
  type Place,
} from '../../../main/electron/updates-view.ts';
import type { UpdatesView } from '../../../main/shared/desktop.ts';
import { failure } from '../../../main/shared/failure.ts';

const appImage: Place = {
  packaged: true,
  platform: 'linux',
  packageType: null,
  feedText: 'provider: generic\nurl: https://updates.example/mooring\nupdaterCacheDirName: mooring-updater\n',
  appImage: '/home/ada/Mooring.AppImage',
  appImageWritable: true,
};
const feed = (url: string): Place => ({ ...appImage, feedText: `provider: generic\nurl: ${url}\n` });

describe('where a copy can update itself', () => {
  it.each<[string, Place]>([
    ['an AppImage in a folder of one’s own', appImage],
    ['macOS', { ...appImage, platform: 'darwin', appImage: null, appImageWritable: false }],
    ['Windows', { ...appImage, platform: 'win32', appImage: null, appImageWritable: false }],
    ['a feed on this machine, for tests', feed('http://127.0.0.1:8080/feed')],
    ['a quoted address', feed("'https://updates.example'")],
  ])('can: %s', (_name, place) => {
    expect(unavailableHere(place)).toBeNull();
  });

  it.each<[string, Place, RegExp]>([
    ['a checkout', { ...appImage, packaged: false }, /checkout/],
    ['a deb', { ...appImage, packageType: 'deb', appImage: null }, /system’s packages/],
    ['an rpm without a feed', { ...appImage, packageType: 'rpm', feedText: null }, /system’s packages/],
    ['no feed', { ...appImage, feedText: null }, /no feed/],
    ['a feed without encryption', feed('http://updates.example/'), /not a safe one/],
    ['a feed that only begins like this machine', feed('http://127.0.0.1.example/'), /not a safe one/],
    ['a feed that is a file', feed('file:///tmp/feed'), /not a safe one/],
    ['an empty feed', { ...appImage, feedText: '' }, /not a safe one/],
    ['a folder that was unpacked', { ...appImage, appImage: null }, /Only the AppImage/],
    ['an AppImage of somebody else’s', { ...appImage, appImageWritable: false }, /may not write/],
  ])('can’t, and says so: %s', (_name, place, words) => {
    const why = unavailableHere(place);
    expect(why?.message).toMatch(words);
    expect(why?.hint).toBeTruthy();
  });
});

describe('the view of updates', () => {
  const off: UpdatesView = { kind: 'off' };
  const ready: UpdatesView = { kind: 'ready', version: '9.9.9' };
  const trouble = failure('unreachable', 'No.');

  it('goes from a look to an update that is ready', () => {
    let view = nextView(off, { kind: 'on' }, 1);
    expect(view).toEqual({ kind: 'current', checkedMs: null });
    view = nextView(view, { kind: 'looking' }, 2);
    expect(view).toEqual({ kind: 'checking' });
    view = nextView(view, { kind: 'found', version: '9.9.9' }, 3);
    expect(view).toEqual({ kind: 'downloading', version: '9.9.9', percent: 0 });
    view = nextView(view, { kind: 'progress', percent: 41.7 }, 4);
    expect(view).toEqual({ kind: 'downloading', version: '9.9.9', percent: 41 });
    view = nextView(view, { kind: 'ready', version: '9.9.9' }, 5);
    expect(view).toEqual(ready);
  });

  it('notes when it was last up to date', () => {
    expect(nextView({ kind: 'checking' }, { kind: 'none' }, 1234)).toEqual({ kind: 'current', checkedMs: 1234 });
  });

  it('says the same percent only once, and never goes back', () => {
    const view: UpdatesView = { kind: 'downloading', version: '2.0.0', percent: 41 };
    expect(nextView(view, { kind: 'progress', percent: 41.9 }, 1)).toBe(view);
    expect(nextView(view, { kind: 'progress', percent: 12 }, 1)).toBe(view);
    expect(nextView(view, { kind: 'progress', percent: 180 }, 1)).toMatchObject({ percent: 100 });
    expect(nextView({ kind: 'checking' }, { kind: 'progress', percent: 12 }, 1)).toEqual({ kind: 'checking' });
  });

  it('keeps an update that is ready through later looks, until there is a newer one', () => {
    for (const event of [
      { kind: 'on' },
      { kind: 'looking' },
      { kind: 'none' },
      { kind: 'failed', failure: trouble },
      { kind: 'found', version: '9.9.9' },
    ] as const) {
      expect(nextView(ready, event, 1)).toBe(ready);
    }
    expect(nextView(ready, { kind: 'found', version: '10.0.0' }, 1)).toMatchObject({ kind: 'downloading' });
  });

  it('is off when it was switched off, whatever was under way', () => {
    for (const view of [ready, { kind: 'checking' }, { kind: 'failed', failure: trouble }] as const) {
      expect(nextView(view, { kind: 'off' }, 1)).toEqual(off);
    }
  });

  it('stays unavailable', () => {
    const view: UpdatesView = { kind: 'unavailable', failure: trouble };
    expect(nextView(view, { kind: 'on' }, 1)).toBe(view);
    expect(nextView(view, { kind: 'ready', version: '9.9.9' }, 1)).toBe(view);
  });
});

describe('failures in words', () => {
  it.each([
    ['net::ERR_INTERNET_DISCONNECTED', 'unreachable'],
    ['net::ERR_NAME_NOT_RESOLVED', 'unreachable'],
    ['connect ECONNREFUSED 10.0.0.1:443', 'unreachable'],
    ['Cannot find channel "latest-linux.yml" update info: HttpError: 404', 'not-found'],
    ['sha512 checksum mismatch, expected A, got B', 'protocol-error'],
    ['New version 9.9.9 is not signed by the application owner', 'not-allowed'],
    ['Cannot update while running on a read-only volume', 'storage-failed'],
    ["EACCES: permission denied, open '/x'", 'storage-failed'],
    ['something else', 'protocol-error'],
  ])('%s', (message, code) => {
    const { hint, detail, ...words } = updateFailure(new Error(message));
    expect(words.code).toBe(code);
    expect(words.message).not.toContain(message);
    expect(hint).toBeTruthy();
    expect(detail).toContain(message);
  });

  it('gives one line of the cause, and its code', () => {
    const error = Object.assign(new Error('first\nat somewhere.js:1'), { code: 'ERR_UPDATER_CHANNEL_FILE_NOT_FOUND' });
    expect(updateFailure(error)).toMatchObject({
      code: 'not-found',
      detail: 'ERR_UPDATER_CHANNEL_FILE_NOT_FOUND first',
    });
  });
});

it('looks twice a day, an hour after a failure, never all at the same time', () => {
  const hourMs = 3_600_000;
  expect([nextLookMs(false, 0), nextLookMs(false, 0.5)]).toEqual([10.8 * hourMs, 12 * hourMs]);
  expect(nextLookMs(true, 0.5)).toBe(hourMs);
});
