/**
 * One client's stream of events as server-sent events. Pull-driven: nothing is turned into text before the socket has
 * room for it. While a reader is slow only the newest snapshot and a bounded number of log entries wait; entries beyond
 * that are dropped and counted (`log.missed`), and the reader can get them by `logs.get`.
 */
import type { CoreEvent } from '../../shared/contract.ts';
import type { LogEntry } from '../../shared/log.ts';
import type { Snapshot } from '../../shared/snapshot.ts';

const heartbeatMs = 15_000;
const waitingLogLimit = 1_000;

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

function frame(name: string, payload: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`;
}
