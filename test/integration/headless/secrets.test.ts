/** A remembered password: in the keychain, and nowhere else. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { keyringMissing, startBus } from '../../support/keyring.ts';
import { allUp } from '../../support/live-core.ts';
import { startApp, type RunningApp } from '../../support/running-app.ts';
import { startSshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import { publicListeners } from '../../support/test-server.ts';

const run = promisify(execFile);
const secret = 'Ahoy-7 mates?';

/** The secret as it might lie about: plain, in other alphabets, as a part of something longer. */
function disguises(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const inBase64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift, 'x'), bytes]).toString('base64');
    // The first and last characters depend on the neighbours.
    return encoded.slice(shift === 0 ? 0 : 4, -4);
  });
  return [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    [...text].reverse().join(''),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...inBase64,
    ...inBase64.map((each) => each.replaceAll('+', '-').replaceAll('/', '_')),
  ]
    .map((each) => Buffer.from(each))
    .concat(Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16());
}

async function filesUnder(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

const holdsSecret = (content: Buffer) => disguises(secret).some((each) => content.includes(each));

async function expectNowhere(app: RunningApp): Promise<void> {
  const files = await filesUnder(app.home);
  expect(files.length).toBeGreaterThan(2);
  for (const path of files) expect(holdsSecret(await readFile(path)), path).toBe(false);
  for (const name of ['cmdline', 'environ']) {
    expect(holdsSecret(await readFile(`/proc/${String(app.pid)}/${name}`)), name).toBe(false);
  }
  const told = [await app.snapshot(), await app.call('logs.get', {}), app.output()];
  expect(holdsSecret(Buffer.from(JSON.stringify(told)))).toBe(false);
}

const reason = keyringMissing();
describe.skipIf(reason !== null)(`with a keyring${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('remembers a password over a restart, leaves no trace of it, and forgets it with its server', async () => {
    expect(
      disguises(secret).every((each) => holdsSecret(Buffer.concat([Buffer.from('ab'), each, Buffer.from('yz')]))),
    ).toBe(true);
    const bus = await startBus();
    const ssh = await startSshDouble({ stages: [[{ kind: 'password', password: secret }]] });
    const home = await mkdtemp(join(tmpdir(), 'mooring-secrets-'));
    const env = { DBUS_SESSION_BUS_ADDRESS: bus.address, MOORING_KEYCHAIN: '' };
    let app: RunningApp | null = null;
    /** What the keychain itself says it has of ours. */
    const entries = async () => {
      const found = await run('secret-tool', ['search', '--all', 'service', 'Mooring'], {
        env: { ...process.env, ...env },
      });
      return found.stdout + found.stderr;
    };
    try {
      const keyringHome = await bus.makeHome();
      await bus.startDaemon(keyringHome, 'keyring-pw');
      app = await startApp({ home, env, args: [] });
      const localPort = await freePort();
      const { serverId } = await app.call('servers.add', {
        draft: {
          name: 'lab-vm',
          address: '127.0.0.1',
          port: ssh.port,
          user: ssh.user,
          login: { kind: 'password' },
          forwards: [
            {
              label: 'MLflow',
              service: 'mlflow',
              bind: { address: '127.0.0.1', port: localPort, alsoIpv6: true },
              target: { host: '127.0.0.1', port: ssh.port },
            },
          ],
        },
      });
      await app.call('host-keys.expect', { serverId, fingerprint: fingerprintOf(ssh.hostKey.key) });
      await app.call('wanted.set', { serverId, on: true });
      const asked = await app.until('the question', (now) => now.prompts.length > 0);
      const answer = { kind: 'secret', secret, remember: true } as const;
      await app.call('prompts.answer', { promptId: asked.prompts[0]!.id, answer });
      const up = await app.until('up', (now) => allUp(now) && now.servers[0]?.secrets.length === 1);
      expect(up.servers[0]?.secrets).toEqual([{ kind: 'password', keptIn: 'keychain' }]);
      expect(up.keychain).toMatchObject({ kind: 'ready' });
      await expectNowhere(app);
      expect(publicListeners(app.pid)).toEqual([]);

      expect(await app.end()).toBe(0);
      app = await startApp({ home, env });
      await app.until('up without a question', allUp);
      expect((await app.snapshot()).prompts).toEqual([]);
      await expectNowhere(app);

      expect(await entries()).toContain(`server/${serverId}/password`);
      await app.call('servers.remove', { serverId });
      expect(await entries()).not.toContain(serverId);
    } finally {
      await app?.end();
      await ssh.stop();
      await bus.close();
      await rm(home, { recursive: true, force: true });
    }
  });
});
