/**
 * Names in /etc/hosts on a real system: written by pkexec with a password typed at its question, and the course's eight
 * names opened in a browser through one tunnel.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostsOutcome, HostsView } from '../../main/shared/hosts.ts';
import { hostsPresets } from '../../main/shared/hosts.ts';
import { available as browserMissing } from '../support/browser.ts';
import { buildProgram } from '../support/cli.ts';
import { inServer } from '../support/plan-on-server.ts';
import { available, hostFingerprint, startTestServer, type TestServer } from '../support/test-server.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available();
const name = 'hosts';
const octet = 81;
const course = hostsPresets[0]?.names ?? [];
const support = join(import.meta.dirname, '..', 'support');

/**
 * A person at polkit's own agent for terminals, registered for the process that starts pkexec: types the first argument at
 * each question, or ends the agent when it is `no`. The rest is the program, which begins once the agent is there.
 */
const person = `
import os, pty, select, subprocess, sys, termios
answer = sys.argv[1]
program = subprocess.Popen(['setsid', 'sh', '-c', 'read go; exec "$@"', 'x'] + sys.argv[2:],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
ready, tell = os.pipe()
os.set_inheritable(tell, True)
agent, terminal = pty.fork()
if agent == 0:
    os.execvp('pkttyagent', ['pkttyagent', '--process', str(program.pid), '--notify-fd', str(tell)])
os.close(tell)
os.read(ready, 1)
program.stdin.write(b'go\\n')
program.stdin.close()
said = b''
asked = 0
while program.poll() is None:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            said += os.read(terminal, 4096)
        except OSError:
            program.wait()
    # What is typed before the terminal stops echoing is thrown away.
    listens = not termios.tcgetattr(terminal)[3] & termios.ECHO
    if said.count(b'assword:') > asked and listens:
        asked += 1
        if answer == 'no':
            os.kill(agent, 15)
        else:
            os.write(terminal, answer.encode() + b'\\n')
sys.stdout.write(said.decode() + program.stdout.read().decode())
try:
    os.kill(agent, 15)
except ProcessLookupError:
    pass
`;

interface Report {
  readonly writable: boolean;
  readonly way: string;
  readonly result: { readonly kind: string; readonly failure?: { readonly code: string } };
  readonly answers: readonly (readonly string[])[];
}

