import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createLocalPorts } from '../../../main/adapters/local-ports.ts';

const servers: Server[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const each of servers.splice(0)) await new Promise((resolve) => each.close(resolve));
  for (const each of children.splice(0)) {
    const gone = once(each, 'exit');
    each.kill();
    await gone;
  }
});

async function listen(host: string, port = 0): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function listenElsewhere(): Promise<{ pid: number; port: number }> {
  const code = "const s=require('net').createServer();s.listen(0,'127.0.0.1',()=>console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? 0, port: Number(line.toString()) };
}

describe.skipIf(process.platform !== 'linux')('who holds a port', () => {
  const ports = createLocalPorts();

  test('this process', async () => {
    expect(await ports.holder('127.0.0.1', await listen('127.0.0.1'))).toMatchObject({ pid: process.pid });
  });

  test('another process, by name', async () => {
    const { pid, port } = await listenElsewhere();
    expect(await ports.holder('127.0.0.1', port)).toEqual({ pid, program: 'node' });
  });

  test('a wildcard listener stands in the way of 127.0.0.1', async () => {
    expect(await ports.holder('127.0.0.1', await listen('0.0.0.0'))).toMatchObject({ pid: process.pid });
  });

  test('IPv6', async () => {
    const port = await listen('::1');
    expect(await ports.holder('::1', port)).toMatchObject({ pid: process.pid });
    expect(await ports.holder('127.0.0.1', port)).toBeNull();
  });

  test('nobody', async () => {
    const port = await listen('127.0.0.1');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await ports.holder('127.0.0.1', port)).toBeNull();
  });

  test('a system that tells nothing', async () => {
    const blind = createLocalPorts({ procDir: '/nowhere' });
    expect(await blind.holder('127.0.0.1', await listen('127.0.0.1'))).toBeNull();
  });
});

describe('on the other systems, with their answers played back', () => {
  test('macOS', async () => {
    const asked: string[] = [];
    const run = (file: string, args: readonly string[]) => {
      asked.push([file, ...args].join(' '));
      return Promise.resolve('p601\ncControlCe\nf8\nn*:5000\n');
    };
    const ports = createLocalPorts({ platform: 'darwin', run });
    expect(await ports.holder('127.0.0.1', 5000)).toEqual({ pid: 601, program: 'ControlCe' });
    expect(asked).toEqual(['/usr/sbin/lsof -nP -iTCP:5000 -sTCP:LISTEN -F pcn']);
  });

  test('Windows', async () => {
    const run = (file: string, args: readonly string[]) =>
      Promise.resolve(
        file === 'D:\\Win\\System32\\netstat.exe'
          ? '  TCP    127.0.0.1:5000   0.0.0.0:0   LISTENING   77\r\n'
          : args.includes('PID eq 77')
            ? '"python.exe","77","Console","1","9 K"\r\n'
            : '',
      );
    const ports = createLocalPorts({ platform: 'win32', env: { SystemRoot: 'D:\\Win' }, run });
    expect(await ports.holder('127.0.0.1', 5000)).toEqual({ pid: 77, program: 'python.exe' });
    expect(await ports.holder('127.0.0.1', 5001)).toBeNull();
  });

  test('a tool that is not there', async () => {
    const ports = createLocalPorts({ platform: 'win32', env: { SystemRoot: '/nowhere' } });
    expect(await ports.holder('127.0.0.1', 5000)).toBeNull();
  });
});

describe('the next free port', () => {
  const ports = createLocalPorts();

  test('passes over taken and avoided ones, and is really free', async () => {
    const first = await listen('127.0.0.1');
    const next = await ports.nextFree('127.0.0.1', first, []);
    if (next === null) throw new Error('none');
    expect(next).toBeGreaterThan(first);
    await listen('127.0.0.1', next);
    const after = await ports.nextFree('127.0.0.1', first, [next + 1]);
    expect(after).toBeGreaterThan(next + 1);
  });

  test('127.0.0.1 is not free where the wildcard is taken, and the other way round', async () => {
    const all = await listen('0.0.0.0');
    expect(await ports.nextFree('127.0.0.1', all - 1, [])).not.toBe(all);
    const one = await listen('127.0.0.1');
    expect(await ports.nextFree('0.0.0.0', one - 1, [])).not.toBe(one);
  });

  test('there is none above the last', async () => {
    expect(await ports.nextFree('127.0.0.1', 65_535, [])).toBeNull();
    expect(await ports.nextFree('127.0.0.1', 65_534, [65_535])).toBeNull();
  });

  test('on macOS a port on which someone answers is passed over, even if it could be bound', async () => {
    // Stands for AirPlay: a listener on ::1 does not keep 127.0.0.1 from being bound.
    const port = await listen('::1');
    expect(await createLocalPorts({ platform: 'darwin' }).nextFree('127.0.0.1', port - 1, [])).not.toBe(port);
  });
});

describe('whether a program may listen', () => {
  const ports = createLocalPorts();

  test('on a port that is free, and not on one that is taken', async () => {
    const port = await listen('127.0.0.1');
    expect(await ports.mayListen('127.0.0.1', port)).toBe('taken');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await ports.mayListen('127.0.0.1', port)).toBe('yes');
  });

  test('on a port of the system’s, as an ordinary user', async (context) => {
    const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    if (process.getuid?.() === 0 || first < 2) context.skip('this user may listen everywhere');
    expect(await ports.mayListen('127.0.0.1', first - 1)).toBe('forbidden');
  });
});
