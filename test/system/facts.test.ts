/** The facts script through plain ssh on a real server, against what was arranged there. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factsLimitMs, factsScript } from '../../main/core/setup/facts/script.ts';
import { parseFacts } from '../../main/core/setup/facts/parse-facts.ts';
import { describeFacts } from '../../main/shared/facts-words.ts';
import type { ServerFacts } from '../../main/shared/facts.ts';
import { available, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available();

/** The same in bash, fish and tcsh; the script comes by stdin. */
const factsCommand = 'exec /bin/sh';

const accounts = `
  for each in op plain odd; do useradd -m -s /bin/bash $each; done
  echo 'op ALL=(ALL) ALL' >/etc/sudoers.d/op
  echo 'odd ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/odd
  for each in ubuntu op plain odd root; do
    home=$(getent passwd $each | cut -d: -f6)
    mkdir -p $home/.ssh
    echo "$KEY" >$home/.ssh/authorized_keys
    chown -R $each: $home/.ssh
    chmod -R go= $home/.ssh
  done
`;

/** Like fish and tcsh it understands only what is the same in all shells; and it talks, with settings of its own. */
const oddShell = `#!/usr/bin/python3
import os, shlex, sys
print("Willkommen!\\n@@section sudo\\n|root=yes", flush=True)
os.environ.update(LANG="de_DE.UTF-8", LC_ALL="tr_TR.UTF-8", PATH="/nowhere:.", IFS="/", CDPATH="/tmp", PYTHONHOME="/nowhere")
os.umask(0o077)
words = shlex.split(sys.argv[2])
assert words[0] == "exec" and not set(sys.argv[2]) & set("$\`(){}|;&<>")
os.execv(words[1], words[1:])
`;

const tracker = `
  mkdir -p ~/mlflow-server/env/lib/python3.11/site-packages/mlflow-2.9.2.dist-info
  printf '#!/bin/sh\\nmlflow server --backend-store-uri postgresql://u:geheim@h/d \\\\\\n  --host 127.0.0.1 --port 5000\\n' \
    >~/mlflow-server/start-mlflow.sh
`;
const trackerUnit = `[Unit]
Description=Something to track with
[Service]
User=ubuntu
WorkingDirectory=/srv
ExecStart=/usr/bin/python3 -m http.server 5000 --bind 127.0.0.1
[Install]
WantedBy=multi-user.target
`;

/** Its installation waits as long as /run/hold is there. */
const slowPackage = `
  mkdir -p /root/slow/DEBIAN && cd /root
  printf 'Package: slow\\nVersion: 1\\nArchitecture: all\\nMaintainer: nobody <nobody@example.org>\\nDescription: slow\\n' >slow/DEBIAN/control
  printf '#!/bin/sh\\ntouch /run/held\\nwhile [ -e /run/hold ]; do sleep 0.1; done\\n' >slow/DEBIAN/preinst
  chmod 755 slow/DEBIAN/preinst
  dpkg-deb -b slow slow.deb >/dev/null
  touch /run/hold
  systemd-run --quiet --unit=slow apt-get install -y /root/slow.deb
`;

