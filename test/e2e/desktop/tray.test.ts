/** The tray as a panel sees it: read, clicked and watched over D-Bus. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { watchTrayHost, type TrayHostState } from '../../../main/electron/tray-host.ts';
import type { Desktop, DesktopApp, StartOptions } from '../../support/desktop-app.ts';
import { startBus, type Bus } from '../../support/keyring.ts';
import { startSshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import { menuText, type TrayHost, type TrayItem } from '../../support/tray-host.ts';
import { waitFor } from '../../support/wait.ts';
import { describeDesktop } from './describe-desktop.ts';

const redraws = 200;
/** What one redraw may leave on average, bytes: less than one menu. */
const bytesPerRedraw = 5_000;

/** The icon as soon as its menu has this line, which may be the beginning of one. */
async function lookFor(host: TrayHost, line: string): Promise<TrayItem> {
  let last: TrayItem | null = null;
  return waitFor(
    () => `“${line}” in the menu, which is\n${last ? menuText(last.menu) : 'not there'}`,
    async () => {
      last = await host.read();
      return menuText(last.menu)
        .split('\n')
        .some((each) => each.trim().startsWith(line))
        ? last
        : null;
    },
    { everyMs: 20 },
  );
}

const trayOf = (app: DesktopApp, kind: string) =>
  app.until(`the tray to be ${kind}`, (now) => now.desktop?.tray.kind === kind);

const windowIsVisible = (app: DesktopApp) =>
  app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((each) => each.isVisible()));

