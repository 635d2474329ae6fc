/** What the tray shows, as a function of the snapshot. */
import { describe, expect, it } from 'vitest';
import { trayMenu, type TrayAction, type TrayItem } from '../../../main/core/desktop/tray-menu.ts';
import { failure } from '../../../main/shared/failure.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { runOf } from '../../support/setup-snapshots.ts';
import {
  connecting,
  forwardOf,
  full,
  needsYou,
  off,
  portTaken,
  promptBodies,
  promptOf,
  rejected,
  scenes,
  serverOf,
  snapshotOf,
  targetFailed,
  up,
  waiting,
} from '../../support/snapshots.ts';

const one = snapshotOf({ servers: [serverOf()] });
const labVm = { serverId: 's-lab-vm' };

/** The menu as text: a line an item, ticks as [x], brackets around what can’t be clicked. */
function text(items: readonly TrayItem[], depth = 0): string[] {
  const indent = '  '.repeat(depth);
  return items.flatMap((item): string[] => {
    switch (item.kind) {
      case 'separator':
        return [`${indent}----`];
      case 'note':
        return [`${indent}(${item.label})`];
      case 'action':
        return [indent + (item.enabled ? item.label : `(${item.label})`)];
      case 'tick':
        return [`${indent}[${item.ticked ? 'x' : ' '}] ${item.label}`];
      case 'submenu':
        return [`${indent}${item.label} >`, ...text(item.items, depth + 1)];
      default:
        return item satisfies never;
    }
  });
}

function flatten(items: readonly TrayItem[]): readonly TrayItem[] {
  return items.flatMap((item) => (item.kind === 'submenu' ? [item, ...flatten(item.items)] : [item]));
}

/** What the item under this label does; the menu as text where there is none. */
function actionOf(snapshot: Snapshot, label: string): TrayAction | string {
  const { items } = trayMenu(snapshot);
  const found = flatten(items).find(
    (item) => (item.kind === 'action' || item.kind === 'tick') && item.label.startsWith(label),
  );
  return found?.kind === 'action' || found?.kind === 'tick' ? found.action : text(items).join('\n');
}

const labelsOf = (snapshot: Snapshot) =>
  flatten(trayMenu(snapshot).items).flatMap((item) => (item.kind === 'separator' ? [] : [item.label]));

