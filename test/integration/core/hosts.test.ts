/** Names in a hosts file, with a real core and real files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHostsFile } from '../../../main/adapters/hosts-file.ts';
import { hostsPresets, type HostsWish } from '../../../main/shared/hosts.ts';
import { labVm } from '../../support/core-double.ts';
import { startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { waitFor } from '../../support/wait.ts';

const others = '127.0.0.1\tlocalhost\r\n\0 caf\xe9 \xff\r\n# no end';
const course = hostsPresets[0]?.names ?? [];
const wish: HostsWish = { on: true, names: course.map((name) => ({ name, to: { kind: 'tunnel' } })) };

let dir: string;
let path: string;
let app: LiveCore;
let serverId: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mooring-hosts-core-'));
  path = join(dir, 'hosts');
  writeFileSync(path, Buffer.from(others, 'latin1'));
  const env = { MOORING_HOSTS_FILE: path };
  app = await startLiveCore((ports) => ({
    ...ports,
    hostsFile: createHostsFile({ dataDir: ports.files.dataDir, env, lookEveryMs: 50 }),
  }));
  serverId = (await app.call('servers.add', { draft: { ...labVm, name: 'Lab VM “Zürich” $(id)' } })).serverId;
});
afterEach(async () => {
  await app.stop();
  rmSync(dir, { recursive: true, force: true });
});

const read = (): string => readFileSync(path, 'latin1');

describe('a hosts file', () => {
  it('gets the names, sees what others do to them, goes back, and is as it was in the end', async () => {
    await app.call('hosts.set', { serverId, hosts: wish });
    const diff = await app.call('hosts.diff', { serverId });
    expect(await app.call('hosts.apply', { serverId, from: diff.from })).toEqual({ kind: 'written' });
    const written = read();
    expect(
      written.startsWith(
        `${others}\r\n# BEGIN mooring ${serverId} Lab-VM-Z-rich-id\r\n127.0.0.1 ${course[0] ?? ''}\r\n`,
      ),
    ).toBe(true);
    expect(app.server().hosts).toMatchObject({ pending: false, drift: null });

    // Somebody else, whom nobody tells of it.
    writeFileSync(path, Buffer.from(written.replace('127.0.0.1 grafana', '10.0.0.1 grafana'), 'latin1'));
    await waitFor('the change to be seen', () => app.server().hosts.drift?.kind === 'changed');
    expect((await app.core.call('hosts.apply', { serverId })).ok).toBe(false);
    expect(await app.call('hosts.apply', { serverId, overDrift: true })).toEqual({ kind: 'written' });
    expect(read()).toBe(written);

    const { entries } = await app.call('hosts.history', { serverId });
    expect(entries.map((each) => each.how)).toEqual(['written', 'written']);
    const backup = entries[1]?.backup ?? '';
    expect(readFileSync(backup, 'latin1')).toBe(others);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    expect(await app.call('hosts.remove', { serverId })).toEqual({ kind: 'written' });
    expect(read()).toBe(others);
    expect(await app.call('hosts.restore', { serverId })).toEqual({ kind: 'written' });
    expect(read()).toBe(written);
    expect(app.server().profile.hosts).toEqual(wish);

    await app.call('servers.remove', { serverId });
    await waitFor('the block to be gone', () => read() === others);
    expect(app.core.snapshot().notices).toEqual([]);
  });

  it('that is written by hand as it was told is taken for written', async () => {
    await app.call('hosts.set', { serverId, hosts: { on: true, names: wish.names.slice(0, 2) } });
    const { byHand } = await app.call('hosts.diff', { serverId });
    // The command with this user's rights in the place of root's.
    const command = (byHand.command ?? '').replaceAll('sudo ', '');
    execFileSync('sh', ['-c', command]);
    expect(read().startsWith(others)).toBe(true);
    await waitFor('the block to be seen', () => !app.server().hosts.pending);
    expect(app.server().hosts).toMatchObject({ drift: null });
    // Another name: the block is replaced.
    await app.call('hosts.set', { serverId, hosts: { on: true, names: wish.names.slice(0, 3) } });
    const next = (await app.call('hosts.diff', { serverId })).byHand.command ?? '';
    execFileSync('sh', ['-c', next.replaceAll('sudo ', '')]);
    await waitFor('the change to be seen', () => !app.server().hosts.pending);
    expect(read().startsWith(others)).toBe(true);
    expect(read().match(/# BEGIN mooring/g)).toHaveLength(1);
    await app.call('hosts.set', { serverId, hosts: { ...wish, on: false } });
    const last = (await app.call('hosts.diff', { serverId })).byHand.command ?? '';
    execFileSync('sh', ['-c', last.replaceAll('sudo ', '')]);
    await waitFor('the block to be gone', () => app.server().hosts.inFile === null);
    expect(read().startsWith(others)).toBe(true);
  });
});
