import { describe, expect, it } from 'vitest';
import type { ServerProfile } from '../../../main/shared/server.ts';
import type { Snapshot } from '../../../main/shared/snapshot.ts';
import { CoreDouble, labVm, presentedKey } from '../../support/core-double.ts';

describe('servers', () => {
  it('are added, edited, duplicated, moved and removed, and saved each time', async () => {
    const app = new CoreDouble();
    await app.core.start();
    const { serverId } = await app.call('servers.add', { draft: labVm });
    const names = () => app.core.snapshot().servers.map((each) => each.profile.name);
    await app.call('servers.duplicate', { serverId });
    await app.call('servers.duplicate', { serverId });
    expect(names()).toEqual(['lab-vm', 'lab-vm 3', 'lab-vm 2']);
    await app.call('servers.move', { serverId, index: 99 });
    expect(names()).toEqual(['lab-vm 3', 'lab-vm 2', 'lab-vm']);
    const { forwards, ...own } = labVm;
    await app.call('servers.edit', { serverId, draft: { ...own, name: 'lab', port: 2222 } });
    expect(app.server('lab').profile).toMatchObject({ port: 2222, forwards: [{ label: 'MLflow' }] });
    await app.call('servers.remove', { serverId });
    expect(names()).toEqual(['lab-vm 3', 'lab-vm 2']);
    const restarted = new CoreDouble({ inherit: app });
    await restarted.core.start();
    expect(restarted.core.snapshot().servers.map((each) => each.profile.name)).toEqual(['lab-vm 3', 'lab-vm 2']);
  });

  it('have names of their own', async () => {
    const app = new CoreDouble();
    await app.core.start();
    await app.call('servers.add', { draft: labVm });
    const reply = await app.core.call('servers.add', { draft: { ...labVm, name: 'LAB-VM' } });
    expect(reply).toMatchObject({ ok: false, error: { code: 'conflict', fields: [{ path: 'name' }] } });
  });

  it('are not added when they can’t be saved; on and off work all the same and say so once', async () => {
    const app = new CoreDouble();
    await app.core.start();
    const { serverId } = await app.call('servers.add', { draft: labVm });
    app.files.servers.full = true;
    const reply = await app.core.call('servers.add', { draft: { ...labVm, name: 'other' } });
    expect(reply).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
    expect(app.core.snapshot().servers).toHaveLength(1);
    await app.call('wanted.set', { serverId, on: true });
    await app.call('wanted.set', { serverId, on: false });
    expect(app.core.snapshot().notices).toHaveLength(1);
    const { notices } = app.core.snapshot();
    await app.call('notices.dismiss', { noticeId: notices[0]!.id });
    expect(app.core.snapshot().notices).toEqual([]);
  });

  it('keep entries of the file that could not be used', async () => {
    const app = new CoreDouble();
    const bad = { name: 'broken', address: 'https://nope', port: 'x' };
    app.files.servers.saved = { servers: [bad] };
    await app.core.start();
    expect(app.core.snapshot().notices[0]?.failure.message).toContain('broken');
    await app.call('servers.add', { draft: labVm });
    expect(app.files.servers.saved).toMatchObject({
      servers: [{ name: 'lab-vm' }],
      setAside: [{ name: 'broken', raw: bad }],
    });
    const again = new CoreDouble({ inherit: app });
    await again.core.start();
    expect(again.core.snapshot().notices).toEqual([]);
    await again.call('servers.add', { draft: { ...labVm, name: 'two' } });
    expect(again.files.servers.saved).toMatchObject({ setAside: [{ raw: bad }] });
  });

  it('are as many as can be read again, and no more; so are their tunnels', async () => {
    const app = new CoreDouble();
    const { forwards, ...own } = labVm;
    const forward = { ...forwards[0]!, wanted: false };
    const many = Array.from({ length: 100 }, (_, index) => ({
      ...forward,
      id: `f${String(index)}`,
      label: `T${String(index)}`,
      bind: { ...forward.bind, port: 6000 + index },
    }));
    const servers = Array.from({ length: 500 }, (_, index) => ({
      ...own,
      id: `s${String(index)}`,
      name: `vm ${String(index)}`,
      forwards: index === 0 ? many : [],
    }));
    app.files.servers.saved = { servers };
    await app.core.start();
    expect(app.core.snapshot().notices).toEqual([]);
    const refused = { ok: false, error: { code: 'conflict', message: expect.stringContaining('500') as string } };
    expect(await app.core.call('servers.add', { draft: labVm })).toMatchObject(refused);
    expect(await app.core.call('servers.duplicate', { serverId: 's0' })).toMatchObject(refused);
    expect(await app.core.call('forwards.add', { serverId: 's0', draft: forwards[0] })).toMatchObject({
      ok: false,
      error: { code: 'conflict', message: expect.stringContaining('100') as string },
    });
    expect(app.core.snapshot().servers).toHaveLength(500);
  });

  it('that share a name in the file are told apart', async () => {
    const app = new CoreDouble();
    const names = ['lab-vm', 'LAB-VM', 'lab-vm 2', 'lab-vm'];
    app.files.servers.saved = {
      servers: names.map((name, index) => ({ ...labVm, name, id: `s${String(index)}`, forwards: [] })),
    };
    await app.core.start();
    expect(app.core.snapshot().servers.map((each) => each.profile.name)).toEqual([
      'lab-vm',
      'LAB-VM 3',
      'lab-vm 2',
      'lab-vm 4',
    ]);
    expect(app.core.snapshot().notices.map((each) => each.failure.message)).toEqual([
      'Another server is called LAB-VM too: this one is LAB-VM 3 now.',
      'Another server is called lab-vm too: this one is lab-vm 4 now.',
    ]);
  });

  it('come up by themselves after a restart when they were wanted', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.core.stop();
    const again = new CoreDouble({ inherit: app });
    await again.core.start();
    await again.clock.pass(0);
    expect(again.connection.kind).toBe('connecting');
    await again.reachLogin();
    await again.accept();
    expect(again.connection.kind).toBe('up');
  });

  it('are dialled anew when their address or login changes, not for a new name', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const { forwards, ...own } = labVm;
    await app.call('servers.edit', { serverId, draft: { ...own, name: 'renamed' } });
    expect(app.engine.all('connect')).toHaveLength(1);
    await app.call('servers.edit', { serverId, draft: { ...own, name: 'renamed', address: '192.0.2.11' } });
    expect(app.engine.all('connect')).toHaveLength(2);
    expect(app.engine.last('connect').host).toBe('192.0.2.11');
  });

  it('take their secrets and host keys with them', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    await app.call('servers.remove', { serverId });
    expect(app.keychain.size).toBe(0);
    expect(app.files.hostKeys.saved).toEqual({ keys: [] });
    expect(app.engine.last('disconnect')).toBeDefined();
  });

  it('leave their host key behind when they move, unless another server is there', async () => {
    const app = new CoreDouble();
    const draft = { ...labVm, address: 'Lab.example.org' };
    const serverId = await app.startLabVm(draft);
    const { forwards, ...own } = draft;
    const pinned = () => (app.files.hostKeys.saved as { keys: { host: string }[] }).keys.map((each) => each.host);
    await app.call('servers.edit', { serverId, draft: { ...own, address: 'lab.EXAMPLE.org' } });
    expect(pinned()).toEqual(['lab.example.org']);
    const second = await app.call('servers.add', { draft: { ...draft, name: 'other' } });
    await app.call('servers.edit', { serverId, draft: { ...own, port: 2222 } });
    expect(pinned()).toEqual(['lab.example.org']);
    const other = { ...own, name: 'other', address: 'LAB.example.org' };
    await app.call('servers.edit', { serverId, draft: own });
    await app.call('servers.edit', { serverId: second.serverId, draft: other });
    await app.call('servers.remove', { serverId });
    expect(pinned()).toEqual(['lab.example.org']);
    await app.call('servers.edit', { serverId: second.serverId, draft: { ...other, address: '192.0.2.11' } });
    expect(pinned()).toEqual([]);
  });
});

