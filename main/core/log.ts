/** Keeps the newest entries in memory, hands every one to the sink and to whoever follows. */
import type { LogEntry, LogLevel } from '../shared/log.ts';
import { withoutControls } from './foreign-text.ts';
import type { Clock, LogSink } from './ports.ts';

const keptEntries = 5000;
/** A hostile server's text must not fill memory or screen. */
const longestMessage = 2000;

export class Log {
  #entries: LogEntry[] = [];
  #seq = 0;
  readonly #clock: Clock;
  readonly #sink: LogSink;
  readonly #tell: (entry: LogEntry) => void;

  constructor(clock: Clock, sink: LogSink, tell: (entry: LogEntry) => void) {
    this.#clock = clock;
    this.#sink = sink;
    this.#tell = tell;
  }

  write(level: LogLevel, serverId: string | null, message: string): void {
    this.#seq += 1;
    const entry = { seq: this.#seq, timeMs: this.#clock.nowMs(), level, serverId, message: tidy(message) };
    this.#entries.push(entry);
    // Cut in blocks, so that a busy log does not copy itself for every line.
    if (this.#entries.length > keptEntries * 1.2) this.#entries = this.#entries.slice(-keptEntries);
    this.#sink.write(entry);
    this.#tell(entry);
  }

  /** Oldest first; the newest `limit` of those that match. */
  read(filter: {
    serverId?: string | undefined;
    afterSeq?: number | undefined;
    limit?: number | undefined;
  }): LogEntry[] {
    return this.#entries
      .filter((each) => filter.serverId === undefined || each.serverId === filter.serverId)
      .filter((each) => each.seq > (filter.afterSeq ?? 0))
      .slice(-(filter.limit ?? 1000));
  }
}

/** Control characters could move a terminal's cursor or fake a line; what comes from a server is shown without them. */
function tidy(message: string): string {
  const plain = withoutControls(message).trim();
  return plain.length > longestMessage ? `${plain.slice(0, longestMessage)} …` : plain;
}
