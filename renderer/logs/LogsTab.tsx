import { SegmentedControl } from '@mantine/core';
import { useDeferredValue, useState } from 'react';
import { logLevels, type LogEntry, type LogLevel } from '../../main/shared/log.ts';
import { LogTools, ToLatest } from '../shell/LogTools.tsx';
import { useFollow } from '../shell/use-follow.ts';
import { LogRow, logTime } from './LogRow.tsx';
import { useLogs } from './use-logs.ts';

const levelWords: Record<LogLevel, string> = { debug: 'All', info: 'Info', warn: 'Warnings', error: 'Errors' };

const shownAs = (entry: LogEntry): string =>
  `${new Date(entry.timeMs).toISOString()} ${entry.level.padEnd(5)} ${entry.message}`;

export function LogsTab({ serverId }: { serverId: string }) {
  const entries = useLogs(serverId);
  const [level, setLevel] = useState<LogLevel>('info');
  const [search, setSearch] = useState('');

  const wanted = useDeferredValue(search.trim().toLowerCase());
  const lowest = logLevels.indexOf(level);
  const shown = (entries ?? []).filter(
    (each) => logLevels.indexOf(each.level) >= lowest && each.message.toLowerCase().includes(wanted),
  );
  const last = shown.at(-1);
  const { box, onScroll, ...following } = useFollow(`${String(shown.length)} ${String(last?.seq)}`);

  return (
    <div className="logs">
      <div className="logs-tools">
        <SegmentedControl
          size="xs"
          aria-label="Least level shown"
          data={logLevels.map((each) => ({ value: each, label: levelWords[each] }))}
          value={level}
          onChange={(value) => {
            setLevel(logLevels.find((each) => each === value) ?? 'info');
          }}
        />
        <LogTools
          searchLabel="Filter the log"
          search={search}
          onSearch={setSearch}
          following={following}
          copyLabel={`Copy ${String(shown.length)} ${shown.length === 1 ? 'line' : 'lines'}`}
          text={shown.length === 0 ? null : () => shown.map(shownAs).join('\n')}
        />
      </div>
      <div
        ref={box}
        className="logs-box"
        role="log"
        aria-label="Connection events"
        aria-live="off"
        tabIndex={0}
        onScroll={onScroll}
      >
        {shown.map((entry) => (
          <LogRow key={entry.seq} entry={entry} />
        ))}
        {entries !== null && shown.length === 0 && (
          <p className="logs-none dim">{entries.length === 0 ? 'Nothing has happened yet.' : 'Nothing matches.'}</p>
        )}
      </div>
      {last !== undefined && <ToLatest following={following}>Latest, {logTime(last.timeMs)}</ToLatest>}
    </div>
  );
}
