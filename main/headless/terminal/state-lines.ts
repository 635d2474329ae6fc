/** The snapshot as lines for a terminal. Every state in words comes from main/shared/words.ts. */
import type { LogEntry } from '../../shared/log.ts';
import type { Forward } from '../../shared/forward.ts';
import { brokenLink, chain, describeService, linkWords, type LinkState } from '../../shared/services.ts';
import type { ForwardView, ServerView, Snapshot } from '../../shared/snapshot.ts';
import {
  describeAll,
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
import { fixCommand } from './fix-commands.ts';
import { answerCommand, promptLine, promptSource } from './prompt-words.ts';
import { tableLines } from './text-table.ts';
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

/** One line a server. */
export function serverLines(terminal: Terminal, servers: readonly ServerView[], nowMs: number): readonly string[] {
  return tableLines(
    servers.map((each) => [
      shape(terminal, serverLight(each)),
      terminal.colour('bold', each.profile.name),
      loginAddress(each.profile),
      describeServer(each, nowMs),
      each.connection.kind === 'up' && each.connection.latencyMs !== null
        ? `${String(Math.round(each.connection.latencyMs))} ms`
        : '',
    ]),
  );
}

/** One line a forward of the server; below one that is broken, its chain and what mends it. */
export function forwardLines(terminal: Terminal, server: ServerView, indent: string): readonly string[] {
  const { profile, connection } = server;
  const shown = profile.forwards.flatMap((forward) => {
    const view = server.forwards.find((each) => each.forwardId === forward.id);
    return view ? [{ forward, view }] : [];
  });
  const rows = tableLines(
    shown.map(({ forward, view }) => {
      const light = forwardLight(view.state, connection.kind, view.service);
      const offer =
        view.state.kind === 'port-taken' && view.state.freePort !== null
          ? ` · ${String(view.state.freePort)} is free`
          : '';
      const found = light === 'up' ? describeService(view.service) : '';
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
  );
  return shown.flatMap(({ forward, view }, index) => [
    rows[index] ?? '',
    ...chainLines(terminal, server, forward, view).map((line) => `${indent}   ${line}`),
    ...(view.service?.notes ?? []).map((note) => `${indent}   ${terminal.colour('dim', note)}`),
  ]);
}

const linkShape: Record<LinkState, string> = { ok: '✓', working: '◐', unknown: '·', failed: '✕', off: '○' };

/** Up to the broken link, why, and the command that mends it; none where nothing is broken. */
function chainLines(
  terminal: Terminal,
  { profile, connection }: ServerView,
  forward: Forward,
  view: ForwardView,
): readonly string[] {
  const links = chain(forward, view, connection);
  const broken = brokenLink(links);
  // What the connection has against it is said once, with the server.
  if (broken === null || broken.name === 'ssh') return [];
  const until = links.slice(0, links.indexOf(broken) + 1);
  const command = broken.fixes.map((fix) => fixCommand(fix, profile, forward)).find((each) => each !== null) ?? null;
  return [
    until.map(({ name, state }) => `${linkWords[name]} ${linkShape[state]}`).join('  '),
    ...(broken.reason === null ? [] : [broken.reason]),
    ...(command === null ? [] : [terminal.colour('bold', command)]),
  ];
}

/** What `status` shows: first all in one line, then each server with its forwards, then what wants an answer. */
export function statusLines(
  terminal: Terminal,
  snapshot: Snapshot,
  servers: readonly ServerView[],
  nowMs: number,
): readonly string[] {
  const lines = [describeAll(snapshot)];
  if (!snapshot.network.online) lines.push(terminal.colour('yellow', 'This computer is offline.'));
  const heads = serverLines(terminal, servers, nowMs);
  servers.forEach((server, index) => {
    lines.push('', heads[index] ?? '', ...forwardLines(terminal, server, '   '));
  });
  const ids = servers.map(({ profile }) => profile.id);
  const prompts = snapshot.prompts.filter((each) => each.serverId === null || ids.includes(each.serverId));
  if (prompts.length > 0) lines.push('', ...promptLines(terminal, snapshot, prompts));
  for (const { failure } of snapshot.notices)
    lines.push('', `! ${failure.message}`, ...(failure.hint ? [`  ${failure.hint}`] : []));
  return lines;
}

export function promptLines(terminal: Terminal, snapshot: Snapshot, prompts: Snapshot['prompts']): readonly string[] {
  return prompts.flatMap((each) => [
    `${shape(terminal, 'needs-you')} ${terminal.colour('bold', promptSource(snapshot, each))}: ${promptLine(each)}`,
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
