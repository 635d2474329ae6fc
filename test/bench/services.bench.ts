/** What it costs to know the truth: a core with 50 tunnels to MLflow, with nobody looking and with somebody looking. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fingerprintOf } from '../support/fingerprint.ts';
import { report } from '../support/measure.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import { startSshDouble, type SshDouble } from '../support/ssh-double.ts';
import { freePort } from '../support/sshd.ts';

const tunnels = 50;
/** Longer than the time between two probes of a tunnel. */
const lookMs = 90_000;

let service: Server;
let asked = 0;
let ssh: SshDouble;
let app: RunningApp;

beforeAll(async () => {
  service = createServer((request, response) => {
    asked += 1;
    if (request.url === '/health') response.end('OK');
    else if (request.url === '/version') response.end('3.17.2');
    else if (request.url?.startsWith('/api/')) response.end('{"experiments": []}');
    else response.end('<title>MLflow</title>');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const target = { host: '127.0.0.1', port: (service.address() as AddressInfo).port };
  ssh = await startSshDouble();
  app = await startApp();
  const free = new Set<number>();
  while (free.size < tunnels) free.add(await freePort());
  const { serverId } = await app.call('servers.add', {
    draft: {
      name: 'lab',
      address: '127.0.0.1',
      port: ssh.port,
      user: 'ada',
      login: { kind: 'auto' },
      forwards: [...free].map((port) => ({
        label: `MLflow ${String(port)}`,
        service: 'mlflow',
        bind: { address: '127.0.0.1', port, alsoIpv6: false },
        target,
      })),
    },
  });
  await app.call('host-keys.expect', { serverId, fingerprint: fingerprintOf(ssh.hostKey.key) });
  await app.call('wanted.set', { serverId, on: true });
  await app.until(
    'all probed',
    ({ servers }) => servers[0]?.forwards.every(({ service: found }) => found?.health.state === 'ok') ?? false,
    60_000,
  );
});

afterAll(async () => {
  await app.end();
  await ssh.stop();
  await new Promise((resolve) => service.close(resolve));
});

/** CPU time used so far, in clock ticks of 10 ms. */
function cpuMs(): number {
  const fields =
    readFileSync(`/proc/${String(app.pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function share(): Promise<{ percent: number; asks: number }> {
  const before = [cpuMs(), asked] as const;
  await new Promise((resolve) => setTimeout(resolve, lookMs));
  return { percent: ((cpuMs() - before[0]) / lookMs) * 100, asks: asked - before[1] };
}

it.skipIf(process.platform !== 'linux')('CPU with nobody and with somebody looking', async () => {
  const hidden = await share();
  const stop = app.api.subscribe(() => undefined);
  const looked = await share();
  stop();
  report(
    `${String(tunnels)} tunnels probed: ${looked.percent.toFixed(2)} % CPU while somebody looks (${String(looked.asks)} questions in ${String(lookMs / 1000)} s), ${hidden.percent.toFixed(2)} % while nobody does (${String(hidden.asks)}); aim: 1 %`,
  );
  expect(hidden.asks).toBe(0);
  expect(looked.asks).toBeGreaterThan(tunnels);
});
