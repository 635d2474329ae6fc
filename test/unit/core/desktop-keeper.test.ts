import { afterEach, describe, expect, it } from 'vitest';
import type { Desktop } from '../../../main/core/desktop/desktop-ports.ts';
import type { LoginItemView, TrayView, UpdatesView } from '../../../main/shared/desktop.ts';
import { failure } from '../../../main/shared/failure.ts';
import { CoreDouble, Gate } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

/** A desktop that notes what it is asked, and answers when its gate is open. */
class FakeDesktop implements Desktop {
  readonly asked: string[] = [];
  readonly gate = new Gate();
  view: LoginItemView = { kind: 'off' };
  readonly trayListeners = new Set<(view: TrayView) => void>();
  readonly updatesListeners = new Set<(view: UpdatesView) => void>();

  readonly loginItem = {
    read: () => this.#answer('read'),
    set: (wish: { on: boolean; hidden?: boolean }) => {
      const { on, hidden = false } = wish;
      return this.#answer(`set ${JSON.stringify(wish)}`, on ? { kind: 'on', hidden } : { kind: 'off' });
    },
    refresh: (hidden: boolean) =>
      this.#answer(`refresh ${String(hidden)}`, this.view.kind === 'on' ? { kind: 'on', hidden } : this.view),
  };
  readonly notifications = { show: () => undefined, withdraw: () => undefined };
  readonly clipboard = { read: () => Promise.resolve(''), write: () => Promise.resolve() };
  readonly updates = {
    listen: (listener: (view: UpdatesView) => void) => {
      listener({ kind: 'current', checkedMs: null });
      this.updatesListeners.add(listener);
      return () => void this.updatesListeners.delete(listener);
    },
    setOn: (on: boolean) => void this.asked.push(`updates ${on ? 'on' : 'off'}`),
    check: () => void this.asked.push('check'),
    install: () => void this.asked.push('install'),
  };
  readonly tray = {
    listen: (listener: (view: TrayView) => void) => {
      listener({ kind: 'shown' });
      this.trayListeners.add(listener);
      return () => void this.trayListeners.delete(listener);
    },
  };
  /** Set to have the next wish end so. */
  refusal: LoginItemView | null = null;

  async #answer(what: string, view: LoginItemView = this.view): Promise<LoginItemView> {
    this.asked.push(what);
    await this.gate.passed;
    this.view = this.refusal ?? view;
    this.asked.push('done');
    return this.view;
  }

  tellUpdates(view: UpdatesView): void {
    for (const listener of this.updatesListeners) listener(view);
  }
}

let double: CoreDouble;
afterEach(() => double.core.stop());

async function start(): Promise<FakeDesktop> {
  const desktop = new FakeDesktop();
  double = new CoreDouble({ desktop });
  await double.core.start();
  await settle();
  return desktop;
}
const seen = () => double.core.snapshot().desktop;
const refused = async (name: string, args: unknown) => {
  const reply = await double.core.call(name, args);
  await settle();
  return reply.ok ? null : reply.error.code;
};

