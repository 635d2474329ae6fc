/** How soon a dead link is noticed, and how soon a tunnel is back once the network is. */
import { expect, it } from 'vitest';
import { allUp, startLiveCore } from '../support/live-core.ts';
import { median, report, timed } from '../support/measure.ts';
import { startRelay } from '../support/relay.ts';
import { startSshForward } from '../support/ssh-client.ts';
import { available, freePort, startSshd } from '../support/sshd.ts';

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
    await app.add(
      { name: 'lab', address: '127.0.0.1', port: relay.port, user: sshd.user, login, forwards: [] },
      sshd.hostKey.fingerprint,
    );
    const noticed: number[] = [];
    const back: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await app.until('up', allUp);
      relay.blackhole();
      noticed.push(await timed(() => app.until('the loss', (now) => now.servers[0]?.connection.kind !== 'up', 20_000)));
      relay.restore();
      network = `after ${String(round)}`;
      back.push(await timed(() => app.until('up again', allUp)));
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
    report(
      `network back to tunnel up: ${median(back).toFixed(0)} ms (worst ${Math.max(...back).toFixed(0)}; aim: under 1000 ms)`,
    );
    expect(noticed).toHaveLength(4);
  } finally {
    await app.stop();
    await relay.stop();
    await sshd.stop();
  }
});
