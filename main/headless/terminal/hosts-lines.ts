/** Names in the hosts file as lines for a terminal. */
import { nameUrl, needsTunnel, webForward, type HostsDiff, type HostsFileView } from '../../shared/hosts.ts';
import {
  describeAnswer,
  describeConflict,
  describeDrift,
  describeHosts,
  describeStandIn,
  describeTo,
  describeTunnelNeeded,
  hostsLight,
  standInHint,
} from '../../shared/hosts-words.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { lightShape } from '../../shared/words.ts';
import { quoted } from '../../shared/shell-words.ts';
import { lightColour } from './state-lines.ts';
import { tableLines } from './text-table.ts';
import { failureHere } from './failure-words.ts';
import type { Terminal } from './terminal.ts';

/** What is to be said of the file as a whole; nothing when all is well. */
export function fileLines(terminal: Terminal, file: HostsFileView): readonly string[] {
  const troubles = [file.failure, file.nameOrder].filter((each) => each !== null);
  return [
    ...(file.isSystem ? [] : terminal.wrap(`${describeStandIn(file)}. ${standInHint}`)),
    ...troubles.flatMap((each) => terminal.wrap(terminal.colour('red', failureHere(each)))),
    ...file.strays.flatMap((each) =>
      terminal.wrap(
        `${file.path} has names of a server that is not here, ${each.label || each.blockId}: ${each.names.join(', ')}. Take them out: mooring hosts remove ${each.blockId}`,
      ),
    ),
  ];
}

export function hostsLines(terminal: Terminal, server: ServerView, file: HostsFileView): readonly string[] {
  const { profile, hosts: view } = server;
  const light = hostsLight(profile, view);
  const names = profile.hosts.names.map((each) => {
    const answer = view.names.find(({ name }) => name === each.name);
    return [
      each.name,
      describeTo(each),
      nameUrl(each, profile) ?? terminal.colour('dim', 'no tunnel yet'),
      answer === undefined ? '' : terminal.colour(answer.trouble ? 'red' : 'dim', describeAnswer(answer)),
    ];
  });
  const below = (text: string): readonly string[] => terminal.wrap(`   ${text}`);
  return [
    ...terminal.wrap(
      `${terminal.colour(lightColour[light], lightShape[light])}  ${terminal.colour('bold', profile.name)}  ${describeHosts(profile, view, file)}`,
      3,
    ),
    ...tableLines(names, '   ', terminal.columns),
    ...(view.drift ? below(describeDrift(view.drift, file.path)) : []),
    ...(view.drift && 'found' in view.drift ? view.drift.found.map((each) => `     ${each}`) : []),
    ...view.names.flatMap(({ trouble }) => (trouble ? below(failureHere(trouble)) : [])),
    ...view.conflicts.flatMap((each) => below(describeConflict(each))),
    ...(view.failure ? below(failureHere(view.failure)) : []),
    ...(needsTunnel(profile.hosts) && webForward(profile) === null
      ? below(`${describeTunnelNeeded(profile.name)} Make it: mooring hosts apply ${quoted(profile.name)}`)
      : []),
  ];
}

const marks = { same: ' ', add: '+', remove: '-' } as const;

export function diffOutput(terminal: Terminal, { changes, lines }: HostsDiff): readonly string[] {
  if (!changes) return ['Nothing to change'];
  return lines.map(({ kind, text }) => {
    const line = `${marks[kind]} ${text}`;
    if (kind === 'same') return terminal.colour('dim', line);
    return terminal.colour(kind === 'add' ? 'green' : 'red', line);
  });
}
