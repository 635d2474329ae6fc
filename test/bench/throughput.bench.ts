/** Bytes through one forward, down and up, against `ssh -N -L` in the same run. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blast, startBlastServer, type BlastServer } from '../support/blast-server.ts';
import { compare, report } from '../support/measure.ts';
import { startApp, type RunningApp } from '../support/running-app.ts';
import { startSshForward, type SshForward } from '../support/ssh-client.ts';
import { available, freePort, startSshd, type Sshd } from '../support/sshd.ts';

const bytes = 400_000_000;
let sshd: Sshd;
let app: RunningApp;
let server: BlastServer;
let localPort: number;
const peers = new Map<string, SshForward>();

beforeAll(async () => {
  if (available() !== null) return;
  sshd = await startSshd();
  server = await startBlastServer();
  localPort = await freePort();
  app = await startApp();
  const { exitCode, stderr } = await app.run(
    'server',
    'add',
    'lab',
    `${sshd.user}@127.0.0.1:${String(sshd.port)}`,
    '--key',
    sshd.keyPath,
    '--forward',
    `${String(localPort)}:127.0.0.1:${String(server.port)}`,
    '--accept-host-key',
    sshd.hostKey.fingerprint,
    '--up',
  );
  expect(exitCode, stderr).toBe(0);
  peers.set('ssh -L', await startSshForward(sshd, await freePort(), server.port));
  peers.set(
    'ssh -L, aes128-gcm',
    await startSshForward(sshd, await freePort(), server.port, { options: ['Ciphers=aes128-gcm@openssh.com'] }),
  );
});

afterAll(async () => {
  if (available() !== null) return;
  await app.end();
  for (const peer of peers.values()) await peer.stop();
  await server.stop();
  await sshd.stop();
});

it.skipIf(available() !== null).each([
  { direction: 'down', streams: 1 },
  { direction: 'up', streams: 1 },
  { direction: 'down', streams: 8 },
  { direction: 'up', streams: 8 },
] as const)('$direction, $streams at once', async ({ direction, streams }) => {
  const all = async (port: number) => {
    const startMs = performance.now();
    await Promise.all(Array.from({ length: streams }, () => blast(port, direction, bytes / streams)));
    return bytes / 1000 / (performance.now() - startMs);
  };
  for (const [name, peer] of peers) {
    const {
      ours,
      peer: theirs,
      ratio,
    } = await compare(
      3,
      () => all(localPort),
      () => all(peer.localPort),
    );
    report(
      `${direction}, ${String(streams)} at once: ${ours.toFixed(0)} MB/s, ${name} ${theirs.toFixed(0)} MB/s, ratio ${ratio.toFixed(2)}`,
    );
  }
});
