/**
 * A real OpenSSH server on loopback, with its own configuration, host keys and authorized keys in a folder of its own.
 * Keys only, for the user who runs the tests. Ends without leftovers.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

const binary = '/usr/sbin/sshd';

/** Null when it can be used here; otherwise why not, in one line, naming the Debian package that brings it. */
export function available(): string | null {
  if (process.platform !== 'linux') return 'sshd tests run on Linux only';
  if (!existsSync(binary)) return 'no sshd here (Debian package openssh-server)';
  if (!existsSync('/usr/bin/ssh-keygen')) return 'no ssh-keygen here (Debian package openssh-client)';
  return null;
}

export interface SshdOptions {
  /** Further lines of sshd_config. */
  readonly config?: readonly string[];
  /** Public keys let in beside the one of `keyPath`, as in authorized_keys. */
  readonly authorizedKeys?: readonly string[];
  readonly hostKeyType?: 'ed25519' | 'rsa' | 'ecdsa';
}

export interface Sshd {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  /** An ed25519 private key that is let in: where it lies, and what it is. */
  readonly keyPath: string;
  readonly pem: string;
  /** As in a known_hosts line: type and base64. */
  readonly hostKey: { readonly keyType: string; readonly key: string; readonly fingerprint: string };
  /** A folder of this server's own, removed by `stop`. */
  readonly dir: string;
  /** What it logged so far. */
  log(): string;
  /** Processes that serve connections now. */
  sessions(): readonly number[];
  /** Ends all connections at once, as a crash of their processes would; the listener stays. */
  killSessions(): void;
  /** Stops the processes from running (connections stay open and silent), and lets them go on again. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Runs ssh-keygen; returns the private key's path. The public one lies beside it with `.pub`. */
export function makeKey(dir: string, name: string, type: 'ed25519' | 'rsa' | 'ecdsa', passphrase = ''): string {
  const path = join(dir, name);
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', passphrase, '-C', name, '-f', path]);
  return path;
}

/** A port that was free a moment ago at this address of the machine. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => {
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  });
}

/** Starts a server and resolves when it takes connections. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), 'mooring-sshd-'));
  const port = await freePort();
  const hostKeyPath = makeKey(dir, 'host_key', options.hostKeyType ?? 'ed25519');
  const keyPath = makeKey(dir, 'user_key', 'ed25519');
  const authorized = [readFileSync(`${keyPath}.pub`, 'utf8').trim(), ...(options.authorizedKeys ?? [])];
  writeFileSync(join(dir, 'authorized_keys'), `${authorized.join('\n')}\n`, { mode: 0o600 });
  // The first value of a setting counts.
  const config = [
    ...(options.config ?? []),
    `Port ${String(port)}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKeyPath}`,
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    `PidFile ${join(dir, 'sshd.pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'MaxStartups 100',
    'LogLevel VERBOSE',
  ];
  const configPath = join(dir, 'sshd_config');
  writeFileSync(configPath, `${config.join('\n')}\n`);
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn(binary, ['-D', '-e', '-f', configPath], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const stop = async (): Promise<void> => {
    signal([...descendants(child), child.pid ?? 0], 'SIGCONT');
    const sessions = descendants(child);
    child.kill('SIGKILL');
    signal(sessions, 'SIGKILL');
    await waitFor('the end of sshd', () => child.exitCode !== null || child.signalCode !== null);
    await waitFor('the end of its sessions', () => sessions.every((pid) => !isAlive(pid)));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await waitFor('sshd to listen', async () => {
      if (child.exitCode !== null) throw new Error(`sshd did not start: ${log}`);
      return accepts(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const [keyType = '', key = ''] = readFileSync(`${hostKeyPath}.pub`, 'utf8').split(' ');
  const fingerprint = execFileSync('ssh-keygen', ['-lf', `${hostKeyPath}.pub`], { encoding: 'utf8' }).split(' ')[1];
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    keyPath,
    pem: readFileSync(keyPath, 'utf8'),
    hostKey: { keyType, key, fingerprint: fingerprint ?? '' },
    dir,
    log: () => log,
    sessions: () => descendants(child),
    killSessions: () => {
      signal(descendants(child), 'SIGKILL');
    },
    freeze: () => {
      signal([child.pid ?? 0, ...descendants(child)], 'SIGSTOP');
    },
    thaw: () => {
      signal([child.pid ?? 0, ...descendants(child)], 'SIGCONT');
    },
    stop,
  };
}

/** Whether something on loopback takes connections there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .on('connect', () => {
        settle(true);
      })
      .on('error', () => {
        settle(false);
      });
  });
}

/** Children and their children; only ever those of a process that we started. */
function descendants(child: ChildProcess): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // pid (name) state ppid …; the name may hold spaces and brackets.
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') parents.set(Number(entry), Number(parent));
    } catch {
      // It ended meanwhile.
    }
  }
  const found: number[] = [];
  let generation = [child.pid];
  while (generation.length > 0) {
    const next = [...parents].filter(([, parent]) => generation.includes(parent)).map(([pid]) => pid);
    found.push(...next);
    generation = next;
  }
  return found;
}

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      if (pid > 0) process.kill(pid, name);
    } catch {
      // It ended meanwhile.
    }
  }
}
