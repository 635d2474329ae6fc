/** What happens while a slow disk is still writing. */
import { describe, expect, it } from 'vitest';
import { CoreDouble, labVm, otherKey, type FakeFile } from '../../support/core-double.ts';
import { settle } from '../../support/fake-clock.ts';

/** From now on saves end only after the returned function was called. */
function slowDown(file: FakeFile): () => void {
  let release: () => void = () => undefined;
  file.slow = new Promise((resolve) => {
    release = resolve;
  });
  return release;
}

const savedOf = (app: CoreDouble) =>
  (app.files.servers.saved as { servers: { name: string; wanted: boolean }[] }).servers.map(({ name, wanted }) => ({
    name,
    wanted,
  }));

const shownOf = (app: CoreDouble) =>
  app.core.snapshot().servers.map(({ profile: { name, wanted } }) => ({ name, wanted }));

const offAndOther = [
  { name: 'lab-vm', wanted: false },
  { name: 'other', wanted: false },
];

describe('on a slow disk', () => {
  it('“off” happens at once, and neither it nor a change under way is lost', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const release = slowDown(app.files.servers);
    const added = app.core.call('servers.add', { draft: { ...labVm, name: 'other' } });
    await settle();
    const switched = app.core.call('wanted.set', { serverId, on: false });
    await settle();
    expect(app.connection.kind).toBe('off');
    release();
    const reply = await added;
    expect(await switched).toMatchObject({ ok: true });
    expect(shownOf(app)).toEqual(offAndOther);
    expect(savedOf(app)).toEqual(offAndOther);
    const other = app.server('other').profile;
    expect(reply).toEqual({ ok: true, value: { serverId: other.id } });
    // On disk it goes by the same ids as here.
    expect(app.files.servers.saved).toMatchObject({
      servers: [{}, { id: other.id, forwards: [{ id: other.forwards[0]?.id }] }],
    });
  });

  it('a copy under way keeps its ids and place when something is switched meanwhile', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const release = slowDown(app.files.servers);
    const copied = app.core.call('servers.duplicate', { serverId });
    await settle();
    const switched = app.core.call('wanted.set-all', { on: false });
    release();
    const copy = (await copied) as { value: { serverId: string } };
    await switched;
    expect(app.server('lab-vm 2').profile.id).toBe(copy.value.serverId);
    expect(app.files.servers.saved).toMatchObject({ servers: [{ wanted: false }, app.server('lab-vm 2').profile] });
  });

  it('a change that fails in the end takes no wish with it', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const release = slowDown(app.files.servers);
    const added = app.core.call('servers.add', { draft: { ...labVm, name: 'other' } });
    const switched = app.core.call('wanted.set', { serverId, on: false });
    await settle();
    app.files.servers.full = true;
    release();
    expect(await added).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
    expect(await switched).toMatchObject({ ok: true });
    expect(shownOf(app)).toEqual([{ name: 'lab-vm', wanted: false }]);
  });

  it('the last wish is the one that is saved', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const release = slowDown(app.files.servers);
    const calls = [false, true, false].map((on) => app.core.call('wanted.set', { serverId, on }));
    await settle();
    release();
    await Promise.all(calls);
    expect(savedOf(app)).toEqual([{ name: 'lab-vm', wanted: false }]);
  });

  it.each([
    ['servers', (app: CoreDouble) => app.core.call('servers.add', { draft: { ...labVm, name: 'other' } })],
    ['settings', (app: CoreDouble) => app.core.call('settings.set', { patch: { holdSeconds: 5 } })],
    [
      'hostKeys',
      (app: CoreDouble, serverId: string) =>
        app.core.call('host-keys.expect', { serverId, fingerprint: otherKey.fingerprint }),
    ],
  ] as const)('stopping waits for %s to be saved', async (name, change) => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const { saves } = app.files[name];
    const release = slowDown(app.files[name]);
    const changed = change(app, serverId);
    await settle();
    let stopped = false;
    const stopping = app.core.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    release();
    await Promise.all([stopping, changed]);
    expect(app.files[name].saves).toBe(saves + 1);
  });

  it('a save that goes wrong altogether does not spoil the next one', async () => {
    const app = new CoreDouble();
    const serverId = await app.bringUp();
    const { save } = app.files.hostKeys;
    app.files.hostKeys.save = () => Promise.reject(new Error('boom'));
    const expectKey = () => app.core.call('host-keys.expect', { serverId, fingerprint: otherKey.fingerprint });
    expect(await expectKey()).toMatchObject({ ok: false, error: { code: 'bug' } });
    app.files.hostKeys.save = save;
    expect(await expectKey()).toMatchObject({ ok: true });
    await app.core.stop();
  });
});
