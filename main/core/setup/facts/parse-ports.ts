/** Listening TCP ports from `ss -Hltnpe`, or where there is no ss, from /proc/net/tcp and tcp6. */
import type { ListeningPort } from '../../../shared/facts.ts';
import { toPort, type Section } from './frame.ts';

type Listener = Omit<ListeningPort, 'addresses'> & { readonly address: string };

export function parsePorts(ports: Section): ListeningPort[] | null {
  if (!ports.came) return null;
  const owners = new Map<string, string>();
  for (const each of ports.all('owner')) {
    const [, uid, name] = /^(\d+) (.+)$/.exec(each) ?? [];
    if (uid !== undefined && name !== undefined && !owners.has(uid)) owners.set(uid, name);
  }
  const listeners = [
    ...ports.all('ss').flatMap((line) => fromSs(line, owners)),
    ...ports.all('tcp').flatMap((line) => fromKernel(line, owners)),
  ];
  return together(listeners);
}

/** One entry for each port and program: most listen on IPv4 and IPv6. */
function together(listeners: readonly Listener[]): ListeningPort[] {
  const found = new Map<string, ListeningPort>();
  for (const { address, ...rest } of listeners) {
    const key = JSON.stringify([rest.port, rest.program?.pid, rest.unit, rest.user]);
    const addresses = found.get(key)?.addresses ?? [];
    found.set(key, { ...rest, addresses: addresses.includes(address) ? addresses : [...addresses, address] });
  }
  return [...found.values()].sort((one, other) => one.port - other.port);
}

/**
 * `LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3)) uid:1000 ino:1 sk:1 cgroup:/system.slice/ssh.service <->`
 * Users are there for what the account may see, uid unless it is root's; cgroup since iproute2 5.9.
 */
function fromSs(line: string, owners: ReadonlyMap<string, string>): Listener[] {
  const [, place = '', rest = ''] = /^LISTEN\s+\d+\s+\d+\s+(\S+)\s+\S+(.*)$/.exec(line) ?? [];
  const [, address = '', number] = /^(.*):(\d+)$/.exec(place) ?? [];
  const port = toPort(number);
  if (port === null) return [];
  const [, name, pid] = /users:\(\("((?:[^"]|"(?!,pid=))*)",pid=(\d{1,10}),/.exec(rest) ?? [];
  const group = /\scgroup:(\S+)/.exec(rest)?.[1] ?? '';
  const uid = /\suid:(\d+)/.exec(rest)?.[1] ?? (/\sino:/.test(rest) ? '0' : null);
  return [
    {
      port,
      address: address === '*' ? '::' : address.replace(/^\[|\]$/g, '').replace(/%.*$/, ''),
      program: name === undefined ? null : { name, pid: Number(pid) },
      unit: unitOf(group),
      user: uid === null ? null : (owners.get(uid) ?? uid),
    },
  ];
}

/** The innermost service of a path like `/user.slice/user-1000.slice/user@1000.service/app.slice/mlflow.service`. */
function unitOf(group: string): string | null {
  const unit = group.split('/').findLast((each) => each.endsWith('.service')) ?? null;
  return unit === null || unit.startsWith('user@') ? null : unit.replace(/\\x2d/g, '-');
}

/** `0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 …` as in proc_net_tcp; 0A listens. */
function fromKernel(line: string, owners: ReadonlyMap<string, string>): Listener[] {
  const [, address = '', number = '', uid = ''] =
    /^\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) \S+ 0A \S+ \S+ \S+\s+(\d+)/.exec(line) ?? [];
  const port = toPort(String(parseInt(number, 16)));
  if (port === null) return [];
  return [{ port, address: kernelAddress(address), program: null, unit: null, user: owners.get(uid) ?? uid }];
}

/** Words of four bytes, each in the byte order of the processor; all that Mooring meets are little-endian. */
function kernelAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => parseInt(byte, 16)),
  );
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.slice(0, 15).every((each) => each === 0) && (bytes[15] ?? 0) <= 1) return bytes[15] === 1 ? '::1' : '::';
  if (bytes.slice(0, 10).every((each) => each === 0) && bytes[10] === 255) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_each, at) =>
    ((bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}

/** A process or PostgreSQL’s cluster at work on a port. */
export function isListening(ports: readonly ListeningPort[] | null, port: number | null): boolean {
  return port !== null && (ports?.some((each) => each.port === port) ?? false);
}
