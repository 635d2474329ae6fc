/** Names in the hosts file: whether they are as wished, and what they answer to programs here. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { HostsFileView } from '../../shared/hosts.ts';
import { describeStandIn, standInHint } from '../../shared/hosts-words.ts';
import { withStop } from '../../shared/sentence.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { finding, well } from './finding.ts';

/** Of the file as a whole; nothing to say where no server wants a name. */
export function judgeHostsFile(file: HostsFileView, isUsed: boolean): readonly Finding[] {
  if (!isUsed) return [];
  const find = finding('names', null);
  const trouble = file.failure ?? file.nameOrder;
  // Whom the system asks in which order says nothing of another file.
  if (!file.isSystem && file.failure === null) {
    const seen = `${describeStandIn(file)}.`;
    return [find({ id: 'hosts-file', title: 'Hosts file', status: 'warning', seen, hint: standInHint })];
  }
  if (trouble === null)
    return [find(well('hosts-file', 'Hosts file', `${file.path} can be read, and is asked first.`))];
  return [
    find({
      id: 'hosts-file',
      title: 'Hosts file',
      status: file.failure === null ? 'warning' : 'broken',
      seen: withStop(trouble.message),
      hint: trouble.hint,
    }),
  ];
}

/** Nothing while `file` can't be told from: judgeHostsFile says so. */
export function judgeNames({ profile, hosts }: ServerView, file: HostsFileView): readonly Finding[] {
  const find = finding('names', profile.id);
  if (file.failure !== null || (!profile.hosts.on && hosts.inFile === null)) return [];
  const write = `See the difference, and write: mooring hosts diff ${quoted(profile.name)}`;
  const block = (() => {
    const id = 'hosts-block';
    const title = 'Names in the hosts file';
    if (hosts.failure !== null) {
      return find({ id, title, status: 'broken', seen: withStop(hosts.failure.message), hint: hosts.failure.hint });
    }
    if (hosts.drift !== null) {
      const seen = {
        changed: 'Somebody else has changed Mooring’s lines.',
        gone: 'Mooring’s lines are gone from the file.',
        unknown: 'There are lines of Mooring’s that it does not remember writing.',
      }[hosts.drift.kind];
      return find({ id, title, status: 'warning', seen, hint: write });
    }
    if (hosts.pending)
      return find({ id, title, status: 'warning', seen: 'They are not yet as you wish.', hint: write });
    return find(well(id, title, `${count(hosts.inFile?.length ?? 0)}, as wished.`));
  })();
  const conflicts = hosts.conflicts
    .filter((each) => each.wins)
    .map(({ name, line, text }) =>
      find({
        id: `hosts-conflict/${name}`,
        title: name,
        status: 'broken',
        seen: `Line ${String(line)} of the hosts file has this name too, and comes first: ${text.trim()}`,
        hint: 'Take that line out, or leave the name to it.',
      }),
    );
  const answers = hosts.names.flatMap(({ name, trouble, answers: told }) => {
    if (trouble !== null) {
      const seen = withStop(trouble.message);
      return [find({ id: `name/${name}`, title: name, status: 'warning', seen, hint: trouble.hint })];
    }
    return told === null ? [] : [find(well(`name/${name}`, name, `It is ${told.join(', ')} to programs here.`))];
  });
  return [block, ...conflicts, ...answers];
}

const count = (lines: number): string => `${String(lines)} ${lines === 1 ? 'line' : 'lines'}`;