describe.skipIf(reason !== null)(`facts of a real server${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let folder: string;
  let wayOut: WayOut;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-facts-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    server = await startTestServer('facts', 23);
    wayOut = await giveWayOut('facts', 23);
    await server.sh(`KEY='${readFileSync(join(folder, 'key.pub'), 'utf8').trim()}'\n${accounts}`);
  }, 600_000);

  afterAll(async () => {
    await wayOut.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  /** Runs the script as the user; tells how long it took. */
  async function ask(user: string): Promise<{ facts: ServerFacts; output: string; tookMs: number }> {
    const options = ['BatchMode=yes', 'LogLevel=ERROR', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
    const words = ['-F', '/dev/null', '-T', '-i', join(folder, 'key'), ...options.flatMap((each) => ['-o', each])];
    const sentMs = Date.now();
    const output = await new Promise<string>((resolve, reject) => {
      const child = spawn('ssh', [...words, `${user}@${server.address}`, factsCommand], { timeout: factsLimitMs });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      child.stderr.resume();
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(text);
        else reject(new Error(`ssh ended with ${String(code)}: ${text}`));
      });
      child.stdin.end(factsScript);
    });
    const endedMs = Date.now();
    const reply = parseFacts(output, { sentMs, endedMs });
    if (!reply.ok) throw new Error(reply.error.message);
    return { facts: reply.value, output, tookMs: endedMs - sentMs };
  }

  it.each([
    ['root', { kind: 'root' }],
    ['ubuntu', { kind: 'without-password', needsTerminal: false }],
    ['op', { kind: 'with-password', needsTerminal: false }],
    ['plain', { kind: 'none' }],
  ])('%s: sudo is told apart, and everything else is there', async (user, sudo) => {
    const { facts, tookMs } = await ask(user);
    console.log(`  ${user}: ${String(tookMs)} ms, of which the script ${String(facts.tookMs)} ms`);
    expect(facts).toMatchObject({
      account: { user, shell: '/bin/bash' },
      system: { id: 'debian', release: '12', codename: 'bookworm' },
      packages: { manager: 'apt-get', lock: { kind: 'free' }, interrupted: false },
      systemd: { kind: 'booted', version: 252, user: { kind: 'reached' }, linger: false },
      sudo,
      uv: null,
      missing: [],
    });
    expect(facts.pythons).toMatchObject([
      { path: '/usr/bin/python3', venv: false, pip: false, externallyManaged: true },
    ]);
    const home = facts.disks?.find(({ holdsHome }) => holdsHome);
    expect(home?.freeBytes).toBeGreaterThan(0);
    expect(facts.ports?.find(({ port }) => port === 22)).toMatchObject(
      user === 'root' || user === 'ubuntu' ? { program: { name: 'sshd' } } : { program: null, unit: 'ssh.service' },
    );
    // The same clock, since the server shares this machine's kernel.
    expect(Math.abs(facts.clock!.skewMs)).toBeLessThanOrEqual(facts.clock!.uncertaintyMs);
    expect(describeFacts(facts).every(({ text }) => text !== '')).toBe(true);
  });

  it('asking leaves no failed login, file or process behind', async () => {
    const look = () => server.sh('find /home /root /tmp /var/lib /etc -newer /run/before ! -path "/var/lib/systemd/*"');
    await server.sh('touch /run/before');
    for (const user of ['op', 'plain']) await ask(user);
    expect((await look()).trim()).toBe('');
    expect(await server.sh('journalctl -q --no-pager -t sudo | grep -c "authentication failure" || true')).toBe('0\n');
    await waitFor(
      'its processes to end',
      async () => (await server.sh('pgrep -u op,plain -x "sh|sed|curl|timeout" || true')) === '',
      {
        everyMs: 50,
      },
    );
  });

  it('requiretty does not hide what sudo allows', async () => {
    await server.sh('echo "Defaults requiretty" >/etc/sudoers.d/terminal');
    const kinds = { ubuntu: 'without-password', op: 'with-password', plain: 'none' };
    for (const [user, kind] of Object.entries(kinds)) {
      const { sudo } = (await ask(user)).facts;
      expect(sudo).toMatchObject(kind === 'none' ? { kind } : { kind, needsTerminal: true });
    }
    await server.sh('rm /etc/sudoers.d/terminal');
  });

  it('a login shell that is none and talks, odd PATH, LANG and umask change nothing', async () => {
    const before = (await ask('odd')).facts;
    await server.sh(`cat >/usr/local/bin/oddsh <<'END'\n${oddShell}END\nchmod 755 /usr/local/bin/oddsh`);
    await server.sh('echo /usr/local/bin/oddsh >>/etc/shells; usermod -s /usr/local/bin/oddsh odd');
    const { facts, output } = await ask('odd');
    expect(output).toContain('Willkommen');
    const lasting = ({ system, pythons, sudo, ports, systemd, services, packages }: ServerFacts) => ({
      system,
      pythons,
      sudo,
      ports,
      systemd,
      services,
      packages,
    });
    expect(lasting(facts)).toEqual(lasting(before));
    expect(facts.account.shell).toBe('/usr/local/bin/oddsh');
    expect(facts.missing).toEqual([]);
  });

  it('neither does fish', async (context) => {
    const got = await server.sh(
      'timeout 60 sh -c "apt-get -qq update && apt-get -qq install -y fish" >/dev/null 2>&1; which fish || true',
    );
    if (got === '') context.skip('the server has no way to Debian’s packages');
    await server.sh(`usermod -s ${got.trim()} odd
      runuser -u odd -- sh -c 'mkdir -p ~/.config/fish; echo "echo noise; set -x PATH /nowhere; umask 077" >~/.config/fish/config.fish'`);
    const { facts, output } = await ask('odd');
    expect(output).toContain('noise');
    expect(facts).toMatchObject({ account: { shell: got.trim() }, sudo: { kind: 'without-password' }, missing: [] });
  });

  it('finds what listens, and MLflow as tutorials set it up', async () => {
    await server.sh(`printf '%s' '${trackerUnit}' >/etc/systemd/system/mlflow-server.service
      runuser -u ubuntu -- sh -c "$(cat <<'END'\n${tracker}END\n)"
      systemctl daemon-reload && systemctl enable --now mlflow-server`);
    const seen = await waitFor('port 5000', async () => {
      const { facts, output } = await ask('ubuntu');
      return facts.ports?.some(({ port }) => port === 5000) && { facts, output };
    });
    expect(seen.facts.ports?.find(({ port }) => port === 5000)).toMatchObject({
      addresses: ['127.0.0.1'],
      program: { name: 'python3' },
      unit: 'mlflow-server.service',
      user: 'ubuntu',
    });
    expect(seen.facts.services).toMatchObject([
      { product: 'mlflow', kind: 'unit', scope: 'system', active: true, enabled: true, folder: '/srv', port: 5000 },
      { product: 'mlflow', kind: 'folder', path: '/home/ubuntu/mlflow-server' },
      { kind: 'start-script', path: '/home/ubuntu/mlflow-server/start-mlflow.sh', address: '127.0.0.1', port: 5000 },
      { kind: 'installed', path: '/home/ubuntu/mlflow-server/env', version: '2.9.2' },
    ]);
    expect(seen.output).not.toContain('geheim');
    // An account that may not see whose program it is still learns the unit.
    expect((await ask('plain')).facts.ports?.find(({ port }) => port === 5000)).toMatchObject({
      program: null,
      unit: 'mlflow-server.service',
      user: 'ubuntu',
    });
  });

  it('sees who holds apt’s lock, as any account', async () => {
    await server.sh(slowPackage);
    await waitFor('the lock', async () => (await server.sh('ls /run/held 2>/dev/null || true')) !== '', {
      everyMs: 100,
    });
    for (const user of ['root', 'plain']) {
      expect((await ask(user)).facts.packages.lock).toMatchObject({
        kind: 'held',
        program: 'apt-get',
        file: '/var/lib/dpkg/lock-frontend',
      });
    }
    await server.sh('rm /run/hold');
    await waitFor('the end of apt', async () => (await ask('plain')).facts.packages.lock.kind === 'free', {
      everyMs: 100,
    });
  });

  it('without an answer from the network it takes less than 8 s', async () => {
    // A gateway that swallows everything.
    await server.sh(`ip neigh replace 10.77.23.99 lladdr 02:00:00:00:00:99 dev host0 nud permanent
      ip route replace default via 10.77.23.99; echo nameserver 192.0.2.53 >/etc/resolv.conf`);
    const { facts, tookMs } = await ask('op');
    console.log(`  without network: ${String(tookMs)} ms`);
    expect(facts.index.kind).toBe('silent');
    expect(facts.apt[0]?.kind).toBe('silent');
    expect(facts.missing).toEqual([]);
    expect(tookMs).toBeLessThan(8_000);
  });

  it('an account without a shell is told in words', async () => {
    await server.sh('usermod -s /usr/sbin/nologin plain');
    const run = promisify(execFile);
    const failed = await run('ssh', [
      '-F',
      '/dev/null',
      '-T',
      '-i',
      join(folder, 'key'),
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      `plain@${server.address}`,
      factsCommand,
    ]).catch((error: unknown) => error as { stdout: string });
    expect(parseFacts(failed.stdout, null)).toMatchObject({ ok: false, error: { code: 'not-allowed' } });
  });
});
