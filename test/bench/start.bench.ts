/** From starting the program to the first byte through a tunnel that was on; the peer is `ssh -N -L`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compare, report, timed } from '../support/measure.ts';
import { startApp } from '../support/running-app.ts';
import { startSshForward } from '../support/ssh-client.ts';
import { available, freePort, startSshd, type Sshd } from '../support/sshd.ts';
import { waitFor } from '../support/wait.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = createServer((_request, response) => response.end('hello'));
let sshd: Sshd;
let home: string;

beforeAll(async () => {
  if (available() !== null) return;
  sshd = await startSshd();
  home = await mkdtemp(join(tmpdir(), 'mooring-bench-'));
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  target.close();
  if (available() !== null) return;
  await sshd.stop();
  await rm(home, { recursive: true, force: true });
});

it.skipIf(available() !== null)('start to first byte', async () => {
  const localPort = await freePort();
  const peerPort = await freePort();
  const targetPort = (target.address() as AddressInfo).port;
  const answers = (port: number) =>
    waitFor(
      'an answer',
      async () =>
        fetch(`http://127.0.0.1:${String(port)}/`, { headers: { connection: 'close' } }).then(
          (each) => each.ok,
          () => false,
        ),
      { everyMs: 2 },
    );

  const first = await startApp({ home });
  const { exitCode, stderr } = await first.run(
    'server',
    'add',
    'lab',
    `${sshd.user}@127.0.0.1:${String(sshd.port)}`,
    '--key',
    sshd.keyPath,
    '--forward',
    `${String(localPort)}:127.0.0.1:${String(targetPort)}`,
    '--accept-host-key',
    sshd.hostKey.fingerprint,
    '--up',
  );
  expect(exitCode, stderr).toBe(0);
  await answers(localPort);
  await first.end();

  const { ours, peer, ratio } = await compare(
    5,
    async () => {
      const startMs = performance.now();
      const starting = startApp({ home });
      await answers(localPort);
      const tookMs = performance.now() - startMs;
      await (await starting).end();
      return tookMs;
    },
    async () => {
      let stop = () => Promise.resolve();
      const tookMs = await timed(async () => {
        const forward = await startSshForward(sshd, peerPort, targetPort);
        stop = () => forward.stop();
        await answers(peerPort);
      });
      await stop();
      return tookMs;
    },
  );
  report(
    `start to first byte: ${ours.toFixed(0)} ms, ssh -N -L ${peer.toFixed(0)} ms, ratio ${ratio.toFixed(2)} (aim: under 1000 ms)`,
  );
});
