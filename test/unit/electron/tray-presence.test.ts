/** How long a tray host is waited for, and what is said when none comes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sessionBusAddress } from '../../../main/adapters/session-bus.ts';
import type { TrayHostState } from '../../../main/electron/tray-host.ts';
import { followTrayHost, trayFailure } from '../../../main/electron/tray-presence.ts';
import type { TrayView } from '../../../main/shared/desktop.ts';
import { failureText } from '../../../main/shared/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function follow(env: NodeJS.ProcessEnv = {}) {
  const clock = new FakeClock();
  const told: TrayView['kind'][] = [];
  let host: (state: TrayHostState) => void = () => undefined;
  let watching = true;
  const end = followTrayHost(
    {
      env,
      clock,
      watch: (_env, listener) => {
        host = listener;
        return () => (watching = false);
      },
    },
    (view) => told.push(view.kind),
  );
  return { clock, told, end, host: (state: TrayHostState) => host(state), isWatching: () => watching };
}

describe('the tray host', () => {
  it.each([
    ['X11', {}, 3_000],
    ['X11 by name', { XDG_SESSION_TYPE: 'x11' }, 3_000],
    ['Wayland', { XDG_SESSION_TYPE: 'wayland' }, 15_000],
    ['Wayland by its socket', { WAYLAND_DISPLAY: 'wayland-0' }, 15_000],
  ])('is waited for before its absence is told, on %s', async (_name, env, patienceMs) => {
    const { clock, told, host } = follow(env);
    host('no-watcher');
    await clock.pass(patienceMs - 1);
    expect(told).toEqual(['waiting']);
    await clock.pass(1);
    expect(told).toEqual(['waiting', 'absent']);
    host('there');
    expect(told).toEqual(['waiting', 'absent', 'shown']);
  });

  it('is taken at once when it is there', async () => {
    const { clock, told, host } = follow();
    host('there');
    await clock.pass(60_000);
    expect(told).toEqual(['waiting', 'shown']);
    expect(clock.pending).toBe(0);
  });

  it('may answer nothing at all', async () => {
    const { clock, told } = follow();
    await clock.pass(3_000);
    expect(told).toEqual(['waiting', 'absent']);
  });

  it('may restart without a word, and go', async () => {
    const { clock, told, host } = follow();
    host('there');
    host('no-watcher');
    await clock.pass(2_000);
    host('no-host');
    host('there');
    expect(told).toEqual(['waiting', 'shown', 'waiting', 'shown']);
    host('no-watcher');
    await clock.pass(3_000);
    expect(told.slice(4)).toEqual(['waiting', 'absent']);
  });

  it('can’t come without a bus', () => {
    const { clock, told, host } = follow();
    host('no-bus');
    expect(told).toEqual(['waiting', 'absent']);
    expect(clock.pending).toBe(0);
  });

  it('leaves nothing behind', () => {
    const { clock, end, isWatching } = follow();
    end();
    expect(clock.pending).toBe(0);
    expect(isWatching()).toBe(false);
  });
});

describe('words for a tray that is not there', () => {
  it.each([
    ['no-bus', {}, 'There is no session bus'],
    ['no-watcher', { XDG_CURRENT_DESKTOP: 'ubuntu:GNOME' }, 'gnome-shell-extension-appindicator'],
    ['no-watcher', { XDG_CURRENT_DESKTOP: 'GNOME-Classic:GNOME' }, 'AppIndicator'],
    ['no-host', { XDG_CURRENT_DESKTOP: 'KDE' }, 'System Tray widget'],
    ['no-watcher', { XDG_CURRENT_DESKTOP: 'XFCE' }, 'Status Tray plugin'],
    ['asking', { XDG_CURRENT_DESKTOP: 'sway' }, 'Waybar'],
    ['asking', {}, 'StatusNotifierItem'],
  ] as const)('%s under %j', (state, env, words) => {
    const text = failureText(trayFailure(state, env));
    expect(text).toContain(words);
    expect(text).toContain('Closing the window therefore leaves Mooring in the taskbar');
  });
});

describe('the session bus', () => {
  it('is the one named, else the user’s', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'mooring-run-'));
    try {
      expect(sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x', XDG_RUNTIME_DIR: dir })).toBe(
        'unix:path=/x',
      );
      expect(sessionBusAddress({})).toBeNull();
      expect(sessionBusAddress({ XDG_RUNTIME_DIR: dir })).toBeNull();
      writeFileSync(join(dir, 'bus'), '');
      expect(sessionBusAddress({ XDG_RUNTIME_DIR: dir })).toBeNull();
      rmSync(join(dir, 'bus'));
      const server = createServer();
      await new Promise<void>((resolve) => {
        server.listen(join(dir, 'bus'), resolve);
      });
      expect(sessionBusAddress({ XDG_RUNTIME_DIR: dir })).toBe(`unix:path=${join(dir, 'bus')}`);
      await new Promise((resolve) => server.close(resolve));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
