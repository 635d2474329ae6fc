/**
 * One client's stream of events as server-sent events. Pull-driven: nothing is turned into text before the socket has
 * room for it. While a reader is slow only the newest snapshot and a bounded number of log entries wait; entries beyond
 * that are dropped and counted (`log.missed`), and the reader can get them by `logs.get`. Lines of a setup run are joined
 * and dropped alike: a gap shows in their `seq`, and `setup.log` has the rest.
 */
import type { CoreEvent, Events } from '../../shared/contract.ts';
import type { LogEntry } from '../../shared/log.ts';
import type { Snapshot } from '../../shared/snapshot.ts';

const heartbeatMs = 15_000;
const waitingLogLimit = 1_000;
const waitingRunLineLimit = 1_000;

type RunLines = Events['setup.log-added'];

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  push(event: CoreEvent): void;
  /** Ends the stream; `onEnd` runs once, also when the client goes away. */
  end(): void;
}

export function createEventStream(onEnd: () => void): EventStream {
  const encoder = new TextEncoder();
  let snapshot: Snapshot | null = null;
  let logs: LogEntry[] = [];
  let missed = 0;
  /** By server; of the newest run only. */
  let runLines = new Map<string, RunLines>();
  let heartbeatDue = false;
  let ended = false;
  let wake: (() => void) | null = null;

  const stir = () => {
    wake?.();
    wake = null;
  };
  const heartbeat = setInterval(() => {
    heartbeatDue = true;
    stir();
  }, heartbeatMs);
  heartbeat.unref();

  const end = () => {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    snapshot = null;
    logs = [];
    runLines = new Map();
    stir();
    onEnd();
  };

  const takeAll = (): string => {
    let text = heartbeatDue ? ': still here\n\n' : '';
    heartbeatDue = false;
    if (snapshot) text += frame('snapshot.changed', snapshot);
    snapshot = null;
    if (missed > 0) text += frame('log.missed', { count: missed });
    missed = 0;
    for (const entry of logs) text += frame('log.added', entry);
    logs = [];
    for (const lines of runLines.values()) text += frame('setup.log-added', lines);
    runLines = new Map();
    return text;
  };

  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let text = takeAll();
        while (text === '' && !ended) {
          await new Promise<void>((resolve) => (wake = resolve));
          text = takeAll();
        }
        if (text !== '') controller.enqueue(encoder.encode(text));
        else controller.close();
      },
      cancel: end,
    },
    // Without room of its own the stream never works ahead of the socket.
    { highWaterMark: 0 },
  );

  return {
    body,
    push(event) {
      if (ended) return;
      switch (event.name) {
        case 'snapshot.changed':
          if (
            snapshot === null ||
            snapshot.coreId !== event.payload.coreId ||
            event.payload.revision >= snapshot.revision
          )
            snapshot = event.payload;
          break;
        case 'log.added':
          logs.push(event.payload);
          if (logs.length > waitingLogLimit) {
            logs.shift();
            missed += 1;
          }
          break;
        case 'setup.log-added': {
          const { serverId } = event.payload;
          runLines.set(serverId, joined(runLines.get(serverId), event.payload));
          break;
        }
        case 'view.asked':
          break;
        default:
          event satisfies never;
      }
      stir();
    },
    end,
  };
}

/** What waits already, and what came: the newest lines, of one run. */
function joined(waiting: RunLines | undefined, added: RunLines): RunLines {
  const before = waiting?.runId === added.runId ? waiting.lines : [];
  return { ...added, lines: [...before, ...added.lines].slice(-waitingRunLineLimit) };
}

function frame(name: string, payload: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`;
}
