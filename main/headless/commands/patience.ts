/** `--timeout`: how long a command waits for a connection. The same for all that wait for one. */
import { Option } from 'commander';
import { wrongUse } from '../exit-codes.ts';
import type { Context } from './context.ts';

export interface PatienceOption {
  /** Milliseconds; 0: no limit. */
  readonly timeout?: number;
}

const usualMs = 60_000;
const longestMs = 86_400_000;
const unitMs: Readonly<Record<string, number>> = { '': 1_000, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

export const timeoutOption = (): Option =>
  new Option(
    '--timeout <duration>',
    'stop waiting for the connection after this long, such as 90s or 5m; 0: never (default: 60s, at a terminal never)',
  ).argParser(parseDuration);

/** Milliseconds; 0: no limit. Who sits at a terminal sees what is waited for and why, and can end it. */
export const patienceMs = ({ terminal }: Pick<Context, 'terminal'>, { timeout }: PatienceOption): number =>
  timeout ?? (terminal.interactive ? 0 : usualMs);

/** `90s`, `5m`, `1.5h`, or seconds alone; a day is the most. Gives milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,8}(?:\.\d{1,3})?) ?(s|m|min|h)?$/i.exec(text.trim());
  const ms = Number(match?.[1]) * (unitMs[match?.[2]?.toLowerCase() ?? ''] ?? 0);
  if (match && ms <= longestMs) return Math.round(ms);
  throw wrongUse(`${text} is not a duration.`, 'Write it as 90s, 5m or 1h; 24h is the most, and 0 waits for ever.');
}