describe('host keys', () => {
  it('keep entries of the file that could not be used', async () => {
    const app = new CoreDouble();
    const bad = { host: 'lab.example.org', port: 22, keyType: 'ssh-ed25519', key: 'no base64!' };
    app.files.hostKeys.saved = { keys: [bad] };
    await app.startLabVm();
    expect(app.core.snapshot().notices.map((each) => each.failure)).toMatchObject([
      {
        message: expect.stringContaining('lab.example.org') as string,
        hint: expect.stringContaining('host-keys.json') as string,
      },
    ]);
    const kept = { keys: [{ host: '192.0.2.10' }], setAside: [{ raw: bad }] };
    expect(app.files.hostKeys.saved).toMatchObject(kept);
    const again = new CoreDouble({ inherit: app });
    await again.core.start();
    expect(again.core.snapshot().notices).toEqual([]);
    await again.call('servers.edit', {
      serverId: again.server().profile.id,
      draft: { name: 'lab-vm', address: '192.0.2.11', port: 22, user: 'ubuntu', login: { kind: 'password' } },
    });
    expect(again.files.hostKeys.saved).toEqual({
      keys: [],
      setAside: [{ name: expect.any(String) as string, reason: expect.any(String) as string, raw: bad }],
    });
  });
});

describe('calls', () => {
  it('answer the unknown and the malformed with a failure', async () => {
    const app = new CoreDouble();
    await app.core.start();
    expect(await app.core.call('no.such', {})).toMatchObject({ ok: false, error: { code: 'unknown-call' } });
    expect(await app.core.call('__proto__', {})).toMatchObject({ ok: false, error: { code: 'unknown-call' } });
    expect(await app.core.call('servers.add', null)).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    expect(await app.core.call('servers.remove', { serverId: 'gone' })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
    expect(await app.core.call('connection.retry', { serverId: 'gone' })).toMatchObject({ ok: false });
    expect(await app.core.call('prompts.cancel', { promptId: 'gone' })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
  });

  it('turn a bug into a failure and log it', async () => {
    const app = new CoreDouble();
    await app.core.start();
    app.files.settings.save = () => Promise.reject(new Error('boom'));
    expect(await app.core.call('settings.set', { patch: { holdSeconds: 5 } })).toMatchObject({
      ok: false,
      error: { code: 'bug' },
    });
    expect(app.log.at(-1)).toMatchObject({ level: 'error', message: 'settings.set: Error: boom' });
  });

  it('quit through the host', async () => {
    const app = new CoreDouble();
    await app.core.start();
    await app.call('app.quit', {});
    expect(app.quits).toBe(1);
  });
});

describe('the snapshot', () => {
  it('grows by revision, is told whole, and not more often than eyes can see', async () => {
    const app = new CoreDouble();
    const told: Snapshot[] = [];
    app.core.subscribe((event) => event.name === 'snapshot.changed' && told.push(event.payload), { looking: true });
    await app.bringUp();
    await app.clock.pass(1000);
    const revisions = told.map((each) => each.revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(told.at(-1)).toEqual(app.core.snapshot());
    const before = told.length;
    for (let each = 0; each < 500; each += 1) {
      app.engine.emit({ kind: 'latency', connectionId: app.engine.connectionId, latencyMs: each });
    }
    await app.clock.pass(1000);
    expect(told.length - before).toBeLessThanOrEqual(3);
    expect(app.connection).toMatchObject({ latencyMs: 499 });
  });

  it('does not change for latencies while nobody looks', async () => {
    const app = new CoreDouble();
    await app.bringUp();
    await app.clock.pass(5000);
    const { revision } = app.core.snapshot();
    app.engine.emit({ kind: 'latency', connectionId: app.engine.connectionId, latencyMs: 7 });
    await app.clock.pass(5000);
    expect(app.core.snapshot().revision).toBe(revision);
  });

  it('holds no secret and no log', async () => {
    const app = new CoreDouble();
    const serverId = await app.startLabVm();
    app.keepPassword(serverId, 'hunter2-secret');
    await app.reachLogin();
    await app.accept();
    expect(JSON.stringify(app.core.snapshot())).not.toContain('hunter2');
    expect(JSON.stringify(app.log)).not.toContain('hunter2');
    expect(JSON.stringify([app.files.servers.saved, app.files.settings.saved])).not.toContain('hunter2');
    expect(app.core.snapshot()).not.toHaveProperty('logs');
  });
});

describe('without a keychain', () => {
  it('keeps secrets for this run only and says so', async () => {
    const failure = { code: 'keychain-failed', message: 'There is no Secret Service.' } as const;
    const app = new CoreDouble({ keychain: { kind: 'absent', failure } });
    const serverId = await app.startLabVm();
    await app.reachLogin();
    await app.call('prompts.answer', {
      promptId: app.prompt('password').id,
      answer: { kind: 'secret', secret: 'right', remember: true },
    });
    await app.accept();
    expect(app.keychain.size).toBe(0);
    expect(app.server().secrets).toEqual([{ kind: 'password', keptIn: 'run' }]);
    await app.lose();
    await app.clock.pass(60_000);
    await app.reachLogin();
    expect(app.engine.last('try-login').login).toEqual({ kind: 'password', password: 'right' });
    await app.call('servers.forget-secrets', { serverId });
    expect(app.server().secrets).toEqual([]);
  });
});

describe('the demo', () => {
  it('adds itself once, is armed with its password and key, and leaves when removed', async () => {
    const app = new CoreDouble();
    await app.core.start();
    const { serverId } = await app.call('demo.start', {});
    expect(app.server('demo').profile).toMatchObject({ demo: true, wanted: true, address: '127.0.0.1', port: 40_022 });
    expect((await app.call('demo.start', {})).serverId).toBe(serverId);
    app.engine.emit({ kind: 'host-key', connectionId: app.engine.connectionId, ...presentedKey });
    await app.clock.pass(0);
    expect(app.engine.last('trust-host-key').trust).toBe(true);
    expect(JSON.stringify([app.core.snapshot(), app.files, app.log])).not.toContain('demo-secret');
    await app.call('demo.break', { fault: 'drop-connection' });
    await app.call('servers.remove', { serverId });
    expect(app.demoStops).toBe(1);
    expect(await app.core.call('demo.break', { fault: 'drop-connection' })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
  });

  it('gets a server behind it again after a restart', async () => {
    const app = new CoreDouble();
    await app.core.start();
    await app.call('demo.start', {});
    await app.core.stop();
    const again = new CoreDouble({ inherit: app });
    await again.core.start();
    expect(again.server('demo').connection.kind).toBe('connecting');
    expect(again.server('demo').secrets).toEqual([{ kind: 'password', keptIn: 'run' }]);
  });

  it('is one, also when it is started twice at once', async () => {
    const app = new CoreDouble();
    await app.core.start();
    const [one, other] = await Promise.all([app.core.call('demo.start', {}), app.core.call('demo.start', {})]);
    expect(one).toMatchObject({ ok: true });
    expect(other).toEqual(one);
    expect(app.core.snapshot().servers).toHaveLength(1);
  });

  it('says when nothing could be put behind it after a restart', async () => {
    const app = new CoreDouble();
    await app.core.start();
    await app.call('demo.start', {});
    await app.core.stop();
    const again = new CoreDouble({ inherit: app });
    again.demoTrouble = { code: 'address-unavailable', message: 'The demo server could not listen on 127.0.0.1' };
    await again.core.start();
    expect(again.core.snapshot().notices.map((each) => each.failure)).toEqual([again.demoTrouble]);
    await again.core.stop();
    const { servers } = app.files.servers.saved as { servers: ServerProfile[] };
    app.files.servers.saved = { servers: servers.map((each) => ({ ...each, port: 40_021 })) };
    app.files.servers.full = true;
    const full = new CoreDouble({ inherit: app });
    await full.core.start();
    expect(full.core.snapshot().notices).toMatchObject([{ failure: { code: 'storage-failed' } }]);
  });
});
