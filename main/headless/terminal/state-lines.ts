/** The snapshot as lines for a terminal. Every state in words comes from main/shared/words.ts. */
import type { LogEntry } from '../../shared/log.ts';
import type { ServerView, Snapshot } from '../../shared/snapshot.ts';
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

/** One line a forward of the server, with the next free port where its own is taken. */
export function forwardLines(terminal: Terminal, server: ServerView, indent: string): readonly string[] {
  return tableLines(
    server.profile.forwards.map((forward) => {
      const view = server.forwards.find((each) => each.forwardId === forward.id);
      if (!view) return [];
      const offer =
        view.state.kind === 'port-taken' && view.state.freePort !== null
          ? ` · ${String(view.state.freePort)} is free`
          : '';
      return [
        shape(terminal, forwardLight(view.state, server.connection.kind)),
        forward.label,
        localAddress(forward),
        `→ ${targetAddress(forward)}`,
        describeForward(view.state, server.connection.kind) + offer,
        terminal.colour('dim', describeTraffic(view.traffic)),
      ];
    }),
    indent,
  );
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
