/** What the server itself tells of its clock, disks and memory. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { ServerFacts } from '../../shared/facts.ts';
import type { Failure } from '../../shared/failure.ts';
import { withStop } from '../../shared/sentence.ts';
import { quoted } from '../../shared/shell-words.ts';
import { describeBytes, describeDuration } from '../../shared/words.ts';
import { isKeepingPlace } from '../setup/plan/places.ts';
import { finding, well, type Find } from './finding.ts';

/** S3 refuses what is signed by a clock that is off by more (RequestTimeTooSkewed). */
const skewLimitMs = 15 * 60_000;
const skewNoticeMs = 30_000;

export function judgeServer(serverId: string, facts: ServerFacts): readonly Finding[] {
  const find = finding('server', serverId);
  return [clock(find, facts), ...disks(find, facts), ...memory(find, facts)];
}

/** Of a server that is connected, and whose facts could not be read all the same. */
export function judgeUnread(serverId: string, { code, message, hint }: Failure): readonly Finding[] {
  const find = finding('server', serverId);
  const lost = code === 'link-lost';
  return [
    find({
      id: 'facts',
      title: 'Facts',
      status: lost ? 'broken' : 'unknown',
      seen: lost ? 'The connection was lost while the server was being read.' : withStop(message),
      hint: lost ? 'Look again: what keeps it from coming back is told then.' : hint,
    }),
  ];
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
    .filter((each) => !each.readOnly && (each.sizeBytes > 100_000_000 || isKeepingPlace(each.mount)))
    .filter((each) => !(each.holdsTmp && !each.holdsHome && each.mount === '/tmp'))
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
      hint: `Find what is large: du -xh ${quoted(mount)} | sort -h | tail. Old runs go for good by: mlflow gc`,
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
