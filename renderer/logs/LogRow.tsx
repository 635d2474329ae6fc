import { memo } from 'react';
import type { LogEntry } from '../../main/shared/log.ts';

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export const logTime = (timeMs: number): string => clock.format(timeMs);

export const LogRow = memo(function LogRow({ entry }: { entry: LogEntry }) {
  return (
    <div className="log-row" data-level={entry.level}>
      <time className="log-time" title={full.format(entry.timeMs)}>
        {logTime(entry.timeMs)}
      </time>
      <span className="log-level">{entry.level}</span>
      <span className="log-message">{entry.message}</span>
    </div>
  );
});
