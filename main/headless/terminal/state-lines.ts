/** The snapshot as lines for a terminal. Every state in words comes from main/shared/words.ts. */
import type { LogEntry } from '../../shared/log.ts';
import type { Forward } from '../../shared/forward.ts';
import { chain, linkWords, troubledLink, type LinkState } from '../../shared/chain.ts';
import { describeService, type ServiceView } from '../../shared/services.ts';
import { sentence } from '../../shared/sentence.ts';
import type { ForwardView, ServerView, Snapshot } from '../../shared/snapshot.ts';
import {
  describeAll,
  describeDuration,
  describeForward,
  describeServer,
  describeTraffic,
  forwardLight,
  lightShape,
  localAddress,
  loginAddress,
  serverLight,
  targetAddress,
  type Light,
} from '../../shared/words.ts';
import { describeRun, runLight } from '../../shared/setup/setup-words.ts';
import { hintHere } from './failure-words.ts';
import { fixCommand } from './fix-commands.ts';
import { answerCommand, promptLine, promptSource } from './prompt-words.ts';
import { tableRows } from './text-table.ts';
import type { Colour, Terminal } from './terminal.ts';

export const lightColour: Record<Light, Colour> = {
  up: 'green',
  working: 'yellow',
  off: 'dim',
  'needs-you': 'yellow',
  failed: 'red',
};

function shape(terminal: Terminal, light: Light): string {
  return terminal.colour(lightColour[light], lightShape[light]);
}

/** One line a server; more where the terminal is narrow. */
export function serverLines(terminal: Terminal, servers: readonly ServerView[], nowMs: number): readonly string[] {
  return serverRows(terminal, servers, nowMs).flat();
}

function serverRows(terminal: Terminal, servers: readonly ServerView[], nowMs: number): readonly (readonly string[])[] {
  return tableRows(
    servers.map((each) => [
      shape(terminal, serverLight(each)),
      terminal.colour('bold', each.profile.name),
      loginAddress(each.profile),
      describeServer(each, nowMs),
      each.connection.kind === 'up' && each.connection.latencyMs !== null
        ? `${String(Math.round(each.connection.latencyMs))} ms`
        : '',
    ]),
    '',
    terminal.columns,
  );
}

/** One line a forward of the server; below one that is broken, its chain and what mends it. */
export function forwardLines(terminal: Terminal, server: ServerView, indent: string, nowMs: number): readonly string[] {
  const { profile, connection } = server;
  const shown = profile.forwards.flatMap((forward) => {
    const view = server.forwards.find((each) => each.forwardId === forward.id);
    return view ? [{ forward, view }] : [];
  });
  const rows = tableRows(
    shown.map(({ forward, view }) => {
      const light = forwardLight(view.state, connection.kind, view.service);
      const offer =
        view.state.kind === 'port-taken' && view.state.freePort !== null
          ? ` · ${String(view.state.freePort)} is free`
          : '';
      const found =
        light === 'up'
          ? [describeService(view.service), describeAge(view.service, nowMs)].filter(Boolean).join(' · ')
          : '';
      return [
        shape(terminal, light),
        forward.label,
        localAddress(forward),
        `→ ${targetAddress(forward)}${forward.sendAs ? ` as ${forward.sendAs.host}` : ''}`,
        describeForward(view.state, connection.kind, view.service) + offer + (found === '' ? '' : ` · ${found}`),
        terminal.colour('dim', describeTraffic(view.traffic)),
      ];
    }),
    indent,
    terminal.columns,
  );
  return shown.flatMap(({ forward, view }, index) => [
    ...(rows[index] ?? []),
    ...chainLines(terminal, server, forward, view, `${indent}   `),
    ...(view.service?.notes ?? []).flatMap((note) => terminal.wrap(`${indent}   ${terminal.colour('dim', note)}`)),
  ]);
}

/** What was seen lately is not worth an age: while somebody looks, it is looked at more often than this. */
const oldMs = 25_000;

function describeAge(service: ServiceView | null, nowMs: number): string {
  const agoMs = service === null ? 0 : nowMs - service.checkedMs;
  return agoMs < oldMs ? '' : `seen ${describeDuration(agoMs)} ago`;
}