const reportOf = <T>(text: string): T => {
  const line = /^REPORT (.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error(`no report in: ${text}`);
  return JSON.parse(line.trim()) as T;
};

describe.skipIf(reason !== null)(
  `names in /etc/hosts on a real system${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let server: TestServer;
    let wayOut: WayOut;
    let dir: string;
    const hosts = () => server.sh('cat /etc/hosts');
    const run = async (what: string, typed: string | null): Promise<Report> => {
      const program = `node /opt/hosts/program.mjs ${what}`;
      const line = typed === null ? `setsid ${program} </dev/null` : `python3 /opt/hosts/person.py ${typed} ${program}`;
      return reportOf((await inServer(name, 'ubuntu', line)).text);
    };

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'mooring-hosts-system-'));
      server = await startTestServer(name, octet);
      wayOut = await giveWayOut(name, octet);
      const apt = 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y';
      const installed = await inServer(name, 'root', `${apt} pkexec polkitd nginx-light libstdc++6 >/dev/null 2>&1`);
      if (installed.code !== 0) throw new Error(`apt: ${installed.text}`);
      // Whom polkit counts as an administrator on Debian.
      await server.sh('usermod -aG sudo ubuntu; mkdir -p /opt/hosts');
      const program = await buildProgram(join(support, 'hosts-write-program.ts'), 'hosts-write');
      const put = async (path: string, bytes: string) => inServer(name, 'root', `base64 -d >${path}`, bytes);
      await put('/usr/local/bin/node', readFileSync(process.execPath).toString('base64'));
      await put('/opt/hosts/program.mjs', readFileSync(program.path).toString('base64'));
      await put('/opt/hosts/person.py', Buffer.from(person).toString('base64'));
      await server.sh('chmod 755 /usr/local/bin/node');
      await program.remove();
      const sites = course.map(
        (each) =>
          `server { listen 127.0.0.1:80; server_name ${each}; default_type text/plain; return 200 "This is ${each}\\n"; }`,
      );
      const site = `server { listen 127.0.0.1:80 default_server; return 404; }\n${sites.join('\n')}\n`;
      await inServer(name, 'root', 'cat >/etc/nginx/sites-enabled/default && systemctl restart nginx', site);
    }, 590_000);
    afterAll(async () => {
      await wayOut.close();
      await server.remove();
      rmSync(dir, { recursive: true, force: true });
    });

    it('pkexec asks, writes with the right password, and takes off what it wrote', async () => {
      const before = await hosts();
      const put = await run('put', 'ubuntu-pw');
      expect(put).toMatchObject({ writable: false, way: 'pkexec', result: { kind: 'written' } });
      // What programs there are told now.
      expect(put.answers).toEqual(course.map(() => ['127.0.0.1']));
      const written = await hosts();
      expect(written.startsWith(before)).toBe(true);
      expect(written.slice(before.length)).toBe(
        ['# BEGIN mooring s-1 lab', ...course.map((each) => `127.0.0.1 ${each}`), '# END mooring s-1', ''].join('\n'),
      );
      expect(await server.sh('stat -c "%a %U:%G" /etc/hosts')).toBe('644 root:root\n');
      expect(await server.sh('cat /etc/hosts.mooring.bak')).toBe(before);
      expect((await run('put', 'ubuntu-pw')).result.kind).toBe('unchanged');
      expect((await run('remove', 'ubuntu-pw')).result.kind).toBe('written');
      expect(await hosts()).toBe(before);
      expect(await server.sh('ls -A /etc | grep -c "^[.]hosts" || true')).toBe('0\n');
    }, 120_000);

    it('a wrong password, a no, and nobody to ask change nothing', async () => {
      const before = await hosts();
      expect((await run('put', 'wrong')).result).toMatchObject({ kind: 'failed', failure: { code: 'not-allowed' } });
      // pkttyagent has no button for a no: it goes away in the middle of the question.
      expect((await run('put', 'no')).result).toMatchObject({ kind: 'failed', failure: { code: 'not-allowed' } });
      expect((await run('put', null)).result).toMatchObject({ kind: 'unavailable' });
      expect(await hosts()).toBe(before);
    }, 120_000);

    it('the helper of the packages does the same under its own action', async () => {
      const helper = readFileSync(join(support, '..', '..', 'build', 'linux', 'hosts-helper')).toString('base64');
      const policy = readFileSync(
        join(support, '..', '..', 'build', 'linux', 'io.github.mooring.hosts.policy'),
        'utf8',
      );
      await inServer(
        name,
        'root',
        'mkdir -p /opt/Mooring/resources && base64 -d >/opt/Mooring/resources/hosts-helper && chmod 755 /opt/Mooring/resources/hosts-helper',
        helper,
      );
      await inServer(name, 'root', 'cat >/usr/share/polkit-1/actions/io.github.mooring.hosts.policy', policy);
      const line = 'python3 /opt/hosts/person.py ubuntu-pw node /opt/hosts/program.mjs put';
      const { text } = await inServer(name, 'ubuntu', line);
      expect(text).toContain('Mooring wants to change the names that it keeps in /etc/hosts.');
      expect(reportOf<Report>(text).result.kind).toBe('written');
      expect((await run('remove', 'ubuntu-pw')).result.kind).toBe('written');
    }, 120_000);

    describe.skipIf(browserMissing() !== null)('in a browser, through one tunnel', () => {
      interface Opened {
        readonly outcome: HostsOutcome | null;
        readonly view: HostsView;
        readonly pages: readonly string[];
        readonly removed: HostsOutcome | null;
      }

      let program: Awaited<ReturnType<typeof buildProgram>>;
      beforeAll(async () => {
        program = await buildProgram(join(support, 'hosts-browser-program.ts'), 'hosts-browser');
      });
      afterAll(() => program.remove());

      /** In a mount namespace in which `own` is the hosts file. */
      async function open(own: string, writes: 'yes' | 'no'): Promise<Opened> {
        const where = JSON.stringify({
          address: server.address,
          fingerprint: await hostFingerprint(server),
          password: server.password,
          writes,
        });
        const script = join(dir, 'run.sh');
        // A proxy of this machine would be asked for these names as well.
        writeFileSync(
          script,
          'mount --bind "$1" /etc/hosts && unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY && exec "$2" "$3" "$4"\n',
        );
        const { stdout } = await promisify(execFile)(
          'unshare',
          ['-m', '--propagation', 'private', 'sh', script, own, process.execPath, program.path, where],
          { maxBuffer: 1 << 24 },
        );
        return reportOf<Opened>(stdout);
      }
      const opened = (pages: readonly string[]) => {
        expect(pages.map((text) => text.trim())).toEqual(course.map((each) => `This is ${each}`));
      };

      it('the course’s names open from a block that is written, and taken off again', async () => {
        const own = join(dir, 'hosts');
        copyFileSync('/etc/hosts', own);
        const before = readFileSync(own, 'latin1');
        const real = readFileSync('/etc/hosts', 'latin1');
        const report = await open(own, 'yes');
        expect(report.outcome).toEqual({ kind: 'written' });
        expect(report.view.names.map((each) => [each.answers, each.trouble])).toEqual(
          course.map(() => [['127.0.0.1'], null]),
        );
        opened(report.pages);
        expect(report.removed).toEqual({ kind: 'written', tunnel: { how: 'removed', label: 'HTTP' } });
        expect(readFileSync(own, 'latin1')).toBe(before);
        expect(readFileSync('/etc/hosts', 'latin1')).toBe(real);
      }, 240_000);

      it('they open from the very file that pkexec wrote', async () => {
        expect((await run('put', 'ubuntu-pw')).result.kind).toBe('written');
        const own = join(dir, 'hosts-of-pkexec');
        writeFileSync(own, await hosts());
        opened((await open(own, 'no')).pages);
        expect((await run('remove', 'ubuntu-pw')).result.kind).toBe('written');
      }, 240_000);
    });
  },
);
