/**
 * Start at login as the desktop does it: the file that the app writes is read, and what it says is started. And sleep,
 * as systemd-logind tells of it.
 */
import { Message, sessionBus } from '@jellybrick/dbus-next';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { autostartPath } from '../../../main/adapters/autostart.ts';
import { parseExec, unescapeString } from '../../../main/adapters/autostart-entry.ts';
import type { LoginItemView } from '../../../main/shared/desktop.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { electronPath } from '../../support/electron-runtime.ts';
import { waitFor } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

const loginItem = (now: Snapshot): LoginItemView | undefined => now.desktop?.loginItem;
const known = (now: Snapshot) => loginItem(now)?.kind !== 'unknown';

describeDesktop('start at login', (desktop) => {
  const argvOf = async (path: string) => {
    const line = /^Exec=(.*)$/m.exec(await readFile(path, 'utf8'))?.[1] ?? '';
    return parseExec(unescapeString(line)) ?? [];
  };

  it('is off until asked for, starts the app in the tray with its tunnels, and stays off when its file is deleted', async () => {
    const app = await desktop().start();
    const path = autostartPath({}, app.home);
    expect(loginItem(await app.until('the login item', known))).toEqual({ kind: 'off' });
    await expect(stat(path)).rejects.toThrow();
    await app.call('login-item.set', { on: true });
    expect(loginItem(await app.snapshot())).toEqual({ kind: 'on', hidden: true });
    const argv = await argvOf(path);
    expect(argv.slice(0, 3)).toEqual(['env', `MOORING_HOME=${app.home}/mooring`, electronPath]);
    expect(argv.at(-1)).toBe('--hidden');
    await app.call('settings.set', { patch: { startHidden: false } });
    await app.until('the entry to follow', (now) => {
      const view = loginItem(now);
      return view?.kind === 'on' && !view.hidden;
    });
    expect(await argvOf(path)).not.toContain('--hidden');
    await app.call('settings.set', { patch: { startHidden: true } });
    await app.until('the entry to follow', (now) => {
      const view = loginItem(now);
      return view?.kind === 'on' && view.hidden;
    });
    await app.call('demo.start', {});
    await app.until('up', ({ servers }) => servers[0]?.connection.kind === 'up');
    await app.quit();

    // What the session does at login.
    const [, , , ...args] = await argvOf(path);
    const given = ['--no-sandbox', '--disable-gpu'];
    const atLogin = await desktop().start({
      home: app.home,
      executablePath: electronPath,
      args: args.filter((each) => !given.includes(each)),
    });
    await atLogin.until('up by itself', ({ servers }) => servers[0]?.connection.kind === 'up');
    expect(atLogin.electron.windows()).toEqual([]);
    expect(loginItem(await atLogin.until('the login item', known))).toEqual({ kind: 'on', hidden: true });
    await rm(path);
    await atLogin.quit();

    const again = await desktop().start({ home: app.home, args: ['--hidden'] });
    expect(loginItem(await again.until('the login item', known))).toEqual({ kind: 'off' });
    await expect(stat(path)).rejects.toThrow();
    await again.quit();
  });

  it('brings an entry of another place up to date, and respects one that the user has hidden', async () => {
    const home = await desktop().makeHome();
    const path = autostartPath({}, home);
    const put = async (...lines: string[]) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, ['[Desktop Entry]', 'Type=Application', ...lines, ''].join('\n'));
    };
    const withData = `env MOORING_HOME=${home}/mooring`;
    await put(`Exec=${withData} "/old place/Mooring.AppImage" --hidden`, 'X-Mine=1');
    const app = await desktop().start({ home, args: ['--hidden'] });
    expect(loginItem(await app.until('the login item', known))).toEqual({ kind: 'on', hidden: true });
    expect((await argvOf(path))[2]).toBe(electronPath);
    expect(await readFile(path, 'utf8')).toContain('X-Mine=1');
    await app.quit();

    await put('Exec=/old/mooring --hidden', 'Hidden=true');
    const blocked = await desktop().start({ home, args: ['--hidden'] });
    expect(loginItem(await blocked.until('the login item', known))).toMatchObject({ kind: 'blocked' });
    expect(await readFile(path, 'utf8')).toContain('Exec=/old/mooring');
    await blocked.call('login-item.set', { on: true });
    expect(loginItem(await blocked.snapshot())).toEqual({ kind: 'on', hidden: true });
    await blocked.call('login-item.set', { on: false });
    await expect(stat(path)).rejects.toThrow();
    await blocked.quit();
  });
});

describeDesktop('sleep and network', (desktop) => {
  /** On the bus that stands for the system's: says when the machine sleeps and wakes. */
  async function startLogind() {
    const bus = sessionBus({ busAddress: desktop().bus.address });
    const manager = 'org.freedesktop.login1.Manager';
    const path = '/org/freedesktop/login1';
    let asked = 0;
    bus.addMethodHandler((message) => {
      if (message.path !== path) return false;
      asked += 1;
      bus.send(Message.newError(message, 'org.freedesktop.DBus.Error.NotSupported', 'not here'));
      return true;
    });
    await bus.requestName('org.freedesktop.login1');
    return {
      isAsked: () => asked > 0,
      sleep(isSleeping: boolean) {
        bus.send(Message.newSignal(path, manager, 'PrepareForSleep', 'b', [isSleeping]));
      },
      async close() {
        await bus.releaseName('org.freedesktop.login1');
        bus.disconnect();
      },
    };
  }

  it('hears of sleep and wake, checks its links, and is online', async () => {
    const logind = await startLogind();
    const app = await desktop().start({ args: ['--hidden'] });
    try {
      expect(await app.electron.evaluate(({ net }) => net.isOnline())).toBe((await app.snapshot()).network.online);
      await app.call('demo.start', {});
      await app.until('up', ({ servers }) => servers[0]?.connection.kind === 'up');
      // An inhibitor lock is asked for once the signals are listened to.
      await waitFor('the app to ask for a delay of the sleep', logind.isAsked);
      const logged = async (text: string) => {
        const { entries } = await app.call('logs.get', {});
        return entries.some((each) => each.message === text);
      };
      logind.sleep(true);
      await waitFor('a line about the sleep', () => logged('The laptop goes to sleep.'));
      logind.sleep(false);
      await waitFor('a line about the wake', () => logged('The laptop woke up.'));
      expect((await app.snapshot()).servers[0]?.connection.kind).toBe('up');
    } finally {
      await app.quit();
      await logind.close();
    }
  });
});
