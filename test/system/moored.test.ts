/** The promise itself, on a real server: cut, reboot and a changed host key, without a command in between. */
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
