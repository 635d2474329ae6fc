/** The one stream beside the snapshot: what happened, in words, without secrets. */

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogEntry {
  /** Grows by one per entry within a core's life. */
  readonly seq: number;
  readonly timeMs: number;
  readonly level: LogLevel;
  /** null: the app itself. */
  readonly serverId: string | null;
  readonly message: string;
}
