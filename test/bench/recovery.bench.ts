/** How soon a dead link is noticed, and how soon a tunnel is back once the network is. */
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { allUp, startLiveCore } from '../support/live-core.ts';
import { median, report, timed } from '../support/measure.ts';
import { startRelay } from '../support/relay.ts';
import { startSshForward } from '../support/ssh-client.ts';
import { available, freePort, startSshd } from '../support/sshd.ts';
import { waitFor } from '../support/wait.ts';

/** Whether a server speaks first behind a port. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (heard: boolean) => () => {
      socket.destroy();
      resolve(heard);
    };
    socket.once('data', end(true));
    socket.once('error', end(false));
    socket.once('end', end(false));
  });
}

it.skipIf(available() !== null)('a dead link, and the network back', async () => {
  const sshd = await startSshd();
  const relay = await startRelay({ port: sshd.port });
  let network = 'one';
  const app = await startLiveCore((ports) => ({
    ...ports,
    network: { signature: () => network, online: () => true },
  }));
  try {
    const login = { kind: 'key', path: sshd.keyPath } as const;
    const localPort = await freePort();
    const bind = { address: '127.0.0.1', port: localPort, alsoIpv6: false };
    // The target is the SSH server itself: its greeting is the first byte through the tunnel.
    const target = { host: '127.0.0.1', port: sshd.port };
    await app.add(
      {
        name: 'lab',
        address: '127.0.0.1',
        port: relay.port,
        user: sshd.user,
        login,
        forwards: [{ label: 'sshd', service: 'tcp', bind, target }],
      },
      sshd.hostKey.fingerprint,
    );
    const isDown = () => app.until('the loss', (now) => now.servers[0]?.connection.kind !== 'up', 20_000);
    const noticed: number[] = [];
    const back = { 'an interface changes': [] as number[], 'nothing changes here': [] as number[] };
    for (let round = 0; round < 6; round += 1) {
      await app.until('up', allUp);
      relay.blackhole();
      noticed.push(await timed(isDown));
      relay.restore();
      const changes = round % 2 === 0;
      if (changes) network = `after ${String(round)}`;
      back[changes ? 'an interface changes' : 'nothing changes here'].push(
        await timed(() => waitFor('a first byte', () => greets(localPort), { timeoutMs: 60_000 })),
      );
    }
    const peer = await startSshForward(sshd, await freePort(), sshd.port, {
      port: relay.port,
      options: ['ServerAliveInterval=5', 'ServerAliveCountMax=1'],
    });
    relay.blackhole();
    const peerMs = await timed(() => peer.ended);
    report(
      `dead link noticed after ${median(noticed).toFixed(0)} ms (worst ${Math.max(...noticed).toFixed(0)}), ssh with ServerAliveInterval=5 and CountMax=1 after ${peerMs.toFixed(0)} ms, ratio ${(median(noticed) / peerMs).toFixed(2)} (aim: 10 000 ms at most)`,
    );
    for (const [when, times] of Object.entries(back)) {
      report(
        `network back to first byte, ${when}: ${median(times).toFixed(0)} ms (worst ${Math.max(...times).toFixed(0)}; aim: under 1000 ms)`,
      );
    }
    expect(noticed).toHaveLength(6);
  } finally {
    await app.stop();
    await relay.stop();
    await sshd.stop();
  }
});
