/** The log on disk: one JSON object a line, in a few files of limited size. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { LogSink } from '../core/ports.ts';
import type { LogEntry } from '../shared/log.ts';

export interface LogFileOptions {
  readonly dataDir: string;
  /** Size at which a file is put aside; 1 MB by default. */
  readonly maxBytes?: number;
  /** Files kept, the current one included; 5 by default. */
  readonly files?: number;
  /** After trouble nothing is tried for this long; 30 s by default. */
  readonly retryMs?: number;
  readonly nowMs?: () => number;
}

/** What may wait in memory for a slow disk, bytes; beyond it lines are dropped and counted. */
const longestQueue = 1_000_000;
/** Characters of one message. */
const longestMessage = 8_000;

/**
 * Writes to `dataDir/logs/mooring.log` (mode 600, folder 700). Never throws and never rejects: when the disk is full or
 * the folder can't be written, lines are dropped, and a later line says how many.
 */
export function createLogFile(options: LogFileOptions): LogSink {
  const { dataDir, maxBytes = 1_000_000, files = 5, retryMs = 30_000, nowMs = Date.now } = options;
  const logDir = join(dataDir, 'logs');
  let stream: RotatingFileStream | null = null;
  let retryAtMs = Number.NEGATIVE_INFINITY;
  let dropped = 0;
  let closed = false;

  const open = (): RotatingFileStream | null => {
    if (stream !== null) return stream;
    if (nowMs() < retryAtMs) return null;
    try {
      mkdirSync(logDir, { recursive: true, mode: 0o700 });
      const opened = createStream('mooring.log', {
        path: logDir,
        size: `${maxBytes}B` as const,
        rotate: Math.max(1, files - 1),
        mode: 0o600,
      });
      opened.on('error', () => {
        giveUp(opened);
      });
      stream = opened;
      return opened;
    } catch {
      giveUp(null);
      return null;
    }
  };
  const giveUp = (broken: RotatingFileStream | null): void => {
    if (stream !== broken) return;
    stream = null;
    retryAtMs = nowMs() + retryMs;
  };

  return {
    write: (entry) => {
      if (closed) return;
      const to = open();
      if (to === null || to.writableLength > longestQueue) {
        dropped += 1;
        return;
      }
      // A write that failed half way leaves half a line: begin a new one.
      if (dropped > 0) to.write(`\n${toLine(droppedEntry(entry, dropped))}`);
      dropped = 0;
      to.write(toLine(entry), (error) => {
        if (error) dropped += 1;
      });
    },
    close: () => {
      closed = true;
      const last = stream;
      if (last === null) return Promise.resolve();
      return new Promise((resolve) => {
        last.once('close', resolve);
        last.end();
        if (last.closed) resolve();
      });
    },
  };
}

function toLine(entry: LogEntry): string {
  const { timeMs, message, ...rest } = entry;
  const time = new Date(timeMs);
  const isoTime = Number.isNaN(time.getTime()) ? null : time.toISOString();
  return `${JSON.stringify({ time: isoTime, ...rest, message: message.slice(0, longestMessage) })}\n`;
}

function droppedEntry(next: LogEntry, count: number): LogEntry {
  return { ...next, level: 'warn', serverId: null, message: `${String(count)} log lines could not be written` };
}
