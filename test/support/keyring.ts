/**
 * A private session bus and GNOME keyrings on it, for one test file. Nothing of the machine's own session is touched:
 * own HOME, own bus, no service activation. libdbus reads the bus address once a process, so a file has one bus and
 * starts and ends daemons on it.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endProcess, packagesMissing } from './programs.ts';

/** Why keyring tests can't run here, in one line, or null when they can. */
export function keyringMissing(): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  return packagesMissing([
    ['dbus-daemon', 'dbus'],
    ['dbus-send', 'dbus'],
    ['gnome-keyring-daemon', 'gnome-keyring'],
    ['secret-tool', 'libsecret-tools'],
  ]);
}

export interface Bus {
  readonly address: string;
  /** A new daemon for the keyring in `homeDir`; unlocks it (making it first) where a password is given. */
  startDaemon(homeDir: string, password: string | null): Promise<Daemon>;
  /** An empty home folder; removed at the end. */
  makeHome(): Promise<string>;
  /** Ends the daemons that still run, the bus, and removes all files. */
  close(): Promise<void>;
}

export interface Daemon {
  readonly pid: number;
  /** Frozen: there, but answers nobody. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const busName = 'org.freedesktop.secrets';

export async function startBus(): Promise<Bus> {
  const dir = mkdtempSync(join(tmpdir(), 'mooring-bus-'));
  const configPath = join(dir, 'bus.conf');
  // No service folders: what a test does not start is not there.
  writeFileSync(
    configPath,
    `<busconfig><type>session</type><listen>unix:dir=${dir}</listen><policy context="default">` +
      '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>',
  );
  const bus = spawn('dbus-daemon', [`--config-file=${configPath}`, '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(bus.stdout, 'data')) as [Buffer];
  const address = line.toString().trim();
  const daemons = new Set<Daemon>();
  return {
    address,
    makeHome: () => mkdtemp(join(dir, 'home-')),
    startDaemon: async (homeDir, password) => {
      const daemon = await startDaemon(address, homeDir, password);
      daemons.add(daemon);
      return daemon;
    },
    close: async () => {
      for (const each of daemons) await each.stop();
      await endProcess(bus);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function startDaemon(address: string, homeDir: string, password: string | null): Promise<Daemon> {
  const unlock = password === null ? [] : ['--unlock'];
  const child = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...unlock], {
    env: {
      PATH: process.env['PATH'],
      HOME: homeDir,
      XDG_RUNTIME_DIR: homeDir,
      DBUS_SESSION_BUS_ADDRESS: address,
    },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.end(password ?? '');
  await ownerThere(address).catch(async (error: unknown) => {
    await endProcess(child);
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    stop: () => endProcess(child),
  };
}

/** Asks until the daemon has its name on the bus. Each question is a process of its own, which spaces them. */
async function ownerThere(address: string): Promise<void> {
  const env = { PATH: process.env['PATH'], DBUS_SESSION_BUS_ADDRESS: address };
  const question = [
    '--session',
    '--print-reply',
    '--dest=org.freedesktop.DBus',
    '/',
    'org.freedesktop.DBus.NameHasOwner',
  ];
  const deadlineMs = Date.now() + 10_000;
  while (Date.now() < deadlineMs) {
    const { stdout } = await promisify(execFile)('dbus-send', [...question, `string:${busName}`], { env });
    if (stdout.includes('boolean true')) return;
  }
  throw new Error(`${busName} did not come up`);
}