describe('the tray menu', () => {
  it('offers to set up where there is nothing', () => {
    expect(text(trayMenu(scenes.empty()).items)).toEqual([
      '(No servers yet)',
      '----',
      'Set up…',
      '----',
      'Open Mooring',
      'Set up a new VM…',
      'Settings',
      '----',
      'Quit Mooring',
    ]);
  });

  it('lays a few servers out flat', () => {
    expect(text(trayMenu(one).items)).toEqual([
      '(1 of 1 server up)',
      '----',
      '● lab-vm · up',
      '[x] MLflow  127.0.0.1:5001',
      '[x] S3 API  127.0.0.1:9000',
      '[x] S3 console  127.0.0.1:9001',
      '[ ] PostgreSQL  127.0.0.1:5432',
      'Open MLflow in browser',
      'Open S3 console in browser',
      'Copy address >',
      '  MLflow  127.0.0.1:5001',
      '  S3 API  127.0.0.1:9000',
      '  S3 console  127.0.0.1:9001',
      '  PostgreSQL  127.0.0.1:5432',
      'Disconnect lab-vm',
      '----',
      '(Connect all)',
      'Disconnect all',
      '----',
      'Open Mooring',
      'Set up a new VM…',
      'Settings',
      '----',
      'Quit Mooring',
    ]);
  });

  it('gives each of more servers a submenu', () => {
    const lines = text(trayMenu(scenes.everyday()).items);
    expect(lines.filter((each) => !each.startsWith(' '))).toEqual([
      '(1 of 3 servers up)',
      '----',
      '● lab-vm · up >',
      '◐ cpouta-course · trying again >',
      '◐ ec2-tracking · connecting >',
      '○ azure-mlflow · off >',
      '----',
      'Connect all',
      'Disconnect all',
      '----',
      'Open Mooring',
      'Set up a new VM…',
      'Settings',
      '----',
      'Quit Mooring',
    ]);
    expect(lines).toContain('  Show in Mooring');
    expect(lines).toContain('  Connect azure-mlflow');
  });

  it('stays short with 30 servers of 12 tunnels and long names, and keeps their names apart', () => {
    const { items, tooltip } = trayMenu(full());
    const rows = items.filter((each) => each.kind !== 'separator');
    expect(rows.length).toBeLessThanOrEqual(25);
    expect(labelsOf(full()).reduce((most, label) => Math.max(most, label.length), 0)).toBeLessThanOrEqual(66);
    expect(tooltip.length).toBeLessThanOrEqual(120);
    const servers = flatten(items).flatMap((item) =>
      item.kind === 'submenu' && item.items.some((each) => each.kind === 'tick') ? [item.label.slice(2)] : [],
    );
    const names = new Set(servers.map((label) => label.split(' · ')[0]));
    expect(names.size).toBe(30);
    expect(text(items).filter((each) => !each.startsWith(' '))).toContain('✕ 15 more servers >');
  });

  it('keeps what is on before what is off, in the user’s order', () => {
    const servers = Array.from({ length: 18 }, (_, at) =>
      serverOf({ name: `server-${String(at)}`, connection: at < 4 ? off : up }),
    );
    const lines = text(trayMenu(snapshotOf({ servers })).items).filter((each) => !each.startsWith(' '));
    expect(lines.slice(2, 18)).toEqual([
      '○ server-0 · off >',
      ...Array.from({ length: 14 }, (_, at) => `● server-${String(at + 4)} · up >`),
      '○ 3 more servers >',
    ]);
  });

  it.each([
    ['texts that differ in the middle', `${'a'.repeat(28)}1${'b'.repeat(28)}`, `${'a'.repeat(28)}2${'b'.repeat(28)}`],
    ['surrogate pairs', `${'🚢'.repeat(40)}1`, `${'🚢'.repeat(40)}2`],
  ])('shortens names so that they stay apart: %s', (_what, first, second) => {
    const labels = labelsOf(snapshotOf({ servers: [serverOf({ name: first }), serverOf({ name: second })] }));
    const rows = labels.filter((each) => each.startsWith('●'));
    expect(new Set(rows).size).toBe(2);
    expect(rows.join('')).not.toMatch(/\p{Surrogate}/u);
  });

  it.each([
    ['off', off, '○ lab-vm · off'],
    ['connecting', connecting, '◐ lab-vm · connecting'],
    ['trying again', { ...connecting, attempt: 3 }, '◐ lab-vm · trying again'],
    ['waiting for the next try', waiting, '◐ lab-vm · trying again'],
    ['up', up, '● lab-vm · up'],
    ['failed', rejected, '✕ lab-vm · failed'],
  ] as const)('says that a server is %s', (_what, connection, label) => {
    expect(labelsOf(snapshotOf({ servers: [serverOf({ connection })] }))[1]).toBe(label);
  });

  it.each([
    ['port-taken', portTaken, 'MLflow  127.0.0.1:5001 ✕ port taken'],
    ['target-failed', targetFailed, 'MLflow  127.0.0.1:5001 ✕ service not reached'],
    ['failed', { kind: 'failed', failure: failure('port-forbidden', 'No.') }, 'MLflow  127.0.0.1:5001 ✕ failed'],
    ['holding', { kind: 'holding' }, 'MLflow  127.0.0.1:5001'],
  ] as const)('says what a tunnel that is %s has against it', (_what, state, label) => {
    const labels = labelsOf(snapshotOf({ servers: [serverOf({ forwards: [{ state }] })] }));
    expect(labels[2]).toBe(label);
    const broken = label.includes('✕');
    expect(labels[1]).toBe(broken ? '✕ lab-vm · 1 tunnel broken' : '◐ lab-vm · tunnels starting');
    expect(labels.includes('Try lab-vm again now')).toBe(broken);
  });

  it('does not change while a server is tried again and again', () => {
    const tries = [waiting, { ...connecting, attempt: 7 }, { ...waiting, attempt: 8, retryAtMs: 1 }];
    const menus = tries.map((connection) => trayMenu(snapshotOf({ servers: [serverOf({ connection })] })));
    expect(menus[1]).toEqual(menus[0]);
    expect(menus[2]).toEqual(menus[0]);
  });

  it.each([
    ['● lab-vm', { kind: 'open-window', view: { kind: 'server', ...labVm } }],
    ['MLflow  ', { kind: 'call', name: 'wanted.set', args: { ...labVm, forwardId: 'f-MLflow', on: false } }],
    ['PostgreSQL  ', { kind: 'call', name: 'wanted.set', args: { ...labVm, forwardId: 'f-PostgreSQL', on: true } }],
    ['Open MLflow', { kind: 'open-url', url: 'http://127.0.0.1:5001/' }],
    ['Disconnect lab-vm', { kind: 'call', name: 'wanted.set', args: { ...labVm, on: false } }],
    ['Connect all', { kind: 'call', name: 'wanted.set-all', args: { on: true } }],
    ['Disconnect all', { kind: 'call', name: 'wanted.set-all', args: { on: false } }],
    ['Open Mooring', { kind: 'open-window', view: null }],
    ['Set up a new VM…', { kind: 'open-window', view: { kind: 'new-vm' } }],
    ['Settings', { kind: 'open-window', view: { kind: 'settings' } }],
    ['Quit Mooring', { kind: 'quit' }],
  ] as const)('does what “%s” says', (label, action) => {
    expect(actionOf(one, label)).toEqual(action);
  });

  it('copies the address as a program takes it, IPv6 in brackets', () => {
    const six = forwardOf({ bind: { address: '::1', port: 5001, alsoIpv6: false } } as Parameters<typeof forwardOf>[0]);
    const server = serverOf({ forwards: [{}] });
    const profile = { ...server.profile, forwards: [six] };
    const snapshot = snapshotOf({ servers: [{ ...server, profile }] });
    expect(actionOf(snapshot, 'Copy address')).toEqual({ kind: 'copy', text: '[::1]:5001' });
  });

  it('tries again what has failed, and connects what is off', () => {
    const failed = snapshotOf({ servers: [serverOf({ connection: rejected })] });
    expect(actionOf(failed, 'Try lab-vm')).toEqual({ kind: 'call', name: 'connection.retry', args: labVm });
    const resting = snapshotOf({ servers: [serverOf({ connection: off })] });
    expect(actionOf(resting, 'Connect lab-vm')).toEqual({
      kind: 'call',
      name: 'wanted.set',
      args: { ...labVm, on: true },
    });
    expect(text(trayMenu(resting).items)).toEqual(
      expect.arrayContaining(['(Open MLflow in browser)', '(Disconnect all)']),
    );
  });

  it('leads to the questions of a server and of Mooring itself', () => {
    const asking = needsYou(promptBodies.passphrase);
    expect(labelsOf(asking)).toEqual(expect.arrayContaining(['▲ lab-vm · needs you: passphrase']));
    expect(actionOf(asking, '▲ Answer lab-vm…')).toEqual({ kind: 'open-window', view: { kind: 'server', ...labVm } });
    const sudo = promptOf(promptBodies['sudo-password']);
    const run = runOf({ kind: 'needs-you', promptId: sudo.id });
    const setting = snapshotOf({ servers: [serverOf({ run })], prompts: [sudo] });
    expect(labelsOf(setting)).toEqual(expect.arrayContaining(['▲ lab-vm · needs you: password for sudo']));
    const quitting = snapshotOf({ prompts: [promptOf(promptBodies.confirm, { serverId: null })] });
    expect(actionOf(quitting, '▲ Answer: Listen on all addresses?')).toEqual({ kind: 'open-window', view: null });
    const prompts = Array.from({ length: 4 }, (_, at) => promptOf(promptBodies.password, { id: `p-${String(at)}` }));
    expect(labelsOf(snapshotOf({ servers: [serverOf()], prompts }))[1]).toBe('▲ Answer 4 questions…');
  });

  it('offers an update that is ready, and only then', () => {
    const withUpdates = (updates: NonNullable<Snapshot['desktop']>['updates']) =>
      snapshotOf({ desktop: { loginItem: { kind: 'off' }, tray: { kind: 'shown' }, updates } });
    const ready = withUpdates({ kind: 'ready', version: '0.2.0' });
    expect(labelsOf(ready)[1]).toBe('Restart to update to 0.2.0');
    expect(actionOf(ready, 'Restart')).toEqual({ kind: 'call', name: 'updates.install', args: {} });
    expect(labelsOf(withUpdates({ kind: 'downloading', version: '0.2.0', percent: 99 }))[1]).toBe('Set up…');
  });

  it('puts more than two web pages, and the copies, into submenus', () => {
    const forwards = ['A', 'B', 'C'].map((label, at) => ({ label, localPort: 5001 + at }));
    expect(text(trayMenu(snapshotOf({ servers: [serverOf({ forwards })] })).items)).toEqual(
      expect.arrayContaining(['Open in browser >', '  B  127.0.0.1:5002']),
    );
  });
});