describe('the desktop around the core', () => {
  it('tells the snapshot how it is, and brings the entry up to date once', async () => {
    const desktop = await start();
    expect(seen()).toEqual({
      loginItem: { kind: 'off' },
      tray: { kind: 'shown' },
      updates: { kind: 'current', checkedMs: null },
    });
    expect(desktop.asked).toEqual(['updates on', 'refresh true', 'done']);
  });

  it('starts from the saved settings, and refreshes the entry once there too', async () => {
    const desktop = new FakeDesktop();
    double = new CoreDouble({ desktop });
    double.files.settings.saved = { startHidden: false, checkForUpdates: false };
    await double.core.start();
    await settle();
    expect(desktop.asked).toEqual(['updates off', 'refresh false', 'done']);
  });

  it('sets the login item as the settings say, one wish after the other', async () => {
    const desktop = await start();
    desktop.asked.length = 0;
    desktop.gate.close();
    const on = double.core.call('login-item.set', { on: true });
    const off = double.core.call('login-item.set', { on: false });
    await settle();
    expect(desktop.asked).toEqual(['set {"on":true,"hidden":true}']);
    desktop.gate.open();
    await Promise.all([on, off]);
    expect(desktop.asked).toEqual(['set {"on":true,"hidden":true}', 'done', 'set {"on":false}', 'done']);
    expect(seen()?.loginItem).toEqual({ kind: 'off' });
  });

  it('refreshes the entry when it is to start otherwise, and not for any other setting', async () => {
    const desktop = await start();
    await double.call('login-item.set', { on: true });
    desktop.asked.length = 0;
    await double.call('settings.set', { patch: { startHidden: false } });
    await settle();
    expect(desktop.asked).toEqual(['updates on', 'refresh false', 'done']);
    expect(seen()?.loginItem).toEqual({ kind: 'on', hidden: false });
    desktop.asked.length = 0;
    await double.call('settings.set', { patch: { theme: 'dark' } });
    expect(desktop.asked).toEqual(['updates on']);
    await double.call('login-item.set', { on: true });
    expect(desktop.asked).toContain('set {"on":true,"hidden":false}');
  });

  it('shows what stands in the way, and fails only where nothing could be done', async () => {
    const desktop = await start();
    const why = failure('not-allowed', 'It is switched off in the system settings.');
    desktop.refusal = { kind: 'blocked', failure: why };
    await double.call('login-item.set', { on: true });
    expect(seen()?.loginItem).toEqual({ kind: 'blocked', failure: why });
    desktop.refusal = { kind: 'failed', failure: failure('storage-failed', 'The disk is full.') };
    expect(await refused('login-item.set', { on: true })).toBe('storage-failed');
    expect(seen()?.loginItem.kind).toBe('failed');
    expect(double.log.some((each) => each.level === 'warn' && each.message === 'The disk is full.')).toBe(true);
  });

  it('goes on after a wish that ended in a bug', async () => {
    const desktop = await start();
    desktop.gate.passed = Promise.reject(new Error('a bug'));
    expect(await refused('login-item.set', { on: true })).toBe('bug');
    desktop.gate.passed = Promise.resolve();
    expect(await refused('login-item.set', { on: true })).toBe(null);
    expect(seen()?.loginItem.kind).toBe('on');
  });

  it('passes on the wish for updates, looks when asked, and installs only what is there', async () => {
    const desktop = await start();
    desktop.asked.length = 0;
    await double.call('settings.set', { patch: { checkForUpdates: false } });
    await double.call('updates.check', {});
    expect(desktop.asked).toEqual(['updates off', 'check']);
    expect(await refused('updates.install', {})).toBe('conflict');
    desktop.tellUpdates({ kind: 'ready', version: '1.2.3' });
    expect(seen()?.updates).toEqual({ kind: 'ready', version: '1.2.3' });
    await double.call('updates.install', {});
    expect(desktop.asked.at(-1)).toBe('install');
    desktop.tellUpdates({ kind: 'unavailable', failure: failure('not-allowed', 'The system updates this package.') });
    expect(await refused('updates.check', {})).toBe('not-allowed');
  });

  it('hears no more once the core has stopped', async () => {
    const desktop = await start();
    await double.core.stop();
    expect([desktop.trayListeners.size, desktop.updatesListeners.size]).toEqual([0, 0]);
  });

  it('is not there under plain Node', async () => {
    double = new CoreDouble();
    await double.core.start();
    expect(seen()).toBe(null);
    expect(await refused('login-item.set', { on: true })).toBe('not-allowed');
    expect(await refused('updates.check', {})).toBe('not-allowed');
    expect(await refused('updates.install', {})).toBe('not-allowed');
    await double.call('settings.set', { patch: { startHidden: false } });
  });
});
