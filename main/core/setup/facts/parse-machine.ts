/** Account, system, machine and disks. */
import type { AccountFacts, DiskFacts, MachineFacts, SystemFacts } from '../../../shared/facts.ts';
import { isKeepingPlace } from '../plan/places.ts';
import { toNumber, type Section } from './frame.ts';

export function parseAccount(basics: Section): AccountFacts {
  return {
    user: basics.text('user'),
    uid: basics.number('uid'),
    groups: basics.text('groups')?.split(/\s+/) ?? [],
    home: basics.text('home'),
    shell: basics.text('shell'),
  };
}

export function parseSystem(basics: Section): SystemFacts {
  const release = (key: string) => unquoted(basics.text(`os.${key}`));
  const id = release('ID');
  const libc = basics.all('libc').find((each) => each !== '') ?? null;
  return {
    id,
    family: [id, ...(release('ID_LIKE')?.split(/\s+/) ?? [])].filter((each): each is string => !!each),
    release: release('VERSION_ID'),
    codename: release('VERSION_CODENAME'),
    name: release('PRETTY_NAME') ?? release('NAME'),
    kernelName: basics.text('system'),
    kernelRelease: basics.text('kernel'),
    libc:
      libc === null
        ? null
        : libc === 'musl'
          ? { kind: 'musl', version: null }
          : { kind: 'glibc', version: /^glibc (\S+)$/.exec(libc)?.[1] ?? null },
  };
}

/** os-release is written for shells: https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
function unquoted(text: string | null): string | null {
  if (text === null) return null;
  const inner = /^"(.*)"$/.exec(text)?.[1] ?? /^'(.*)'$/.exec(text)?.[1] ?? text;
  return inner.replace(/\\([\\"$`'])/g, '$1') || null;
}

export function parseMachine(basics: Section): MachineFacts {
  const memory = kilobytes(basics.text('MemTotal'));
  const limit = basics.number('memoryLimit');
  const free = kilobytes(basics.text('MemAvailable'));
  const limited = memory !== null && limit !== null && limit > 0 && limit < memory ? limit : memory;
  return {
    architecture: basics.text('machine'),
    cpuCount: basics.number('cpus'),
    cpuModel: basics.text('cpu'),
    memoryBytes: limited,
    memoryFreeBytes: free === null || limited === null ? free : Math.min(free, limited),
    swapBytes: kilobytes(basics.text('SwapTotal')),
  };
}

/** The kernel's `kB` are of 1024 bytes. */
function kilobytes(text: string | null): number | null {
  const value = toNumber(/^(\d+) kB$/.exec(text ?? '')?.[1]);
  return value === null ? null : value * 1024;
}

/** Where people keep files: disks, and what comes over the network. */
const keeping =
  /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|reiserfs|bcachefs|nfs4?|cifs|smb3|ceph|lustre|gpfs|beegfs|glusterfs|virtiofs|9p|fuseblk|vfat|apfs)$/;

interface Mount {
  readonly type: string;
  readonly options: readonly string[];
}

interface Usage {
  readonly mount: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
}

export function parseDisks(disks: Section): DiskFacts[] | null {
  if (!disks.came) return null;
  const mounts = new Map<string, Mount>();
  for (const line of disks.all('mount')) {
    const [, place = '', type = '', options = ''] = line.split(' ');
    mounts.set(unescaped(place), { type, options: options.split(',') });
  }
  const home = disks.all('home').map(parseUsage)[0] ?? null;
  const tmp = disks.all('tmp').map(parseUsage)[0] ?? null;
  const found = new Map<string, Usage>();
  for (const usage of [...disks.all('df').map(parseUsage), home, tmp]) {
    if (usage && !found.has(usage.mount)) found.set(usage.mount, usage);
  }
  return [...found.values()].flatMap((usage): DiskFacts[] => {
    const mount = mounts.get(usage.mount);
    const holdsHome = usage.mount === home?.mount;
    const holdsTmp = usage.mount === tmp?.mount;
    const keeps = keeping.test(mount?.type ?? '') || isKeepingPlace(usage.mount);
    if (!holdsHome && !holdsTmp && usage.mount !== '/' && !keeps) return [];
    return [
      {
        ...usage,
        fileSystem: mount?.type ?? null,
        readOnly: mount?.options.includes('ro') ?? false,
        noExec: mount?.options.includes('noexec') ?? false,
        holdsHome,
        holdsTmp,
      },
    ];
  });
}

/** A line of `df -Pk`: device, blocks of 1024 bytes, used, available, percent, mount; names may have spaces. */
function parseUsage(line: string): Usage | null {
  const match = /\s(\d+)\s+(\d+)\s+(-?\d+)\s+\S+\s+(\/.*)$/.exec(line);
  const size = toNumber(match?.[1]);
  if (!match || size === null) return null;
  // Below zero when root has used what is kept back.
  return { mount: match[4] ?? '', sizeBytes: size * 1024, freeBytes: (toNumber(match[3]) ?? 0) * 1024 };
}

/** `/proc/mounts` writes space, tab, newline and backslash in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
