/**
 * A name, its tunnel and what the server answers to, on a real server: MLflow of the quick start under a name that it
 * refuses, then sent another, then allowed through setup; and a web server with one name, opened by plain 127.0.0.1.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inServer } from '../support/plan-on-server.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import { freePort } from '../support/sshd.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available();
const server84 = 'names';
const octet = 84;
const alias = 'mlflow-server.local';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | undefined;
}

describe.skipIf(reason !== null)(`names${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let wayOut: WayOut | undefined;
  let folder: string;
  let app: RunningApp;
  let port = 0;
  let webPort = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-names-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n');
    server = await startTestServer(server84, octet);
    await server.sh(`mkdir -p ~ubuntu/.ssh
      echo '${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}' >~ubuntu/.ssh/authorized_keys
      chown -R ubuntu: ~ubuntu/.ssh; chmod -R go= ~ubuntu/.ssh`);
    wayOut = await giveWayOut(server84, octet);
    app = await startApp({ home: join(folder, 'data'), env: { MOORING_HOSTS_FILE: join(folder, 'hosts') } });
    const words = ['server', 'add', 'lab', `ubuntu@${server.address}`, '--key', join(folder, 'key')];
    await mooring(...words, '--accept-host-key', await hostFingerprint(server));
  }, 600_000);

  afterAll(async () => {
    await app.end();
    await wayOut?.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  async function mooring(...words: string[]): Promise<string> {
    const ended = await app.run(...words);
    if (ended.exitCode !== 0) throw new Error(`mooring ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  }

  /** As a browser that has this in its address bar; with `changes`, what a page of it does. */
  function ask(host: string, at: number, path = '/', changes = false): Promise<Answer> {
    const headers = changes
      ? { Host: host, Origin: `http://${host}`, 'Content-Type': 'application/json' }
      : { Host: host };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: at, path, method: changes ? 'POST' : 'GET', headers },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          incoming.on('error', reject).on('end', () => {
            resolve({ status: incoming.statusCode ?? 0, text, location: incoming.headers.location });
          });
        },
      );
      outgoing.on('error', reject).end(changes ? '{"name": "from a page"}' : undefined);
    });
  }
  const experiment = '/ajax-api/2.0/mlflow/experiments/create';
  const named = () => `${alias}:${String(port)}`;
  const plain = () => `127.0.0.1:${String(port)}`;

  /** What the chain says of a forward now. */
  async function health(label: string) {
    const [lab] = (await app.snapshot()).servers;
    const forward = lab?.profile.forwards.find((each) => each.label === label);
    if (!lab || !forward) throw new Error(`no ${label}`);
    const { id: serverId } = lab.profile;
    return waitFor(`${label} to be checked`, async () => {
      const reply = await app.api.call('services.check', { serverId, forwardId: forward.id });
      return reply.ok && reply.value.service.health;
    });
  }

  it('one that MLflow refuses is told with what mends it', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    await mooring('setup', 'lab', '--stack', 'mlflow-quick-start', '--set', 'mlflow.login=no', '--yes');
    const [forward] = (await app.snapshot()).servers[0]?.profile.forwards ?? [];
    port = forward?.bind.port ?? 0;
    expect(await ask(plain(), port)).toMatchObject({ status: 200 });
    expect(await health('MLflow')).toMatchObject({ state: 'ok' });

    await mooring('hosts', 'apply', 'lab', '--name', alias, '--no-forward', '--yes');
    expect(readFileSync(join(folder, 'hosts'), 'utf8')).toContain(`127.0.0.1\t${alias}`.replace('\t', ' '));
    expect(await ask(named(), port)).toMatchObject({
      status: 403,
      text: expect.stringContaining('Invalid Host') as string,
    });
    expect(await ask(named(), port, '/health')).toMatchObject({ status: 200 });
    expect(await health('MLflow')).toMatchObject({
      state: 'warning',
      words: `MLflow answers 403 to the name ${alias}`,
      fixes: [{ kind: 'allow-names', names: [alias] }, { kind: 'send-as', host: plain() }, { kind: 'retry' }],
    });
  }, 590_000);

  it('is answered when the tunnel sends the one that works, for pages and for changes, and for no other', async ({
    skip,
  }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    await mooring('forward', 'edit', 'lab/MLflow', '--send-as', plain());
    expect(await health('MLflow')).toMatchObject({ state: 'ok' });
    expect(await ask(named(), port)).toMatchObject({ status: 200, text: expect.stringContaining('MLflow') as string });
    expect(await ask(named(), port, experiment, true)).toMatchObject({ status: 200 });
    expect(await ask(`evil.example:${String(port)}`, port)).toMatchObject({ status: 421 });
    expect(await mooring('status', 'lab')).toContain(` as ${plain()}`);
    await mooring('forward', 'edit', 'lab/MLflow', '--no-send-as');
    expect(await health('MLflow')).toMatchObject({ state: 'warning' });
    expect(await ask(named(), port)).toMatchObject({ status: 403 });
  });

  it('is allowed by the command that the chain tells, which changes the settings and nothing else', async ({
    skip,
  }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    const told = /^\s*(mooring setup lab .*allowed-hosts.*)$/m.exec(await mooring('status', 'lab'))?.[1] ?? '';
    expect(told).toBe(
      `mooring setup lab --stack mlflow-quick-start --set 'mlflow.login=false' --set 'mlflow.allowed-hosts=${alias}'`,
    );
    const words = execFileSync('bash', ['-c', `printf '%s\\n' ${told}`], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .slice(1);
    const ran = await mooring(...words, '--yes', '--json');
    const { run } = JSON.parse(ran) as { run: { steps: readonly { id: string; state: string }[] } };
    const changed = run.steps.filter(({ state }) => state === 'changed').map(({ id }) => id);
    expect(changed.filter((id) => !id.startsWith('here-'))).toEqual(['mlflow-settings', 'mlflow-service']);
    expect(await health('MLflow')).toMatchObject({ state: 'ok' });
    for (const host of [named(), plain(), alias, `localhost:${String(port)}`]) {
      expect(await ask(host, port)).toMatchObject({ status: 200 });
    }
    expect(await ask(named(), port, `${experiment}?again`, true)).not.toMatchObject({ status: 403 });
    expect(await ask(`evil.example:${String(port)}`, port)).toMatchObject({ status: 403 });
  }, 300_000);

  it('of a web server with one is sent in place of 127.0.0.1', async ({ skip }) => {
    if (wayOut?.reason) skip(wayOut.reason);
    const apt = 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y';
    const installed = await inServer(server84, 'root', `${apt} nginx-light >/dev/null 2>&1`);
    expect(installed.code).toBe(0);
    const site = `server { listen 127.0.0.1:8081 default_server; return 404; }
      server {
        listen 127.0.0.1:8081; server_name lab.example; default_type text/plain;
        location = / { return 302 http://lab.example:8081/home; }
        location = /home { return 200 "This is $host\\n"; }
      }`;
    await inServer(server84, 'root', 'cat >/etc/nginx/sites-enabled/default && systemctl restart nginx', site);
    webPort = await freePort();
    const spec = `${String(webPort)}:127.0.0.1:8081`;
    await mooring('forward', 'add', 'lab', spec, '--label', 'Web', '--service', 'http');
    await health('Web');
    const here = `127.0.0.1:${String(webPort)}`;
    expect(await ask(here, webPort)).toMatchObject({ status: 404 });
    await mooring('forward', 'edit', 'lab/Web', '--send-as', 'lab.example');
    expect(await health('Web')).toMatchObject({ state: 'ok', words: 'healthy' });
    expect(await ask(here, webPort)).toMatchObject({ status: 302, location: `http://${here}/home` });
    expect(await ask(here, webPort, '/home')).toMatchObject({ status: 200, text: 'This is lab.example\n' });
  }, 300_000);
});
