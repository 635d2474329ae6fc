/** Gives a test server what this machine has: a way to apt's hosts and to the package index. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { inServer } from './plan-on-server.ts';

const run = promisify(execFile);

/** What clients here are told, which those in there need as well. */
const files = ['/etc/resolv.conf', '/etc/ssl/certs/ca-certificates.crt', '/etc/pip.conf'];
const aptDir = '/etc/apt/apt.conf.d';
const passedOn = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'PIP_INDEX_URL'];

export interface WayOut {
  /** Null: the package index answers. Otherwise why tests that need it can't run. */
  readonly reason: string | null;
  close(): Promise<void>;
}

/** `server`, `octet`: as given to startTestServer. */
export async function giveWayOut(server: string, octet: number): Promise<WayOut> {
  const table = `mooring_${server}`;
  await run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  const hook = '{ type nat hook postrouting priority 100; }';
  const rule = `ip saddr 10.77.${String(octet)}.0/24 masquerade`;
  await run('nft', [
    `add table ip ${table}; flush table ip ${table}; add chain ip ${table} out ${hook}; add rule ip ${table} out ${rule}`,
  ]);
  const apt = existsSync(aptDir) ? readdirSync(aptDir).map((each) => `${aptDir}/${each}`) : [];
  for (const path of [...files, ...apt].filter((each) => existsSync(each))) {
    await inServer(server, 'root', `cat >${path}`, readFileSync(path, 'utf8'));
  }
  const variables = [
    'UV_SYSTEM_CERTS=1',
    'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
    ...passedOn.filter((each) => process.env[each] !== undefined).map((each) => `${each}=${process.env[each] ?? ''}`),
  ];
  await inServer(server, 'root', 'cat >/etc/environment', `${variables.join('\n')}\n`);
  const asked = await inServer(
    server,
    'root',
    'curl -s -o /dev/null -m 20 -w "%{http_code}" "$(sed -n "s/^ *index-url *= *//p" /etc/pip.conf 2>/dev/null | grep . || echo https://pypi.org/simple)/uv/"',
  );
  return {
    reason: asked.text.trim() === '200' ? null : 'the server has no way to the Python package index',
    close: async () => {
      await run('nft', [`delete table ip ${table}`]).catch(() => undefined);
    },
  };
}