const linkShape: Record<LinkState, string> = {
  ok: '✓',
  working: '◐',
  unknown: '·',
  warning: '!',
  failed: '✕',
  off: '○',
};

/** Up to the link that is broken or works with a warning, why, and the command that mends it; none where all is well. */
function chainLines(
  terminal: Terminal,
  { profile, connection }: ServerView,
  forward: Forward,
  view: ForwardView,
  indent: string,
): readonly string[] {
  const links = chain(forward, view, connection);
  const broken = troubledLink(links);
  // What the connection has against it is said once, with the server.
  if (broken === null || broken.name === 'ssh') return [];
  const until = links.slice(0, links.indexOf(broken) + 1);
  // What has to be done on the server is named by the reason: nothing that is done here helps before that.
  const command =
    (broken.isMendedThere ? [] : broken.fixes)
      .map((fix) => fixCommand(fix, profile, forward))
      .find((each) => each !== null) ?? null;
  return [
    ...terminal.wrap(indent + until.map(({ name, state }) => `${linkWords[name]} ${linkShape[state]}`).join('  ')),
    // Of what is broken, the line above has the words.
    ...(broken.state === 'warning' ? terminal.wrap(indent + sentence(broken.words)) : []),
    ...[broken.commandReason ?? broken.reason].flatMap((each) => (each === null ? [] : terminal.wrap(indent + each))),
    // To be copied in one piece.
    ...(command === null ? [] : [indent + terminal.colour('bold', command)]),
  ];
}

/** What `status` shows: first all in one line, then each server with its forwards, then what wants an answer. */
export function statusLines(
  terminal: Terminal,
  snapshot: Snapshot,
  servers: readonly ServerView[],
  nowMs: number,
): readonly string[] {
  const lines = [...terminal.wrap(describeAll(snapshot))];
  if (!snapshot.network.online) lines.push(terminal.colour('yellow', 'This computer is offline.'));
  const heads = serverRows(terminal, servers, nowMs);
  servers.forEach((server, index) => {
    lines.push(
      '',
      ...(heads[index] ?? []),
      ...runLines(terminal, server, nowMs),
      ...forwardLines(terminal, server, '   ', nowMs),
    );
  });
  const ids = servers.map(({ profile }) => profile.id);
  const prompts = snapshot.prompts.filter((each) => each.serverId === null || ids.includes(each.serverId));
  if (prompts.length > 0) lines.push('', ...promptLines(terminal, snapshot, prompts));
  for (const { failure } of snapshot.notices)
    lines.push(
      '',
      ...terminal.wrap(`! ${failure.message}`, 2),
      ...[hintHere(failure)].flatMap((each) => (each ? terminal.wrap(`  ${each}`) : [])),
    );
  return lines;
}

/** A run of setting up that is under way, or that came to no good end and was not put away. */
function runLines(terminal: Terminal, { run }: ServerView, nowMs: number): readonly string[] {
  if (run === null || run.state.kind === 'done') return [];
  return terminal.wrap(`   ${shape(terminal, runLight(run))} ${run.title}: ${describeRun(run, nowMs)}`, 5);
}

export function promptLines(terminal: Terminal, snapshot: Snapshot, prompts: Snapshot['prompts']): readonly string[] {
  return prompts.flatMap((each) => [
    ...terminal.wrap(
      `${shape(terminal, 'needs-you')} ${terminal.colour('bold', promptSource(snapshot, each))}: ${promptLine(each)}`,
      2,
    ),
    `    ${answerCommand(each)}`,
  ]);
}

/** `14:03:22  lab-vm  Connected`. */
export function logLine(terminal: Terminal, snapshot: Snapshot, entry: LogEntry): string {
  const time = new Date(entry.timeMs).toTimeString().slice(0, 8);
  const server = snapshot.servers.find(({ profile }) => profile.id === entry.serverId)?.profile.name ?? 'Mooring';
  const colour = ({ debug: 'dim', info: null, warn: 'yellow', error: 'red' } as const)[entry.level];
  const message = entry.message.replace(/\n/g, ' ');
  return `${time}  ${server}  ${colour ? terminal.colour(colour, message) : message}`;
}
