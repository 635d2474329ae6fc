/** A Debian of its own with real systemd and sshd, to run against for real (test-server.sh beside this file). */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('test-server.sh', import.meta.url));
const run = promisify(execFile);

/** `1`: what CI always runs; `all`: what takes long as well. */
const wanted = process.env['MOORING_SYSTEM_TESTS'] ?? '';

/** Null when system tests are wanted; otherwise how they are had. */
export const unwanted = (): string | null =>
  ['1', 'all'].includes(wanted)
    ? null
    : 'system tests run with: MOORING_SYSTEM_TESTS=1 npm run test:system (root on Debian)';

/** Null when one can be made here; otherwise why not, in one line. */
export function available(): string | null {
  const not = unwanted();
  if (not !== null) return not;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'test servers need root on Linux';
  const missing = [
    ['/usr/bin/systemd-nspawn', 'systemd-container'],
    ['/usr/sbin/debootstrap', 'debootstrap'],
    ['/usr/sbin/ip', 'iproute2'],
  ].filter(([path]) => !existsSync(path ?? '') && !existsSync((path ?? '').replace('/usr', '')));
  return missing.length === 0
    ? null
    : `no test servers here (Debian packages ${missing.map(([, name]) => name).join(' ')})`;
}

/** As `available`, for what takes long. */
export function availableForAll(): string | null {
  return wanted === 'all' ? available() : 'takes long: runs with MOORING_SYSTEM_TESTS=all (root on Debian)';
}

export interface TestServer {
  readonly address: string;
  readonly user: 'ubuntu';
  readonly password: 'ubuntu-pw';
  /** Takes its network link down, and up again. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Power off and on; resolves when sshd answers. */
  reboot(): Promise<void>;
  /** The same, but off at once, with nothing told. */
  crash(): Promise<void>;
  /** Runs a shell script inside as root and gives what it printed. */
  sh(text: string): Promise<string>;
  remove(): Promise<void>;
}

/** Releases of Debian: 12 with OpenSSH 9.2, Python 3.11, systemd 252; 13 with OpenSSH 10, Python 3.13, systemd 257. */
export const suites = ['bookworm', 'trixie'] as const;
export type Suite = (typeof suites)[number];

/** The first one ever of a suite takes a minute or two (it makes the base image), the next ones four seconds. */
export async function startTestServer(name: string, octet: number, suite: Suite = 'bookworm'): Promise<TestServer> {
  const call = (...words: string[]) => run(script, words, { maxBuffer: 1 << 24 });
  const { stdout } = await call('up', name, String(octet), suite).catch(async (error: unknown) => {
    await call('down', name).catch(() => undefined);
    throw error;
  });
  return {
    address: stdout.trim(),
    user: 'ubuntu',
    password: 'ubuntu-pw',
    cut: async () => void (await call('cut', name)),
    mend: async () => void (await call('mend', name)),
    reboot: async () => {
      await call('stop', name);
      await call('start', name, String(octet));
    },
    crash: async () => {
      await call('crash', name);
      await call('start', name, String(octet));
    },
    sh: async (text) => (await call('run', name, 'sh', '-c', text)).stdout,
    remove: async () => void (await call('down', name)),
  };
}

/** The SHA256 fingerprint of the server's ed25519 host key, as its owner would read it. */
export async function hostFingerprint(server: TestServer): Promise<string> {
  const line = await server.sh('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
  return line.split(' ')[1] ?? '';
}

/** Listening sockets of a process and its children that are not on loopback, as `ss` shows them. */
export function publicListeners(pid: number): string[] {
  return execFileSync('ss', ['-ltnpH'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`pid=${String(pid)},`))
    .filter((line) => !/^\S+\s+\S+\s+\S+\s+(127\.\d+\.\d+\.\d+|\[::1\]):/.test(line));
}
