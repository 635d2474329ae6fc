/** The deb on a real Debian: its dependencies suffice, it runs sandboxed for an ordinary user, and goes without a trace. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desktopMissing } from '../support/electron-runtime.ts';
import { packageApp, type UnpackedApp } from '../support/package-app.ts';
import { available, startTestServer, type TestServer } from '../support/test-server.ts';
import { waitFor } from '../support/wait.ts';
import { giveWayOut, type WayOut } from '../support/way-out.ts';

const reason = available() ?? desktopMissing();

/** Lists what is installed, but for what any use of apt changes. */
const listFiles = `find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /home -o -path /root \
  -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/tmp -o -path /var/lib/systemd \\) -prune \
  -o -print | grep -v -e '-old$' -e /var/lib/dpkg/lock | sort`;
/** As the user of a desktop session; a login over SSH has no display either. */
const asUser = (command: string) =>
  `runuser -u ubuntu -- env -C /home/ubuntu XDG_RUNTIME_DIR=/run/user/1000 ${command}`;

describe.skipIf(reason !== null)(`the deb on a Debian${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let server: TestServer;
  let app: UnpackedApp;
  let files: Server;
  let wayOut: WayOut;
  let before: readonly string[];
  const list = async () => (await server.sh(listFiles)).trim().split('\n');

  beforeAll(async () => {
    const startMs = performance.now();
    app = await packageApp({ fused: true, updateUrl: 'https://updates.example/mooring' });
    const deb = await app.makeDeb();
    console.log(
      `  built in ${((performance.now() - startMs) / 1000).toFixed(1)} s: ${(statSync(deb).size / 1e6).toFixed(0)} MB`,
    );
    server = await startTestServer('deb', 22);
    wayOut = await giveWayOut('deb', 22);
    files = createServer((_request, response) => createReadStream(deb).pipe(response));
    files.listen(0, server.address.replace(/\d+$/, '1'));
    await once(files, 'listening');
    const url = `http://${server.address.replace(/\d+$/, '1')}:${String((files.address() as AddressInfo).port)}`;
    // What it depends on comes first, so that the package alone is between the two lists.
    await server.sh(`set -e
      export DEBIAN_FRONTEND=noninteractive
      curl -fsS -o /tmp/mooring.deb ${url}/mooring.deb
      apt-get update -qq
      apt-get install -y -qq --no-install-recommends xvfb xauth dbus pkexec polkitd desktop-file-utils
      apt-get satisfy -y -qq --no-install-recommends "$(dpkg-deb -f /tmp/mooring.deb Depends)"
      loginctl enable-linger ubuntu`);
    before = await list();
  }, 600_000);

  afterAll(async () => {
    files.close();
    files.closeAllConnections();
    await wayOut.close();
    await server.remove();
    await app.remove();
  });

  it('installs, with what a Debian package should have', async () => {
    const startMs = performance.now();
    await server.sh('DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/mooring.deb');
    console.log(`  installed in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    expect(await server.sh('stat -c "%a %U %G" /opt/Mooring/chrome-sandbox /usr/bin/mooring')).toBe(
      '4755 root root\n755 root root\n',
    );
    // Nothing that others could change, nothing else with more rights than who runs it.
    expect(await server.sh('find /opt/Mooring ! -user root -o ! -type l -perm /022')).toBe('');
    expect(await server.sh('find /opt/Mooring -perm /6000')).toBe('/opt/Mooring/chrome-sandbox\n');
    expect(await server.sh('desktop-file-validate /usr/share/applications/mooring.desktop || true')).not.toMatch(
      /error/,
    );
    expect(await server.sh('dpkg --verify mooring')).toBe('');
    expect(await server.sh('ldd /opt/Mooring/mooring | grep "not found" || true')).toBe('');
    // polkit reads the policy, and asks for an administrator.
    const action = await server.sh('pkaction --verbose --action-id io.github.mooring.hosts');
    expect(action).toContain('auth_admin_keep');
    expect(action).toContain('/opt/Mooring/resources/hosts-helper');
    expect(await server.sh('stat -c "%a %U %G" /opt/Mooring/resources/hosts-helper')).toBe('755 root root\n');
  });

  it('starts in a desktop session, in the sandbox, and answers on the command line', async () => {
    const startMs = performance.now();
    await server.sh(`${asUser('sh -c')} 'xvfb-run -a dbus-run-session -- mooring >/tmp/mooring.log 2>&1 </dev/null &'`);
    const status = await waitFor(
      'the app to answer',
      async () => server.sh(asUser('mooring status --json')).catch(() => null),
      { timeoutMs: 30_000, everyMs: 200 },
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)} It wrote: ${await server.sh('cat /tmp/mooring.log')}`);
    });
    console.log(`  answered ${((performance.now() - startMs) / 1000).toFixed(1)} s after its start`);
    expect(JSON.parse(status)).toMatchObject({
      servers: [],
      desktop: { updates: { failure: { message: expect.stringContaining('your system’s packages') as string } } },
    });
    // Every renderer under a seccomp filter (2), in a PID namespace of its own, and nobody has switched that off.
    const renderers = await waitFor(
      'a renderer',
      async () => {
        const text = await server.sh(`for pid in $(pgrep -f '^/opt/Mooring/mooring --type=renderer'); do
          echo "$(sed -n 's/^Seccomp:\\t//p' /proc/$pid/status) $(sed -n 's/^NSpid:\\t//p' /proc/$pid/status)"; done`);
        return text.trim() === '' ? null : text.trim().split('\n');
      },
      { timeoutMs: 20_000, everyMs: 100 },
    );
    for (const line of renderers) expect(line).toMatch(/^2 \d+\s+\d+/);
    expect(await server.sh("pgrep -fc '[-]-no-sandbox' || true")).toBe('0\n');
    expect(await server.sh("pgrep -u root -fc '^/opt/Mooring/moorin[g]' || true")).toBe('0\n');

    // The app's core, not one of the command line's own.
    expect(await server.sh(asUser('mooring report'))).toContain('desktop app');
  });

  it('refuses root, and words work without any display', async () => {
    expect(await server.sh('mooring status 2>&1; echo "exit $?"')).toMatch(/not as root[\s\S]*exit 2/);
    expect(await server.sh(`${asUser('mooring')} 2>&1 </dev/null; echo "exit $?"`)).toMatch(/no desktop[\s\S]*exit 2/);
    expect(await server.sh(asUser('mooring --version'))).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('quits, can be installed over itself, and is purged without a trace', async () => {
    await server.sh(asUser('mooring quit'));
    await waitFor('its processes to end', async () => (await server.sh("pgrep -f '^/opt/Moorin[g]' || true")) === '', {
      timeoutMs: 15_000,
      everyMs: 100,
    });
    await server.sh('DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --reinstall /tmp/mooring.deb');
    expect(await server.sh('stat -c %a /opt/Mooring/chrome-sandbox')).toBe('4755\n');
    await server.sh('DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq mooring');
    const after = await list();
    const had = new Set(before);
    expect(after.filter((path) => !had.has(path))).toEqual([]);
    const has = new Set(after);
    // dpkg takes an empty folder along when no other package has it.
    expect(before.filter((path) => !has.has(path) && path !== '/opt')).toEqual([]);
    // What is the user’s stays.
    expect(await server.sh('ls -A /home/ubuntu/.config/mooring')).not.toBe('');
  });
});
