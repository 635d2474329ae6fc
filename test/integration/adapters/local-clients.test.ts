/** Who uses a port of this machine, told by this machine. */
import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLocalPorts } from '../../../main/adapters/local-ports.ts';
import { waitFor } from '../../support/wait.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

describe.skipIf(process.platform !== 'linux')('programs connected to a port', () => {
  it('are named with their connections, the server itself is not', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    open.push(() => {
      for (const each of sockets) each.destroy();
      server.close();
    });
    const ports = createLocalPorts();
    expect(await ports.clients(['127.0.0.1'], port)).toEqual([]);
    const own = connect(port, '127.0.0.1');
    open.push(() => own.destroy());
    const script = `for (let i = 0; i < 3; i++) require('net').connect(${String(port)}, '127.0.0.1')`;
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    open.push(() => child.kill('SIGKILL'));
    await waitFor('four connections', () => sockets.size === 4);
    expect(await ports.clients(['127.0.0.1', '::1'], port)).toEqual([
      { pid: child.pid, program: expect.stringMatching(/node/) as string, connections: 3 },
      { pid: process.pid, program: expect.any(String) as string, connections: 1 },
    ]);
  });
});
