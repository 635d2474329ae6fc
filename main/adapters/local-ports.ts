/** Local TCP ports: who has one, and which is free. */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { LocalPorts } from '../core/ports.ts';
import type { PortHolder } from '../shared/snapshot.ts';
import {
  inTheWay,
  parseLsofFields,
  parseNetstat,
  parseProcNetTcp,
  parseTasklist,
  type ListeningPid,
} from './port-holder-parsers.ts';
import { linuxProgram, localClients } from './local-clients.ts';
import { errorCode } from './system-errors.ts';

export interface LocalPortsOptions {
  readonly platform?: NodeJS.Platform;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For tests; '/proc' by default. */
  readonly procDir?: string;
  /** Runs a program and gives what it printed, '' when it failed; for tests. */
  readonly run?: (file: string, args: readonly string[]) => Promise<string>;
}

const toolTimeoutMs = 3_000;

/** Nothing here fails: what the system does not tell is `null`. */
export function createLocalPorts(options: LocalPortsOptions = {}): LocalPorts {
  const { platform = process.platform, env = process.env, procDir = '/proc', run = runTool } = options;
  const find = async (address: string, port: number): Promise<PortHolder | null> => {
    if (platform === 'win32') return windowsHolder(run, env, address, port);
    if (platform === 'darwin') return macHolder(run, address, port);
    return linuxHolder(procDir, address, port);
  };
  return {
    holder: (address, port) => find(address, port).catch(() => null),
    clients: (addresses, port) => localClients(addresses, port, { platform, env, procDir, run }),
    nextFree: (address, port, avoid) => nextFree(address, port, new Set(avoid), platform === 'darwin'),
    async mayListen(address, port) {
      const bound = await tryBind(loopbackFor(address), port);
      if (bound === 'free') return platform === 'darwin' && (await someoneAnswers(port)) ? 'taken' : 'yes';
      return bound === 'taken' ? 'taken' : 'forbidden';
    },
  };
}

async function linuxHolder(procDir: string, address: string, port: number): Promise<PortHolder | null> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(join(procDir, 'net', name), 'utf8').catch(() => '')),
  );
  const listening = inTheWay(tables.flatMap(parseProcNetTcp), address, port);
  if (listening === null) return null;
  const wanted = `socket:[${listening.inode}]`;
  const pids = (await readdir(procDir)).filter((name) => /^\d+$/.test(name)).map(Number);
  // One process after another: thousands of open folders at once would starve everything else.
  for (const pid of [process.pid, ...pids]) {
    if (await holdsSocket(join(procDir, String(pid), 'fd'), wanted)) {
      return { pid, program: await linuxProgram(join(procDir, String(pid))) };
    }
  }
  // Held by another user: the system does not tell whom, and a container's process may have no pid here.
  return null;
}

async function holdsSocket(fdDir: string, wanted: string): Promise<boolean> {
  const names = await readdir(fdDir).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(join(fdDir, name)).catch(() => '')));
  return links.includes(wanted);
}

type Run = NonNullable<LocalPortsOptions['run']>;

/** Never ran on macOS here. Other users' processes are not listed to an ordinary user. */
async function macHolder(run: Run, address: string, port: number): Promise<PortHolder | null> {
  const text = await run('/usr/sbin/lsof', ['-nP', `-iTCP:${String(port)}`, '-sTCP:LISTEN', '-F', 'pcn']);
  return toHolder(inTheWay(parseLsofFields(text), address, port));
}

/** Never ran on Windows here. Full paths, so that no program of the same name on PATH is run. */
async function windowsHolder(
  run: Run,
  env: Readonly<Record<string, string | undefined>>,
  address: string,
  port: number,
): Promise<PortHolder | null> {
  const system = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32`;
  const listening = inTheWay(parseNetstat(await run(`${system}\\netstat.exe`, ['-ano'])), address, port);
  if (listening === null) return null;
  const filter = `PID eq ${String(listening.pid)}`;
  const tasks = await run(`${system}\\tasklist.exe`, ['/FI', filter, '/FO', 'CSV', '/NH']);
  return { pid: listening.pid, program: parseTasklist(tasks, listening.pid) };
}

function toHolder(listening: ListeningPid | null): PortHolder | null {
  return listening === null ? null : { pid: listening.pid, program: listening.program };
}

function runTool(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    // lsof exits with 1 when it found nothing; what was printed counts.
    execFile(file, args, { timeout: toolTimeoutMs, maxBuffer: 4_000_000, windowsHide: true }, (_error, stdout) => {
      resolve(stdout);
    });
  });
}

async function nextFree(
  address: string,
  port: number,
  avoid: ReadonlySet<number>,
  alsoAsk: boolean,
): Promise<number | null> {
  const loopback = loopbackFor(address);
  for (let each = port + 1; each <= 65_535; each += 1) {
    if (avoid.has(each)) continue;
    const bound = await tryBind(loopback, each);
    if (bound === 'never') return null;
    // macOS lets 127.0.0.1 be bound beside a wildcard listener (AirPlay), whom clients would then meet on ::1.
    if (bound === 'free' && !(alsoAsk && (await someoneAnswers(each)))) return each;
  }
  return null;
}

/**
 * The bind for the test is on loopback only: a test must not open a port to the network for a moment. For 0.0.0.0 and ::
 * the loopback address collides just the same.
 */
function loopbackFor(address: string): string {
  if (/^127\.\d+\.\d+\.\d+$/.test(address)) return address;
  return address.includes(':') ? '::1' : '127.0.0.1';
}

function tryBind(host: string, port: number): Promise<'free' | 'taken' | 'barred' | 'never'> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      // No such address here (IPv6 switched off): no port of it will ever do.
      const code = errorCode(error);
      if (code === 'EACCES' || code === 'EPERM') resolve('barred');
      else resolve(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(code) ? 'never' : 'taken');
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve('free');
      });
    });
  });
}

async function someoneAnswers(port: number): Promise<boolean> {
  const answers = await Promise.all(['127.0.0.1', '::1'].map((host) => connects(host, port)));
  return answers.includes(true);
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 500 });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => {
      finish(true);
    });
    socket.once('timeout', () => {
      finish(false);
    });
    socket.once('error', () => {
      finish(false);
    });
  });
}
