/** The promise itself, on a real server: cut, reboot and a changed host key, without a command in between. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeServer } from '../../main/shared/words.ts';
import * as browsers from '../support/browser.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import {
  available,
  hostFingerprint,
  publicListeners,
  startTestServer,
  type TestServer,
} from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';

const reason = available();
const tracker = `
[Unit]
Description=Something to track with
[Service]
ExecStart=/usr/bin/python3 -m http.server 5000 --bind 127.0.0.1 --directory /srv
[Install]
WantedBy=multi-user.target
`;

describe.skipIf(reason !== null)(`on a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let app: RunningApp;

  beforeAll(async () => {
    server = await startTestServer('moored', 21);
    await server.sh(`echo "it works" >/srv/index.html
      printf '%s' '${tracker}' >/etc/systemd/system/tracker.service
      systemctl daemon-reload && systemctl enable --now tracker`);
  }, 600_000);

  beforeEach(async () => {
    app = await startApp({ args: [] });
    await app.run(
      'server',
      'add',
      'lab-vm',
      `ubuntu@${server.address}`,
      '--login',
      'password',
      '--forward',
      '5601:127.0.0.1:5000',
      '--accept-host-key',
      await hostFingerprint(server),
    );
  });

  afterEach(async () => {
    await app.end();
  });

  afterAll(async () => {
    await server.remove();
  });

  const isUp = () =>
    app.until(
      'lab-vm to be up',
      ({ servers }) => servers[0]?.forwards[0]?.state.kind === 'up' && servers[0].connection.kind === 'up',
      60_000,
    );
  const fetchPage = async () => (await fetch('http://127.0.0.1:5601/', { signal: AbortSignal.timeout(15_000) })).text();

  async function connect(): Promise<void> {
    const { servers } = await app.snapshot();
    await app.call('wanted.set', { serverId: servers[0]!.profile.id, on: true });
    const { prompts } = await app.until(
      'a prompt or up',
      (now) => now.prompts.length > 0 || now.servers[0]?.connection.kind === 'up',
    );
    const prompt = prompts[0];
    if (prompt) {
      await app.call('prompts.answer', {
        promptId: prompt.id,
        answer: { kind: 'secret', secret: server.password, remember: true },
      });
    }
    await isUp();
    await waitFor('the tracker', async () => fetchPage().catch(() => null), { timeoutMs: 20_000, everyMs: 200 });
  }

  it('without a terminal, says that it needs a password and ends with 3', async () => {
    const result = await app.run('up', 'lab-vm');
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain('Password of');
    await connect();
    expect(await fetchPage()).toContain('it works');
    expect(publicListeners(app.pid)).toEqual([]);
  });

  it('comes back from a link that was cut for 15 s', async () => {
    await connect();
    const cutMs = performance.now();
    await server.cut();
    await app.until('the loss', ({ servers }) => servers[0]?.connection.kind !== 'up', 12_000);
    console.log(`  cut: noticed after ${String(Math.round(performance.now() - cutMs))} ms`);
    await waitFor('15 s', () => performance.now() - cutMs > 15_000, { timeoutMs: 20_000, everyMs: 100 });
    const mendMs = performance.now();
    await server.mend();
    await isUp();
    console.log(`  mended: up after ${String(Math.round(performance.now() - mendMs))} ms`);
    expect(await fetchPage()).toContain('it works');
  });

  it('comes back from a reboot of the server', async () => {
    await connect();
    const startMs = performance.now();
    await server.reboot();
    const rebootedMs = performance.now();
    await waitFor('the page', async () => (await fetchPage().catch(() => '')).includes('it works'), {
      timeoutMs: 60_000,
      everyMs: 200,
    });
    await isUp();
    console.log(
      `  reboot took ${String(Math.round(rebootedMs - startMs))} ms, page back ${String(Math.round(performance.now() - rebootedMs))} ms after sshd`,
    );
  });

  it('waits for a server that is up but lets nobody in yet', async () => {
    await connect();
    // What systemd does until a boot has come far enough (pam_nologin).
    await server.sh('echo "System is booting up." >/run/nologin; pkill -f "[s]shd: ubuntu"');
    await app.until(
      'the cut-off login',
      ({ servers }) => {
        const connection = servers[0]?.connection;
        return connection?.kind === 'waiting' && connection.failure.code === 'login-cut-off';
      },
      30_000,
    );
    await server.sh('rm /run/nologin');
    await isUp();
    expect((await app.snapshot()).prompts).toEqual([]);
    expect(await fetchPage()).toContain('it works');
  });

  it('stops at a changed host key and shows both', async () => {
    await connect();
    const oldKey = await hostFingerprint(server);
    await server.sh(
      'cd /etc/ssh && mkdir -p old && mv ssh_host_* old/ && ssh-keygen -A && systemctl restart ssh && pkill -f "[s]shd: ubuntu"',
    );
    const newKey = await hostFingerprint(server);
    expect(newKey).not.toBe(oldKey);
    const { prompts } = await app.until('the question', (now) => now.prompts.length > 0, 30_000);
    expect(prompts[0]).toMatchObject({
      kind: 'host-key-changed',
      presented: { fingerprint: newKey },
      known: [{ fingerprint: oldKey, storedIn: 'Mooring' }],
    });
    const listed = await app.run('prompts');
    expect(listed.stdout).toContain(oldKey);
    expect(listed.stdout).toContain(newKey);
    await app.run('answer', prompts[0]!.id, '--accept', newKey);
    await isUp();
    expect(await fetchPage()).toContain('it works');
  });

  it.skipIf(browsers.available() !== null)('says the same in window and command line, through all of it', async () => {
    await connect();
    const browser = await browsers.launchBrowser();
    try {
      const page = await browser.newPage();
      const { stdout } = await app.run('window', '--json');
      await page.goto((JSON.parse(stdout) as { url: string }).url);
      const same = async (holds: (kind: string) => boolean) => {
        await waitFor(
          'window and command line to agree',
          async () => {
            const status = JSON.parse((await app.run('status', '--json')).stdout) as Awaited<
              ReturnType<RunningApp['snapshot']>
            >;
            const shown = status.servers[0]!;
            if (!holds(shown.connection.kind)) return false;
            const words = describeServer(shown, Date.now()).replace(/\d+ (ms|s|min)/g, '');
            const window = (await page.getByRole('navigation').innerText()).replace(/\d+ (ms|s|min)/g, '');
            return window.includes(words);
          },
          { timeoutMs: 30_000, everyMs: 100 },
        );
      };
      await same((kind) => kind === 'up');
      await server.cut();
      await same((kind) => kind === 'waiting' || kind === 'connecting');
      await server.mend();
      await same((kind) => kind === 'up');
    } finally {
      await browser.close();
    }
  });
});

describe.skipIf(reason !== null)(`a key for a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let app: RunningApp;
  let home: string;

  beforeAll(async () => {
    server = await startTestServer('keys', 75);
  }, 600_000);
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'mooring-home-'));
    app = await startApp({ env: { HOME: home } });
    const fingerprint = await hostFingerprint(server);
    const where = `ubuntu@${server.address}`;
    await app.run('server', 'add', 'lab-vm', where, '--login', 'password', '--accept-host-key', fingerprint);
    const serverId = (await app.snapshot()).servers[0]!.profile.id;
    await app.call('wanted.set', { serverId, on: true });
    const { prompts } = await app.until('the password’s question', (now) => now.prompts.length > 0);
    const answer = { kind: 'secret', secret: server.password, remember: false } as const;
    await app.call('prompts.answer', { promptId: prompts[0]!.id, answer });
    await app.until('lab-vm to be up', ({ servers }) => servers[0]?.connection.kind === 'up');
  });
  afterEach(async () => {
    await app.end();
    await rm(home, { recursive: true, force: true });
    await server.sh(`rm -rf /home/ubuntu/.ssh /etc/ssh/sshd_config.d/keys.conf
      chmod 755 /home/ubuntu; systemctl restart ssh`);
  });
  afterAll(async () => {
    await server.remove();
  });
  const authorized = () => server.sh('cat /home/ubuntu/.ssh/authorized_keys 2>&1 || true');

  it('is made, installed and used: after a loss nobody is asked for a password', async () => {
    const made = await app.run('keys', 'make', '--no-passphrase', '--json');
    const { publicLine } = JSON.parse(made.stdout) as { publicLine: string };
    const startMs = performance.now();
    const installed = await app.run('keys', 'install', 'lab-vm');
    console.log(`  installed and proven in ${String(Math.round(performance.now() - startMs))} ms`);
    expect(installed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('uses it from now on') as string });
    expect(await authorized()).toBe(`${publicLine}\n`);
    expect(await server.sh("stat -c '%a %U' /home/ubuntu/.ssh /home/ubuntu/.ssh/authorized_keys")).toBe(
      '700 ubuntu\n600 ubuntu\n',
    );
    const before = (await app.snapshot()).servers[0]?.connection;
    await server.sh('pkill -f "[s]shd: ubuntu"');
    const back = await app.until(
      'lab-vm to be back',
      ({ servers: [lab] }) =>
        lab?.connection.kind === 'up' && before?.kind === 'up' && lab.connection.sinceMs > before.sinceMs,
      30_000,
    );
    expect(back.prompts).toEqual([]);
  });

  it.each([
    ['AuthorizedKeysFile /etc/ssh/keys/%u', 'looks for keys in /etc/ssh/keys/%u'],
    ['PubkeyAuthentication no', 'takes no keys at all'],
    ['', 'chmod go-w /home/ubuntu'],
  ])('is taken off again where sshd will have none: %s', async (config, words) => {
    // New logins meet it; the connection there is stays.
    await server.sh(
      config === ''
        ? 'chmod 777 /home/ubuntu'
        : `echo '${config}' >/etc/ssh/sshd_config.d/keys.conf && systemctl reload ssh`,
    );
    await app.run('keys', 'make', '--no-passphrase');
    const refused = await app.run('keys', 'install', 'lab-vm');
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(words) as string });
    expect(await authorized()).toContain('No such file');
    const [lab] = (await app.snapshot()).servers;
    expect([lab?.profile.login.kind, lab?.connection.kind]).toEqual(['password', 'up']);
  });
});
