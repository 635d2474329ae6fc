/** Names in the hosts file as lines for a terminal. */
import { failureText } from '../../shared/failure.ts';
import { nameUrl, type HostsDiff, type HostsFileView } from '../../shared/hosts.ts';
import {
  describeAnswer,
  describeConflict,
  describeDrift,
  describeHosts,
  describeTo,
  hostsLight,
} from '../../shared/hosts-words.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { lightShape } from '../../shared/words.ts';
import { lightColour } from './state-lines.ts';
import { tableLines } from './text-table.ts';
import type { Terminal } from './terminal.ts';

/** What is to be said of the file as a whole; nothing when all is well. */
export function fileLines(terminal: Terminal, file: HostsFileView): readonly string[] {
  const troubles = [file.failure, file.nameOrder].filter((each) => each !== null);
  return [
    ...(file.isSystem ? [] : [`${file.path} stands in for the system’s hosts file: no program asks it`]),
    ...troubles.map((each) => terminal.colour('red', failureText(each))),
    ...file.strays.map(
      (each) =>
        `${file.path} has names of a server that is not here, ${each.label || each.blockId}: ${each.names.join(', ')}. Take them out: mooring hosts remove ${each.blockId}`,
    ),
  ];
}

export function hostsLines(terminal: Terminal, server: ServerView, path: string): readonly string[] {
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
  return [
    `${terminal.colour(lightColour[light], lightShape[light])}  ${terminal.colour('bold', profile.name)}  ${describeHosts(profile, view, path)}`,
    ...tableLines(names, '   '),
    ...(view.drift ? [`   ${describeDrift(view.drift, path)}`] : []),
    ...(view.drift && 'found' in view.drift ? view.drift.found.map((each) => `     ${each}`) : []),
    ...view.names.flatMap(({ trouble }) => (trouble ? [`   ${failureText(trouble)}`] : [])),
    ...view.conflicts.map((each) => `   ${describeConflict(each)}`),
    ...(view.failure ? [`   ${failureText(view.failure)}`] : []),
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
