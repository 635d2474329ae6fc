/** What the server itself tells of its health. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { ListeningPort, ServerFacts } from '../../shared/facts.ts';
import { isLoopback } from '../../shared/forward.ts';
import { describeBytes, describeDuration } from '../../shared/words.ts';
import { finding, well, type Find } from './finding.ts';

/** S3 refuses what is signed by a clock that is off by more (RequestTimeTooSkewed). */
const skewLimitMs = 15 * 60_000;
const skewNoticeMs = 30_000;
/** Services behind these ports are open to everybody who can reach the port, or log in with well-known passwords. */
const risky: Readonly<Record<number, string>> = {
  5000: 'MLflow',
  5432: 'PostgreSQL',
  8888: 'Jupyter',
  9000: 'the S3 store',
  9001: 'the S3 console',
  9090: 'Prometheus',
};

export function judgeServer(serverId: string, facts: ServerFacts): readonly Finding[] {
  const find = finding('server', serverId);
  return [clock(find, facts), ...disks(find, facts), ...memory(find, facts), ...openPorts(find, serverId, facts)];
}

function clock(find: Find, { clock: told }: ServerFacts): Finding {
  const title = 'Clock';
  if (told === null) return find({ id: 'clock', title, status: 'unknown', seen: 'The server did not tell its time.' });
  const off = Math.abs(told.skewMs);
  if (off - told.uncertaintyMs < skewNoticeMs)
    return find(well('clock', title, 'Server and laptop agree on the time.'));
  const way = told.skewMs > 0 ? 'ahead of' : 'behind';
  return find({
    id: 'clock',
    title,
    status: off > skewLimitMs ? 'broken' : 'warning',
    seen: `The server’s clock is ${describeDuration(off)} ${way} this machine’s.`,
    hint: `${off > skewLimitMs ? 'S3 stores refuse requests signed by it. ' : 'Times of runs come out wrong. '}Set the wrong one of the two: on the server, sudo timedatectl set-ntp true`,
  });
}

function disks(find: Find, { disks: all }: ServerFacts): readonly Finding[] {
  if (all === null || all.length === 0) {
    return [find({ id: 'disk', title: 'Disk', status: 'unknown', seen: 'The server did not tell of its disks.' })];
  }
  const tight = all
    .filter(
      (each) =>
        !each.readOnly && each.sizeBytes > 100_000_000 && !(each.holdsTmp && !each.holdsHome && each.mount === '/tmp'),
    )
    .filter(({ freeBytes, sizeBytes }) => freeBytes < 2_000_000_000 && freeBytes < sizeBytes / 10);
  if (tight.length === 0) {
    const home = all.find((each) => each.holdsHome) ?? all[0];
    return [find(well('disk', 'Disk', `${describeBytes(home?.freeBytes ?? 0)} are free on ${home?.mount ?? '/'}.`))];
  }
  return tight.map(({ mount, freeBytes, sizeBytes }) =>
    find({
      id: `disk${mount}`,
      title: `Disk ${mount}`,
      status: freeBytes < 300_000_000 ? 'broken' : 'warning',
      seen: `Only ${describeBytes(freeBytes)} of ${describeBytes(sizeBytes)} are free: databases and artifacts stop being written when it is full.`,
      hint: `Find what is large: du -xh ${mount} | sort -h | tail. Old runs go for good by: mlflow gc`,
    }),
  );
}

function memory(find: Find, { machine }: ServerFacts): readonly Finding[] {
  const { memoryBytes, memoryFreeBytes } = machine;
  if (memoryFreeBytes === null) return [];
  const seen = `${describeBytes(memoryFreeBytes)}${memoryBytes === null ? '' : ` of ${describeBytes(memoryBytes)}`} can be used by programs now.`;
  if (memoryFreeBytes > 300_000_000) return [find(well('memory', 'Memory', seen))];
  return [
    find({
      id: 'memory',
      title: 'Memory',
      status: memoryFreeBytes < 100_000_000 ? 'broken' : 'warning',
      seen,
      hint: 'The kernel ends programs when none is left. See which are large: ps aux --sort=-rss | head. MLflow alone wants 600 MB.',
    }),
  ];
}

const isOpen = ({ addresses }: ListeningPort): boolean =>
  addresses.some((each) => !isLoopback(each.replace(/%.*$/, '')));

function openPorts(find: Find, serverId: string, { ports }: ServerFacts): readonly Finding[] {
  if (ports === null) return [];
  const open = ports.filter((each) => isOpen(each) && risky[each.port] !== undefined);
  if (open.length === 0)
    return [find(well('open-ports', 'Open ports', 'No service that a tunnel is for listens to other machines.'))];
  return open.map((each) =>
    find({
      id: `open-ports/${String(each.port)}`,
      title: `Port ${String(each.port)}`,
      status: 'warning',
      seen: `${each.program?.name ?? risky[each.port] ?? 'A service'} listens to other machines too (${each.addresses.join(', ')}).`,
      hint: `Bind it to 127.0.0.1: the tunnel reaches it there.${each.port === 5000 ? ' Mooring can: open Setup, Put right.' : ''}`,
      fix: each.port === 5000 ? { kind: 'open-tab', serverId, tab: 'setup' } : null,
    }),
  );
}
