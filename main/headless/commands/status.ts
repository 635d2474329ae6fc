/** `status` and `logs`: looking without touching. Neither starts Mooring. */
import type { Command } from 'commander';
import type { LogEntry } from '../../shared/log.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { addCommand, requireRunning, show, type Context, type JsonOption } from './context.ts';
import { wrongUse } from '../exit-codes.ts';
import { findServer } from './find.ts';
import type { Session } from '../control/session.ts';
import { logLine, statusLines } from '../terminal/state-lines.ts';

export function addLookCommands(program: Command, context: Context): void {
  addCommand(program, 'status [server]', 'what is up, and what is not')
    .option('--watch', 'show every change until Ctrl-C')
    .option('--check', 'ask what stands behind each tunnel first')
    .addHelpText(
      'after',
      `
Does not start Mooring: exit code 1 when it is not running. What was read more than 10 s ago is looked at again, for 3 s
at most. With --json the whole snapshot, or the one server; with --watch one a line.`,
    )
    .action(async (typed: string | undefined, options: JsonOption & { watch?: boolean; check?: boolean }) => {
      const session = await requireRunning(context);
      if (options.check) await checkServices(session, typed);
      else if (!options.watch) await refresh(session, typed);
      if (options.watch) await watch(context, session, typed, options);
      else showStatus(context, await session.snapshot(), typed, options);
    });

  addCommand(program, 'logs [server]', 'what happened, oldest first')
    .option('--follow', 'go on until Ctrl-C')
    .option('--limit <count>', 'the newest so many', '200')
    .addHelpText('after', '\nDoes not start Mooring: exit code 1 when it is not running.')
    .action(async (typed: string | undefined, options: JsonOption & { follow?: boolean; limit: string }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 5000) throw wrongUse('--limit is 1 to 5000.');
      const session = await requireRunning(context);
      const snapshot = await session.snapshot();
      const serverId = typed === undefined ? {} : { serverId: findServer(snapshot, typed).profile.id };
      if (options.follow) {
        await follow(context, session, snapshot, { ...serverId, limit }, options);
        return;
      }
      const { entries } = await session.call('logs.get', { ...serverId, limit });
      show(context, options, entries, () => entries.map((each) => logLine(context.terminal, snapshot, each)));
    });
}

/** What can't be asked just now is shown as it is. */
async function checkServices(session: Session, typed: string | undefined): Promise<void> {
  const snapshot = await session.snapshot();
  const servers = typed === undefined ? snapshot.servers : [findServer(snapshot, typed)];
  const checks = servers.flatMap(({ profile, forwards }) =>
    forwards
      .filter(({ state }) => state.kind === 'up')
      .map(({ forwardId }) => session.client.call('services.check', { serverId: profile.id, forwardId })),
  );
  await Promise.all(checks);
}

/** What was read longer ago is asked again, for so long at most; how old the rest is, its lines say. */
const freshMs = 10_000;
const patienceMs = 3_000;

async function refresh(session: Session, typed: string | undefined): Promise<void> {
  const server = typed === undefined ? {} : { serverId: findServer(await session.snapshot(), typed).profile.id };
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
  await Promise.race([session.client.call('services.refresh', { ...server, olderThanMs: freshMs }), patience]);
  clearTimeout(timer);
}

function showStatus(
  context: Context,
  snapshot: Snapshot,
  typed: string | undefined,
  options: JsonOption,
): readonly string[] {
  const one = typed === undefined ? null : findServer(snapshot, typed);
  const lines = statusLines(context.terminal, snapshot, one ? [one] : snapshot.servers, Date.now());
  show(context, options, one ?? snapshot, () => lines);
  return lines;
}

/** Ends with Ctrl-C, or with the core. */
function watch(context: Context, session: Session, typed: string | undefined, options: JsonOption): Promise<void> {
  const redraws = context.terminal.redraws && !options.json;
  return new Promise((resolve, reject) => {
    let drawn: readonly string[] = [];
    let latest: Snapshot | null = null;
    const draw = () => {
      if (!latest) return;
      if (redraws) context.terminal.erase(drawn);
      try {
        drawn = showStatus(context, latest, typed, options);
      } catch (error) {
        end();
        reject(error instanceof Error ? error : new Error('Drawing failed'));
      }
    };
    // Times go on while nothing else changes.
    const clock = redraws ? setInterval(draw, 1_000) : undefined;
    const end = () => {
      clearInterval(clock);
      unsubscribe();
      release();
      resolve();
    };
    const unsubscribe = session.client.subscribe((event) => {
      if (event.name !== 'snapshot.changed') return;
      latest = event.payload;
      draw();
    }, end);
    const release = context.onInterrupt(end);
  });
}

interface LogQuery {
  readonly serverId?: string;
  readonly limit: number;
}

/** Prints what there is, then what comes; entries that a slow pipe made us miss are fetched again. */
async function follow(
  context: Context,
  session: Session,
  first: Snapshot,
  query: LogQuery,
  options: JsonOption,
): Promise<void> {
  let snapshot = first;
  let printedSeq = -1;
  const print = (entry: LogEntry) => {
    if (entry.seq <= printedSeq) return;
    printedSeq = entry.seq;
    if (query.serverId !== undefined && entry.serverId !== query.serverId) return;
    if (options.json) context.terminal.printJson(entry);
    else context.terminal.print(logLine(context.terminal, snapshot, entry));
  };
  let queue: Promise<void> = Promise.resolve();
  const later = (run: () => Promise<void>) => {
    queue = queue.then(run);
  };
  await new Promise<void>((resolve) => {
    const end = () => {
      unsubscribe();
      release();
      resolve();
    };
    const unsubscribe = session.client.subscribe((event) => {
      if (event.name === 'snapshot.changed') {
        snapshot = event.payload;
        return;
      }
      if (event.name !== 'log.added') return;
      const entry = event.payload;
      later(async () => {
        if (printedSeq >= 0 && entry.seq > printedSeq + 1) {
          const reply = await session.client.call('logs.get', { afterSeq: printedSeq, limit: 5000 });
          if (reply.ok) reply.value.entries.forEach(print);
        }
        print(entry);
      });
    }, end);
    later(async () => {
      const reply = await session.client.call('logs.get', query);
      if (reply.ok) reply.value.entries.forEach(print);
    });
    const release = context.onInterrupt(end);
  });
  await queue;
}
