/** A key on its way to a real OpenSSH server, whose account has a home of its own. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallValue } from '../../../main/shared/contract.ts';
import type { Reply } from '../../../main/shared/failure.ts';
import { startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { available, startSshd, type Sshd } from '../../support/sshd.ts';

const missing = available();

describe.skipIf(missing !== null)(`a key for a server${missing === null ? '' : ` (${missing})`}`, () => {
  let home: string;
  let sshd: Sshd;
  let app: LiveCore;
  let serverId: string;
  const authorized = () => readFileSync(join(home, '.ssh', 'authorized_keys'), 'utf8');

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'mooring-account-'));
    app = await startLiveCore();
  });
  afterEach(async () => {
    await app.stop();
    await sshd.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** `keyFiles`: where the server looks for keys; the first login is by one that lies elsewhere. */
  async function connect(keyFiles: string, config: readonly string[] = []): Promise<void> {
    const firstKeys = join(home, 'first');
    sshd = await startSshd({
      config: [...config, `SetEnv HOME=${home}`, `AuthorizedKeysFile ${firstKeys} ${keyFiles}`],
    });
    writeFileSync(firstKeys, readFileSync(`${sshd.keyPath}.pub`));
    const { host: address, port, user, keyPath, hostKey } = sshd;
    const draft = { name: 'lab', address, port, user, login: { kind: 'key', path: keyPath } as const, forwards: [] };
    serverId = await app.add(draft, hostKey.fingerprint);
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
  }
  const install = (path: string, useIt = true) =>
    app.core.call('keys.install', { serverId, path, useIt }) as Promise<Reply<CallValue<'keys.install'>>>;

  it('is made, put there, proven and used; the connection stays, and the next one is by the key alone', async () => {
    await connect(join(home, '.ssh', 'authorized_keys'));
    const sessions = sshd.sessions();
    const { path, publicLine } = await app.call('keys.make', {});
    expect((await app.call('keys.list', {})).keys.map((each) => each.path)).toEqual([path]);
    expect(await install(path)).toMatchObject({ ok: true, value: { added: true, used: true, notes: [] } });
    expect(authorized()).toBe(`${publicLine}\n`);
    expect(app.server().profile.login).toEqual({ kind: 'key', path });
    expect(sshd.sessions()).toEqual(expect.arrayContaining([...sessions]));

    rmSync(join(home, 'first'));
    sshd.killSessions();
    await app.until('gone', (now) => now.servers[0]?.connection.kind !== 'up');
    await app.call('connection.retry', { serverId });
    await app.until('up again', (now) => now.servers[0]?.connection.kind === 'up');

    expect(await install(path)).toMatchObject({
      ok: true,
      value: { added: false, notes: [expect.stringMatching(/already/)] },
    });
    expect(authorized()).toBe(`${publicLine}\n`);
  });

  it('with a passphrase: typed when it was made, and not asked for again', async () => {
    await connect(join(home, '.ssh', 'authorized_keys'));
    const { path } = await app.call('keys.make', { name: 'lab', passphrase: 'open sésame' });
    expect(await install(path)).toMatchObject({ ok: true });
    expect(app.core.snapshot().prompts).toEqual([]);
    expect(app.server().secrets).toEqual([{ kind: 'passphrase', keptIn: 'run' }]);
  });

  it('that the server does not look at is taken off again, and the login stays', async () => {
    await connect(join(home, 'elsewhere', '%u'));
    mkdirSync(join(home, '.ssh'));
    writeFileSync(join(home, '.ssh', 'authorized_keys'), 'ssh-rsa AAAAother lena@desktop\n');
    const { login } = app.server().profile;
    const { path } = await app.call('keys.make', {});
    expect(await install(path)).toMatchObject({
      ok: false,
      error: { code: 'login-rejected', hint: expect.stringContaining('It was taken off the server again') as string },
    });
    expect(authorized()).toBe('ssh-rsa AAAAother lena@desktop\n');
    expect(app.server().profile.login).toEqual(login);
    expect(app.server().connection.kind).toBe('up');
  });

  it('that can no longer be read changes nothing', async () => {
    await connect(join(home, '.ssh', 'authorized_keys'));
    const { path } = await app.call('keys.make', {});
    writeFileSync(join(dirname(app.dataDir), '.ssh', 'id_ed25519'), 'no key');
    expect(await install(path)).toMatchObject({ ok: false, error: { code: 'key-unreadable' } });
    expect(existsSync(join(home, '.ssh'))).toBe(false);
  });
});
