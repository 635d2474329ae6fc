/** Who is connected to a port of this machine, from what the systems print. Pure; whatever they are given, they never throw. */

/** The far end of a connection is on this machine, too: its own socket or process is what is looked for. */
export interface Wanted {
  readonly addresses: readonly string[];
  readonly port: number;
}

/** /proc/net/tcp and tcp6 (proc(5)): sockets connected (01) to that port, by inode. */
export function clientInodes(text: string, wanted: Wanted): readonly string[] {
  const ends = new Set(
    wanted.addresses.flatMap((each) => kernelAddresses(each)).map((each) => `${each}:${hexPort(wanted.port)}`),
  );
  return text.split('\n').flatMap((line) => {
    const [, , remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === '01' && ends.has(remote.toUpperCase()) && /^[1-9]\d*$/.test(inode) ? [inode] : [];
  });
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** As the kernel writes it: words in the byte order of little-endian machines; IPv4 also as seen through IPv6. */
function kernelAddresses(address: string): readonly string[] {
  if (address === '::1') return ['00000000000000000000000001000000'];
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((each) => !Number.isInteger(each) || each < 0 || each > 255)) return [];
  const word = [...bytes]
    .reverse()
    .map((each) => each.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
  return [word, `0000000000000000FFFF0000${word}`];
}

export interface ClientPid {
  readonly pid: number;
  readonly program: string | null;
}

/**
 * `lsof -nP -iTCP:PORT -sTCP:ESTABLISHED -F pcn` (macOS): names as in `127.0.0.1:52044->127.0.0.1:5001`, one line for each
 * end of a connection. Never ran on macOS here.
 */
export function clientsFromLsof(text: string, wanted: Wanted): readonly ClientPid[] {
  const found: ClientPid[] = [];
  let pid: number | null = null;
  let program: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const rest = line.slice(1);
    if (line.startsWith('p')) {
      pid = /^\d{1,10}$/.test(rest) ? Number(rest) : null;
      program = null;
    } else if (line.startsWith('c')) {
      program = rest.replace(/\\x([0-9a-f]{2})/gi, (_all, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    } else if (line.startsWith('n') && pid !== null) {
      const [, remote = ''] = rest.split('->');
      if (isWanted(remote, wanted)) found.push({ pid, program });
    }
  }
  return found;
}

/** `netstat -ano` (Windows): the state is a translated word; a far end that is the port tells. Never ran there. */
export function clientsFromNetstat(text: string, wanted: Wanted): readonly ClientPid[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [protocol = '', , foreign = ''] = columns;
    const pid = columns.at(-1) ?? '';
    if (!/^TCP/i.test(protocol) || !isWanted(foreign, wanted) || !/^[1-9]\d{0,9}$/.test(pid)) return [];
    // Connections that were ended have no process any more: 0, which is left out above.
    return [{ pid: Number(pid), program: null }];
  });
}

/** `tasklist /FO CSV /NH` (Windows): pid → program. Never ran there. */
export function programsFromTasklist(text: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, program, pid] = /^"([^"]{1,260})","(\d{1,10})"/.exec(line) ?? [];
    if (program !== undefined) found.set(Number(pid), program);
  }
  return found;
}

function isWanted(end: string, { addresses, port }: Wanted): boolean {
  const [, host = '', number = ''] =
    /^(\[[\da-fA-F:.%\w]+\]|[\d.]+):(\d{1,5})(?: \(ESTABLISHED\))?$/.exec(end.trim()) ?? [];
  return Number(number) === port && addresses.includes(host.replace(/^\[|\]$/g, '').replace(/%.*$/, ''));
}
