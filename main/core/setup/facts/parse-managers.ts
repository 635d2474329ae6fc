/** Who manages the machine: package manager, systemd, sudo. */
import {
  packageManagers,
  type PackageFacts,
  type PackageLock,
  type SudoFacts,
  type SystemdFacts,
} from '../../../shared/facts.ts';
import { toNumber, type Section } from './frame.ts';

export function parsePackages(packages: Section): PackageFacts {
  const managers = packages.all('manager');
  const cloud = packages.text('cloudInit');
  return {
    manager: packageManagers.find((each) => managers.includes(each)) ?? null,
    lock: parseLock(packages),
    interrupted: packages.yes('interrupted'),
    firstBoot: cloud === 'running' || cloud === 'done' ? cloud : null,
  };
}

/** Names of package managers, as the kernel cuts them: at 15 characters. */
const managing =
  /^(apt|dpkg|aptitude|unattended-upgr|dnf|yum|rpm|apk|packagekitd|zypper|pacman|synaptic|update-manager)/;

/**
 * The lock files by inode and device in /proc/locks, as in proc_locks(5). On btrfs and overlays the device there is
 * another one than stat's; then the program's name has to fit.
 */
function parseLock(packages: Section): PackageLock {
  if (!packages.came) return { kind: 'unknown' };
  const names = new Map<number, string>();
  for (const each of [...packages.all('process'), ...packages.all('running')]) {
    const [, pid, name] = /^(\d{1,10}) (.+)$/.exec(each) ?? [];
    if (pid !== undefined && name !== undefined) names.set(Number(pid), name);
  }
  const files = packages.all('file').flatMap((each) => {
    const [, inode, device, path] = /^(\d+) (\d{1,15}) (\/.*)$/.exec(each) ?? [];
    return inode !== undefined && path !== undefined ? [{ inode, device: Number(device), path }] : [];
  });
  const locks = packages.all('lock').flatMap((line) => {
    const [, pid, major = '', minor = '', inode] =
      /^\S+ \S+ \S+ (\d{1,10}) ([\da-f]{1,8}):([\da-f]{1,8}):(\d+)$/i.exec(line) ?? [];
    if (pid === undefined) return [];
    const program = names.get(Number(pid)) ?? null;
    return [{ pid: Number(pid), program, inode, major: parseInt(major, 16), minor: parseInt(minor, 16) }];
  });
  // In the order of the files: apt holds the first one for as long as dpkg takes and leaves the second.
  for (const { inode, device, path } of files) {
    const lock = locks.find(
      (each) =>
        each.inode === inode && (sameDevice(device, each) || (each.program !== null && managing.test(each.program))),
    );
    if (lock) return { kind: 'held', pid: lock.pid, program: lock.program, file: path };
  }
  for (const each of packages.all('running')) {
    const pid = toNumber(each.split(' ')[0]);
    const program = pid === null ? undefined : names.get(pid);
    // packagekitd lives on after its work.
    if (pid !== null && program !== undefined && program !== 'packagekitd') return { kind: 'busy', pid, program };
  }
  return { kind: 'free' };
}

/** stat's number as the C library puts it together: gnu_dev_makedev in sysmacros.h. */
function sameDevice(device: number, { major, minor }: { major: number; minor: number }): boolean {
  const low = device % 2 ** 32;
  const high = Math.floor(device / 2 ** 32);
  const deviceMajor = ((low >>> 8) & 0xfff) + (high & 0xfffff000);
  const deviceMinor = (low & 0xff) + ((low >>> 12) & 0xfff00);
  return deviceMajor === major && deviceMinor === minor;
}

const states = /^(initializing|starting|running|degraded|maintenance|stopping)$/;

export function parseSystemd(systemd: Section): SystemdFacts {
  const booted = systemd.text('booted');
  if (booted === null) return { kind: 'unknown' };
  if (booted !== 'yes') return { kind: 'absent' };
  const user = systemd.text('user');
  const linger = systemd.text('linger');
  const state = systemd.text('state');
  return {
    kind: 'booted',
    version: toNumber(/^systemd (\d+)/.exec(systemd.text('version') ?? '')?.[1]),
    state: state !== null && states.test(state) ? state : null,
    user:
      user !== null && states.test(user)
        ? { kind: 'reached', state: user }
        : { kind: 'unreached', why: user ?? 'it did not answer in time' },
    linger: linger === null ? null : linger === 'yes',
  };
}

/**
 * `said` is what sudo printed on `sudo -n -k true`, `validate` what on `sudo -n -k -v`: the first asks for a password
 * before it looks whether the account may do anything at all, the second looks first.
 */
export function parseSudo(sudo: Section): SudoFacts {
  if (sudo.yes('root')) return { kind: 'root' };
  if (sudo.yes('absent')) return { kind: 'absent' };
  const results = sudo.all('command');
  const result = results.at(-1);
  if (result === undefined) return { kind: 'unknown', why: 'sudo did not answer in time' };
  const needsTerminal = sudo.text('terminal') === 'needed';
  if (result === '0') return { kind: 'without-password', needsTerminal };
  const said = [...sudo.all('said'), ...sudo.all('validate')].join('\n');
  if (/may not run sudo|not in the sudoers file|not allowed to run sudo|I'm afraid I can't do that/i.test(said)) {
    return { kind: 'none' };
  }
  if (/password is required|authentication is required|password required/i.test(said)) {
    return { kind: 'with-password', needsTerminal };
  }
  if (/not allowed to execute/i.test(said)) return { kind: 'limited', needsTerminal };
  const why = said.split('\n').find((line) => line !== '');
  if (why !== undefined) return { kind: 'unknown', why };
  if (needsTerminal && results.length === 1) return { kind: 'unknown', why: 'sudo wants a terminal' };
  return { kind: 'unknown', why: result === '124' || result === '137' ? 'sudo did not answer in time' : 'sudo failed' };
}
