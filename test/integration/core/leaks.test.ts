/** Five hundred times on and off leave nothing behind. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { allUp, startLiveCore } from '../../support/live-core.ts';
import { startSshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';

const rounds = 500;
/** What a round may leave on average, in bytes: less than one closed socket object would. */
const bytesPerRound = 20_000;

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

const openFiles = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
const sockets = () => process.getActiveResourcesInfo().filter((each) => /TCP|Pipe|Timeout/.test(each)).length;

it(
  'connects and disconnects 500 times without a socket, timer, file or memory left',
  { timeout: 240_000 },
  async () => {
    const ssh = await startSshDouble();
    const app = await startLiveCore();
    try {
      const fingerprint = fingerprintOf(ssh.hostKey.key);
      const bind = { address: '127.0.0.1', port: await freePort(), alsoIpv6: false };
      const serverId = await app.add(
        {
          name: 'lab',
          address: '127.0.0.1',
          port: ssh.port,
          user: 'ada',
          login: { kind: 'auto' },
          forwards: [{ label: 'self', service: 'tcp', bind, target: { host: '127.0.0.1', port: ssh.port } }],
        },
        fingerprint,
      );
      const cycle = async () => {
        await app.call('wanted.set', { serverId, on: true });
        await app.until('up', allUp);
        await app.call('wanted.set', { serverId, on: false });
        await waitFor('the server to see it', () => ssh.connections.length === 0);
      };
      await cycle();
      for (let round = 0; round < 50; round += 1) await cycle();
      const before = { heap: heapAfterCollection(), files: openFiles(), sockets: sockets() };
      for (let round = 0; round < rounds; round += 1) await cycle();
      await waitFor('sockets to close', () => sockets() <= before.sockets + 1);
      const grown = heapAfterCollection() - before.heap;
      console.log(
        `  ${String(rounds)} rounds: heap ${grown >= 0 ? '+' : ''}${String(Math.round(grown / 1024))} kB, files ${String(openFiles() - before.files)}`,
      );
      expect(openFiles()).toBeLessThanOrEqual(before.files + 2);
      expect(grown).toBeLessThan(rounds * bytesPerRound);
    } finally {
      await app.stop();
      await ssh.stop();
    }
  },
);