describeDesktop('the tray', (desktop) => {
  const start = (options: StartOptions = { args: ['--hidden'] }) => desktop().start(options);
  const startHost: Desktop['startTrayHost'] = (options) => desktop().startTrayHost(options);

  it('says how things are, and does what is clicked', async () => {
    const host = await startHost();
    const app = await start();
    await trayOf(app, 'shown');
    const empty = await lookFor(host, '(No servers yet)');
    expect(empty).toMatchObject({ status: 'Active', tooltip: 'Mooring: No servers yet', iconSize: '48x48' });
    expect(menuText(empty.menu)).toBe(
      [
        '(No servers yet)',
        '----',
        'Set up…',
        '----',
        'Open Mooring',
        'Set up a new VM…',
        'Settings',
        '----',
        'Quit Mooring',
      ].join('\n'),
    );

    await app.call('demo.start', {});
    const running = await app.until('the demo', (now) => now.servers[0]?.forwards[0]?.state.kind === 'up');
    const { profile } = running.servers[0]!;
    const [forward] = profile.forwards;
    const address = `127.0.0.1:${String(forward!.bind.port)}`;
    const up = await lookFor(host, `● ${profile.name} · up`);
    console.log(menuText(up.menu));
    expect(menuText(up.menu)).toContain(`[x] ${forward!.label}  ${address}`);
    expect(menuText(up.menu)).toContain('(Connect all)\nDisconnect all');
    expect(up.tooltip).toBe('Mooring: 1 of 1 server up');

    await host.click('Copy address');
    await expect.poll(() => app.electron.evaluate(({ clipboard }) => clipboard.readText())).toBe(address);

    await host.click(`${forward!.label}  `);
    await app.until('the tunnel to go', (now) => now.servers[0]?.profile.forwards[0]?.wanted === false);
    await lookFor(host, `[ ] ${forward!.label}  ${address}`);
    await host.click(`${forward!.label}  `);
    await app.until('the tunnel', (now) => now.servers[0]?.forwards[0]?.state.kind === 'up');
    await lookFor(host, `[x] ${forward!.label}  ${address}`);

    await host.click('Disconnect all');
    const off = await lookFor(host, `○ ${profile.name} · off`);
    expect(menuText(off.menu)).toContain('Connect all\n(Disconnect all)');
    expect(new Set([up.icon, off.icon]).size).toBe(2);
    expect(empty.icon).toBe(off.icon);
    await host.click(`Connect ${profile.name}`);
    expect((await lookFor(host, `● ${profile.name} · up`)).icon).toBe(up.icon);

    expect(await windowIsVisible(app)).toBe(false);
    await host.activate();
    await expect.poll(() => windowIsVisible(app)).toBe(true);

    const ended = new Promise((resolve) => app.electron.process().once('exit', resolve));
    await host.click('Quit Mooring');
    await ended;
    await expect.poll(() => host.items()).toEqual([]);
  });

  it('shows each state by a picture of its own, and leads to a question', async () => {
    const host = await startHost();
    const app = await start();
    const ssh = await startSshDouble({ stages: [[{ kind: 'password', password: 'ahoy' }]] });
    try {
      const draft = { address: '127.0.0.1', user: 'ubuntu', login: { kind: 'password' }, forwards: [] } as const;
      const icons = [(await lookFor(host, '(No servers yet)')).icon];

      const { serverId } = await app.call('servers.add', {
        draft: { ...draft, name: 'R&D_lab', port: ssh.port },
      });
      await app.call('wanted.set', { serverId, on: true });
      icons.push((await lookFor(host, '▲ R&D_lab · needs you: check a new host key')).icon);
      await host.click('▲ Answer R&D_lab…');
      const page = await app.window();
      await page.getByRole('dialog').getByText('SHA256:').first().waitFor();

      const { prompts } = await app.snapshot();
      await app.call('prompts.cancel', { promptId: prompts[0]!.id });
      icons.push((await lookFor(host, '✕ R&D_lab · failed')).icon);

      await app.call('servers.remove', { serverId });
      const closed = await freePort();
      const { serverId: gone } = await app.call('servers.add', { draft: { ...draft, name: 'gone', port: closed } });
      await app.call('wanted.set', { serverId: gone, on: true });
      icons.push((await lookFor(host, '◐ gone · trying again')).icon);

      await app.call('servers.remove', { serverId: gone });
      await app.call('demo.start', {});
      icons.push((await lookFor(host, '● demo · up')).icon);
      expect(new Set(icons).size).toBe(5);
    } finally {
      await app.quit();
      await ssh.stop();
    }
  });

  it('waits for a panel that comes late, says so meanwhile, and comes back after it', async () => {
    const app = await start();
    const { desktop: without } = await trayOf(app, 'absent');
    const failure = without?.tray.kind === 'absent' ? without.tray.failure : null;
    expect(failure?.message).toContain('leaves Mooring in the taskbar');
    await expect.poll(() => windowIsVisible(app)).toBe(true);

    const first = await startHost({ registered: false });
    await expect
      .poll(() => app.snapshot().then((now) => JSON.stringify(now.desktop?.tray)))
      .toContain('without a host');
    expect(first.items()).toEqual([]);
    first.setHost(true);
    await trayOf(app, 'shown');
    await lookFor(first, 'Quit Mooring');

    await first.close();
    await trayOf(app, 'absent');
    const second = await startHost();
    await trayOf(app, 'shown');
    await lookFor(second, 'Quit Mooring');
    expect(second.items()).toHaveLength(1);
    await app.quit();
  });

  it('says so where there is no session bus', async () => {
    const app = await start({ env: { DBUS_SESSION_BUS_ADDRESS: 'disabled:' } });
    const { desktop: view } = await trayOf(app, 'absent');
    expect(view?.tray).toMatchObject({ failure: { message: expect.stringContaining('no session bus') as string } });
    await app.quit();
  });

  it('hears the bus end, and leaves it when it is told to', async () => {
    const bus = await startBus();
    const env = { DBUS_SESSION_BUS_ADDRESS: bus.address };
    const told: TrayHostState[] = [];
    const end = watchTrayHost(env, (state) => told.push(state));
    await expect.poll(() => told).toEqual(['no-watcher']);
    // While it is still being connected to.
    watchTrayHost(env, (state) => told.push(state))();
    // The first watch and the question itself.
    await expect.poll(() => connections(bus)).toBe(2);
    await bus.close();
    await expect.poll(() => told).toEqual(['no-watcher', 'no-bus']);
    end();
  });

  it(`leaks nothing in ${String(redraws)} redraws`, { timeout: 180_000 }, async () => {
    const host = await startHost();
    const app = await start();
    const port = await freePort();
    const forwards = Array.from({ length: 6 }, (_, at) => ({
      label: `Service ${String(at)}`,
      service: 'http' as const,
      bind: { address: '127.0.0.1', port: 20_000 + at, alsoIpv6: false },
      target: { host: '127.0.0.1', port: 80 },
    }));
    const { serverId } = await app.call('servers.add', {
      draft: { name: 'lab-vm', address: '127.0.0.1', port, user: 'ubuntu', login: { kind: 'agent' }, forwards },
    });
    // On and off change icon, tooltip and menu.
    const redraw = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 2) {
        await app.call('wanted.set', { serverId, on: true });
        await lookFor(host, '◐ lab-vm');
        await app.call('wanted.set', { serverId, on: false });
        await lookFor(host, '○ lab-vm');
      }
    };
    await redraw(20);
    const before = await measure(app);
    await redraw(redraws);
    const after = await measure(app);
    console.log(
      `  ${String(redraws)} redraws: heap ${String(Math.round((after.heap - before.heap) / 1024))} kB, resident ${String(Math.round((after.resident - before.resident) / 1024))} kB, menus ${String(after.menus - before.menus)}, files ${String(after.files - before.files)}`,
    );
    expect(host.items()).toHaveLength(1);
    expect(after.menus).toBe(before.menus);
    expect(after.files).toBeLessThanOrEqual(before.files + 3);
    expect(after.heap - before.heap).toBeLessThan(redraws * bytesPerRedraw);
    await app.quit();
  });
});

/** Programs on the bus, the one that asks included. */
async function connections(bus: Bus): Promise<number> {
  const question = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.ListNames'];
  const env = { PATH: process.env['PATH'], DBUS_SESSION_BUS_ADDRESS: bus.address };
  const { stdout } = await promisify(execFile)('dbus-send', question, { env });
  return stdout.match(/":1\.\d+"/g)?.length ?? 0;
}

async function measure(app: DesktopApp) {
  return app.electron.evaluate(async ({ Menu }) => {
    const v8 = process.getBuiltinModule('v8');
    v8.setFlagsFromString('--expose-gc');
    const gc = process.getBuiltinModule('vm').runInNewContext('gc') as () => void;
    // What has a native side goes in the second round.
    for (let round = 0; round < 3; round += 1) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return {
      heap: process.memoryUsage().heapUsed,
      resident: process.memoryUsage.rss(),
      menus: v8.queryObjects(Menu, { format: 'count' }),
      files: process.getBuiltinModule('fs').readdirSync('/proc/self/fd').length,
    };
  });
}
