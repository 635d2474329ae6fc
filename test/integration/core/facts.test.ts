/** The facts of a server, asked of OpenSSH on this very machine, whose facts can be looked up beside it. */
import { arch, cpus, userInfo } from 'node:os';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFacts } from '../../../main/shared/facts-words.ts';
import { startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { available, startSshd, type Sshd } from '../../support/sshd.ts';

const missing = available();

describe.skipIf(missing !== null)(`the facts of a server${missing === null ? '' : ` (${missing})`}`, () => {
  let sshd: Sshd;
  let app: LiveCore;
  let serverId: string;

  beforeAll(async () => {
    sshd = await startSshd();
    app = await startLiveCore();
    const { host, port, user, keyPath, hostKey } = sshd;
    const login = { kind: 'key', path: keyPath } as const;
    serverId = await app.add({ name: 'lab', address: host, port, user, login, forwards: [] }, hostKey.fingerprint);
  });
  afterAll(async () => {
    await app.stop();
    await sshd.stop();
  });

  it('are read over its connection, and only while it is up', async () => {
    await app.until('up', (now) => now.servers[0]?.connection.kind === 'up');
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    try {
      const facts = await app.call('facts.get', { serverId });
      expect(facts.account.user).toBe(userInfo().username);
      expect(facts.machine.cpuCount).toBe(cpus().length);
      expect(facts.machine.architecture).toBe({ x64: 'x86_64', arm64: 'aarch64' }[arch() as 'x64'] ?? arch());
      expect(facts.ports?.some((each) => each.port === port && each.addresses.includes('127.0.0.1'))).toBe(true);
      expect(facts.missing).toEqual([]);
      expect(Math.abs(facts.clock?.skewMs ?? Infinity)).toBeLessThan(5_000);
      expect(describeFacts(facts).map((each) => each.label)).toContain('Sudo');
    } finally {
      await new Promise((resolve) => listener.close(resolve));
    }

    await app.call('wanted.set', { serverId, on: false });
    expect(await app.core.call('facts.get', { serverId })).toMatchObject({ ok: false, error: { code: 'conflict' } });
    expect(await app.core.call('facts.get', { serverId: 'none' })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
  });
});
