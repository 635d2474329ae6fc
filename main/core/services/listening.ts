/** What listens on a server, by a script that only reads and needs no rights. */
import type { ListeningPort } from '../../shared/facts.ts';
import { Section } from '../setup/facts/frame.ts';
import { parsePorts } from '../setup/facts/parse-ports.ts';

const mark = '@@mooring-port ';

/** Without `sudo`, so that what others run has a unit or an account, and no program, at most. */
export const listeningScript = String.raw`
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
LC_ALL=C
export PATH LC_ALL
{
  if command -v ss >/dev/null 2>&1; then
    ss -Hltnpe | head -n 500 | sed 's/^/ss=/'
  else
    cat /proc/net/tcp /proc/net/tcp6 | grep ' 0A ' | head -n 500 | sed 's/^ */tcp=/'
  fi
  sed -n 's/^\([^:]*\):[^:]*:\([0-9]*\):.*/owner=\2 \1/p' /etc/passwd | head -n 500
} </dev/null 2>/dev/null | sed 's/^/@@mooring-port /'
`;
export const listeningLimitMs = 8_000;

/** Null: the server did not tell. */
export function parseListening(output: string): readonly ListeningPort[] | null {
  const lines = output.split(/\r?\n/).flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));
  const ports = lines.length === 0 ? null : parsePorts(new Section(lines));
  return ports === null || ports.length === 0 ? null : ports;
}

/** Where the server itself reaches it. */
export function reachedAt({ addresses }: Pick<ListeningPort, 'addresses'>): string {
  if (addresses.some((each) => each === '0.0.0.0' || each === '::' || each === '127.0.0.1')) return '127.0.0.1';
  const loopback = addresses.find((each) => each.startsWith('127.'));
  if (loopback !== undefined) return loopback;
  return addresses.includes('::1')
    ? '::1'
    : (addresses.find((each) => !each.includes(':')) ?? addresses[0] ?? '127.0.0.1');
}

/** Ways into the server and its own plumbing: nobody wants a tunnel to them. */
const plumbing: readonly number[] = [22, 53, 67, 68, 111, 123, 631, 5353, 5355];

export const isPlumbing = ({ port, unit, program }: ListeningPort): boolean =>
  plumbing.includes(port) || /^(ssh|sshd|systemd-resolved|rpcbind|cups)\b/.test(unit ?? program?.name ?? '');

/** Ports that the system hands out by itself, to programs that ask for any. */
export const isPassing = (port: number): boolean => port >= 32_768;