describe('the tray’s light', () => {
  it.each([
    ['nothing', [], 'off'],
    ['all off', [serverOf({ connection: off })], 'off'],
    ['one up, one off', [serverOf(), serverOf({ name: 'b', connection: off })], 'up'],
    ['one up, one on its way', [serverOf(), serverOf({ name: 'b', connection: waiting })], 'working'],
    ['one failed', [serverOf({ connection: connecting }), serverOf({ name: 'b', connection: rejected })], 'failed'],
    ['a broken tunnel', [serverOf({ forwards: [{ state: targetFailed }] })], 'failed'],
    [
      'a port taken before it connects',
      [serverOf({ connection: waiting, forwards: [{ state: portTaken }] })],
      'failed',
    ],
    ['a failed one nobody wants', [serverOf(), serverOf({ name: 'b', connection: rejected, wanted: false })], 'up'],
    [
      'one needs you',
      [
        serverOf({ connection: rejected }),
        serverOf({ name: 'b', connection: { kind: 'needs-you', sinceMs: 0, promptId: 'p' } }),
      ],
      'needs-you',
    ],
    ['a run that needs you', [serverOf({ run: runOf({ kind: 'needs-you', promptId: 'p' }) })], 'needs-you'],
  ] as const)('with %s', (_what, servers, light) => {
    expect(trayMenu(snapshotOf({ servers })).light).toBe(light);
  });
});
