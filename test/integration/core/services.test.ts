/** The truth behind ports, by the real core through real sockets. */
import { createServer, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServiceKind } from '../../../main/shared/forward.ts';
import { brokenLink, chain } from '../../../main/shared/chain.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import { waitFor } from '../../support/wait.ts';

let app: LiveCore;
let ssh: SshDouble;
const closers: (() => void)[] = [];

beforeEach(async () => {
  app = await startLiveCore();
  ssh = await startSshDouble();
});
afterEach(async () => {
  await app.stop();
  await ssh.stop();
  for (const close of closers.splice(0)) close();
});

/** A server with one tunnel to this port. */
async function moor(service: ServiceKind, port: number): Promise<string> {
  const bind = { address: '127.0.0.1', port: await freePort(), alsoIpv6: false };
  const forwards = [{ label: 'It', service, bind, target: { host: '127.0.0.1', port } }];
  const draft = {
    name: 'lab',
    address: '127.0.0.1',
    port: ssh.port,
    user: 'ada',
    login: { kind: 'auto' },
    forwards,
  } as const;
  return app.add(draft, fingerprintOf(ssh.hostKey.key));
}

const links = () => {
  const { profile, connection, forwards } = app.server();
  return chain(profile.forwards[0]!, forwards[0]!, connection);
};
const found = () => app.server().forwards[0]?.service ?? null;
const listen = async (server: Server | ReturnType<typeof createTcp>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

it('of the demo server is all well', async () => {
  await app.call('demo.start', {});
  await app.until(
    'the demo to be probed',
    ({ servers }) => servers[0]?.forwards[0]?.service !== null && servers.length === 1,
  );
  expect(links().map((each) => each.state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
  expect(found()).toMatchObject({ product: 'MLflow 0.0.0+demo', login: { words: 'no login needed' } });
});

it('of a service that stops and comes back is told without anybody asking', async () => {
  const web = createServer((_request, response) => {
    response.end('<title>Course</title>');
  });
  const port = await listen(web);
  closers.push(() => web.close());
  await moor('http', port);
  await app.until('it to be well', () => found()?.health.state === 'ok');
  web.close();
  web.closeAllConnections();
  const { id } = app.server().profile.forwards[0]!;
  await app.core.call('services.check', { serverId: app.server().profile.id, forwardId: id });
  await app.until('the port to be told', () => brokenLink(links())?.name === 'port');
  await new Promise<void>((resolve) => web.listen(port, '127.0.0.1', resolve));
  await app.until('it to be well again', () => found()?.health.state === 'ok', 20_000);
});

it('of servers that lie, drip and flood ends, with nothing left open', async () => {
  const sockets = new Set<Socket>();
  const ways: ((socket: Socket) => void)[] = [
    (socket) => socket.write(Buffer.alloc(2_000_000, 0xff)),
    (socket) => {
      const pour = () => {
        while (!socket.destroyed && socket.write('HTTP/1.1 200 OK\r\nA: b\r\n'.repeat(100)));
      };
      socket.on('drain', pour);
      pour();
    },
    (socket) => socket.end('\0'),
  ];
  for (const way of ways) {
    const liar = createTcp((socket) => {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
      socket.resume();
      way(socket);
    });
    closers.push(() => liar.close());
    const serverId = await moor('mlflow', await listen(liar));
    await app.until('a verdict', () => brokenLink(links())?.name === 'service', 20_000);
    await waitFor('its sockets to be closed', () => sockets.size === 0 && ssh.openChannels === 0);
    await app.call('servers.remove', { serverId });
  }
});
