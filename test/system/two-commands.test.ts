/**
 * What the README promises: from an address to a verified run in two commands, and the morning after, when both machines
 * were restarted, everything is there with nothing typed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../main/shared/snapshot.ts';
import { keyringMissing, startBus, type Bus } from '../support/keyring.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available() ?? keyringMissing();

describe.skipIf(reason !== null)(`two commands${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let wayOut: WayOut | undefined;
  let folder: string;
  let home: string;
  let bus: Bus;
  let app: RunningApp | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-two-'));
    home = await mkdtemp(join(tmpdir(), 'mooring-two-home-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer('two', 45);
    await server.sh(`mkdir -p ~ubuntu/.ssh
      echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~ubuntu/.ssh/authorized_keys
      chown -R ubuntu: ~ubuntu/.ssh; chmod -R go= ~ubuntu/.ssh`);
    wayOut = await giveWayOut('two', 45);
    bus = await startBus();
    await bus.startDaemon(await bus.makeHome(), 'keyring-pw');
    app = await startApp({ home, env: env(), args: [] });
  }, 600_000);

  afterAll(async () => {
    await app?.end();
    await bus.close();
    await wayOut?.close();
    await server.remove();
    await rm(home, { recursive: true, force: true });
    rmSync(folder, { recursive: true });
  });

  const env = () => ({ DBUS_SESSION_BUS_ADDRESS: bus.address, MOORING_KEYCHAIN: '' });
  async function mooring(...words: string[]) {
    const ended = await app!.run(...words);
    if (ended.exitCode !== 0) throw new Error(`mooring ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  }

  it('from an address to a verified run; the password in the keychain and in no wrong place', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    // Who looks at process lists all the while.
    await server.sh(`systemd-run -q --unit=look sh -c 'while :; do ps -eo args=; sleep 0.2; done >/run/seen'`);
    const beginMs = performance.now();
    const words = ['server', 'add', 'lab', `ubuntu@${server.address}`, '--key', join(folder, 'key')];
    await mooring(...words, '--accept-host-key', await hostFingerprint(server));
    const said = await mooring('setup', 'lab', '--stack', 'mlflow-quick-start', '--yes');
    console.log(
      said
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n'),
    );
    console.log(`  two commands: ${((performance.now() - beginMs) / 1000).toFixed(1)} s`);
    expect(said).toMatch(/failed 0/);

    const { password } = JSON.parse(await mooring('setup', 'password', 'lab', '--json')) as { password: string };
    expect(password.length).toBeGreaterThanOrEqual(20);
    const secretKey = (
      await server.sh('sed -n \'s/.*SECRET_KEY="\\{0,1\\}\\([^"]*\\).*/\\1/p\' /etc/mooring/main/mlflow.env')
    ).trim();
    await server.sh('systemctl stop look');
    for (const secret of [password, secretKey].filter((each) => each !== '')) {
      const where = await server.sh(
        `grep -rlF -e '${secret}' /run/seen /etc /var /opt /srv /home /root /tmp /run/mooring* 2>/dev/null | grep -v '^/var/lib/dpkg' || true`,
      );
      expect(where.split('\n').filter((each) => each !== '' && !/^\/etc\/mooring\/main\/[\w.]+$/.test(each))).toEqual(
        [],
      );
      expect(await server.sh(`journalctl --no-pager | grep -cF -e '${secret}' || true`)).toBe('0\n');
      const here = execFileSync('sh', ['-c', `grep -rlF -e '${secret}' '${home}' || true`], { encoding: 'utf8' });
      expect(here).toBe('');
    }
    expect(
      await server.sh("find /etc/mooring -type f -perm /077 -exec grep -l -i 'password\\|secret' {} +; true"),
    ).toBe('');

    const again = await mooring('setup', 'lab', '--stack', 'mlflow-quick-start', '--yes');
    expect(again).toMatch(/changed 0/);
  });

  it('this program killed while the server is at work: the run goes on there, and is brought to its end', async ({
    skip,
  }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    const draft = { stack: 'mlflow-quick-start', values: { environment: 'dev', 'mlflow.port': 5001 } } as const;
    const { servers } = await app!.snapshot();
    const serverId = servers[0]?.profile.id ?? '';
    const { runId } = await app!.call('setup.start', { serverId, draft, secrets: {} });
    const isStarting = (now: Snapshot) =>
      now.servers[0]?.run?.steps.some((each) => each.id === 'mlflow-service' && each.state === 'running') ?? false;
    await app!.until('MLflow to be started', isStarting, 60_000);
    await app!.end('SIGKILL');
    app = await startApp({ home, env: env(), args: [] });
    const { servers: later } = await app.until(
      'the end of the same run',
      (now) => now.servers[0]?.run?.state.kind === 'done',
      180_000,
    );
    expect(later[0]?.run).toMatchObject({ runId, environment: 'dev' });
    await mooring('verify', 'lab', '--environment', 'dev');
    expect((await app.snapshot()).prompts).toEqual([]);
  });

  it('the morning after: both restarted, MLflow answers through the tunnel, nothing typed', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    await app?.end('SIGKILL');
    await server.reboot();
    app = await startApp({ home, env: env(), args: [] });
    const beginMs = performance.now();
    await waitFor('MLflow to answer', async () => (await app!.run('verify', 'lab')).exitCode === 0, {
      timeoutMs: 120_000,
      everyMs: 500,
    });
    expect((await app.snapshot()).prompts).toEqual([]);
    console.log(`  verified ${((performance.now() - beginMs) / 1000).toFixed(1)} s after the start`);
  });
});
