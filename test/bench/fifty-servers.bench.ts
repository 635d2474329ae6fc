/** Fifty servers with three tunnels each: memory, idle CPU, and what an update costs the window. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as browsers from '../support/browser.ts';
import { fingerprintOf } from '../support/fingerprint.ts';
import { report } from '../support/measure.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import { startSshDouble, type SshDouble } from '../support/ssh-double.ts';
import { freePort } from '../support/sshd.ts';
import { allUp } from '../support/live-core.ts';

const servers = 50;
const forwards = 3;
const idleMs = 20_000;

let ssh: SshDouble;
let app: RunningApp;
let empty: RunningApp;

beforeAll(async () => {
  ssh = await startSshDouble();
  empty = await startApp({ args: [] });
  app = await startApp({ args: [] });
  const free = new Set<number>();
  while (free.size < servers * forwards) free.add(await freePort());
  const allPorts = [...free];
  for (let index = 0; index < servers; index += 1) {
    const ports = allPorts.slice(index * forwards, (index + 1) * forwards);
    const { serverId } = await app.call('servers.add', {
      draft: {
        name: `server ${String(index)}`,
        address: '127.0.0.1',
        port: ssh.port,
        user: 'ada',
        login: { kind: 'auto' },
        forwards: ports.map((port) => ({
          label: `tunnel ${String(port)}`,
          service: 'tcp',
          bind: { address: '127.0.0.1', port, alsoIpv6: false },
          target: { host: '127.0.0.1', port: ssh.port },
        })),
      },
    });
    if (index === 0) await app.call('host-keys.expect', { serverId, fingerprint: fingerprintOf(ssh.hostKey.key) });
  }
  await app.call('wanted.set-all', { on: true });
  await app.until('all up', allUp, 60_000);
});

afterAll(async () => {
  await app.end();
  await empty.end();
  await ssh.stop();
});

/** Resident memory in MB, and CPU time used so far in ms (in clock ticks of 10 ms). */
function usage(pid: number): { rssMb: number; cpuMs: number } {
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? '0';
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return { rssMb: Number(rss) / 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 };
}

const wait = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

it.skipIf(process.platform !== 'linux')('memory and idle CPU', async () => {
  const before = [usage(app.pid), usage(empty.pid)] as const;
  await wait(idleMs);
  const after = [usage(app.pid), usage(empty.pid)] as const;
  const cpu = (index: 0 | 1) => ((after[index].cpuMs - before[index].cpuMs) / idleMs) * 100;
  report(
    `${String(servers)} servers with ${String(forwards)} tunnels each: ${after[0].rssMb.toFixed(0)} MB, ${cpu(0).toFixed(2)} % CPU idle; a core without servers ${after[1].rssMb.toFixed(0)} MB, ${cpu(1).toFixed(2)} %; ratio ${(after[0].rssMb / after[1].rssMb).toFixed(2)} (aims: 150 MB, 1 %)`,
  );
  expect(after[0].rssMb).toBeGreaterThan(0);
});

it.skipIf(browsers.available() !== null)('what an update of the snapshot costs the window', async () => {
  const browser = await browsers.launchBrowser();
  try {
    const page = await browser.newPage();
    const { stdout } = await app.run('window', '--json');
    await page.goto((JSON.parse(stdout) as { url: string }).url);
    await page.getByText('server 49', { exact: true }).waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const taskMs = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return (metrics.find((each) => each.name === 'TaskDuration')?.value ?? 0) * 1000;
    };
    const cost = async (updates: number, change: (index: number) => Promise<unknown>) => {
      const startMs = await taskMs();
      for (let index = 0; index < updates; index += 1) {
        await change(index);
        // Further apart than changes are told together, so that each is an update of its own.
        await wait(60);
      }
      return ((await taskMs()) - startMs) / updates;
    };
    const nothing = await cost(40, () => Promise.resolve());
    const changed = await cost(40, (index) => app.call('settings.set', { patch: { holdSeconds: index % 2 } }));
    const bytes = JSON.stringify(await app.snapshot()).length;
    report(
      `an update of a snapshot of ${String(Math.round(bytes / 1024))} kB costs the window ${(changed - nothing).toFixed(1)} ms of its thread (standing still: ${nothing.toFixed(1)} ms in the same time; aim: under 16 ms)`,
    );
    expect(bytes).toBeGreaterThan(0);
  } finally {
    await browser.close();
  }
});
