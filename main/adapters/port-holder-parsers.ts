/** Who listens on a port, from what the systems print. Pure functions; whatever they are given, they never throw. */

/** A listening socket. `address` as in Node: '127.0.0.1', '::1', '0.0.0.0', '::'. */
export interface Listening {
  readonly address: string;
  readonly port: number;
}

export interface ListeningInode extends Listening {
  readonly inode: string;
}

export interface ListeningPid extends Listening {
  readonly pid: number;
  readonly program: string | null;
}

/**
 * /proc/net/tcp and tcp6 (proc(5)): local address as hex of native-endian 32-bit words, port as hex, state 0A = listen.
 * Little-endian, as every machine that Mooring runs on.
 */
export function parseProcNetTcp(text: string): readonly ListeningInode[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [, hexAddress = '', hexPort = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(local) ?? [];
    if (state !== '0A' || hexAddress === '' || !/^\d+$/.test(inode) || inode === '0') return [];
    const bytes = (hexAddress.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
    return [{ address: addressText(bytes), port: Number.parseInt(hexPort, 16), inode }];
  });
}

/**
 * `lsof -nP -iTCP:PORT -sTCP:LISTEN -F pcn` (macOS): one field a line, `p` pid, `c` command, `n` name as in
 * `127.0.0.1:5000`, `[::1]:5000`, `*:5000`; `f` file descriptors are left out. Samples are from other people's reports:
 * the command never ran on macOS here.
 */
export function parseLsofFields(text: string): readonly ListeningPid[] {
  const found: ListeningPid[] = [];
  let pid = 0;
  let program: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const rest = line.slice(1);
    if (line.startsWith('p')) {
      pid = toPid(rest) ?? 0;
      program = null;
    } else if (line.startsWith('c')) {
      // lsof writes what is not printable, and blanks, as \xNN.
      program = rest.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    } else if (line.startsWith('n') && pid > 0) {
      const at = parseEndpoint(rest.replace(/ \(LISTEN\)$/, ''));
      if (at !== null) found.push({ ...at, pid, program });
    }
  }
  return found;
}

/**
 * `netstat -ano -p TCP` and `-p TCPv6` (Windows). The state is a translated word (LISTENING, ABHÖREN…), so a listener is
 * told by its foreign address with port 0. Never ran on Windows here.
 */
export function parseNetstat(text: string): readonly ListeningPid[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [protocol = '', local = '', foreign = ''] = columns;
    if (!/^TCP/i.test(protocol) || !/^(0\.0\.0\.0|\[::\]|\*):(0|\*)$/.test(foreign)) return [];
    const at = parseEndpoint(local);
    const pid = toPid(columns.at(-1) ?? '');
    return at === null || pid === null ? [] : [{ ...at, pid, program: null }];
  });
}

/** `tasklist /FI "PID eq N" /FO CSV /NH` (Windows): the first quoted field of the line with this pid. Never ran here. */
export function parseTasklist(text: string, pid: number): string | null {
  for (const line of text.split(/\r?\n/)) {
    const [, program, found] = /^"([^"]{1,260})","(\d{1,10})"/.exec(line) ?? [];
    if (program !== undefined && Number(found) === pid) return program;
  }
  return null;
}

/**
 * The listener that stands in the way of binding `address`: the very address, else a wildcard of either family (`::`
 * takes IPv4 too unless told otherwise), else, for a wildcard wish, anyone on that port.
 */
export function inTheWay<T extends Listening>(listeners: readonly T[], address: string, port: number): T | null {
  const wished = plain(address);
  const onPort = listeners.filter((each) => each.port === port);
  const same = onPort.find((each) => plain(each.address) === wished);
  return same ?? onPort.find((each) => isWildcard(each.address)) ?? (isWildcard(wished) ? (onPort[0] ?? null) : null);
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** localhost is 127.0.0.1 in Mooring; an IPv4 address seen through an IPv6 socket is that address. */
function plain(address: string): string {
  return address.toLowerCase() === 'localhost' ? '127.0.0.1' : address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

function parseEndpoint(text: string): Listening | null {
  const [, host = '', port = ''] = /^(\*|\[[0-9a-fA-F:.%\w]*\]|[0-9a-fA-F:.]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === '' || Number(port) > 65_535) return null;
  const address = host === '*' ? '::' : (host.replace(/^\[|\]$/g, '').split('%')[0] ?? '');
  return { address, port: Number(port) };
}

function toPid(text: string): number | null {
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}

/** 4 or 16 bytes in network order; IPv6 shortened at its longest run of zeros, as Node writes it. */
function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const hex = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  if (hex.slice(0, 5).every((each) => each === '0') && hex[5] === 'ffff') return `::ffff:${bytes.slice(12).join('.')}`;
  return shortenIpv6(hex);
}

function shortenIpv6(groups: readonly string[]): string {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
