import { Button, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { IconArrowDown, IconCheck, IconCopy, IconSearch } from '@tabler/icons-react';
import { useDeferredValue, useLayoutEffect, useRef, useState } from 'react';
import { logLevels, type LogEntry, type LogLevel } from '../../main/shared/log.ts';
import { useClipboard } from '../shell/use-clipboard.ts';
import { LogRow, logTime } from './LogRow.tsx';
import { useLogs } from './use-logs.ts';

const levelWords: Record<LogLevel, string> = { debug: 'All', info: 'Info', warn: 'Warnings', error: 'Errors' };

const shownAs = (entry: LogEntry): string =>
  `${new Date(entry.timeMs).toISOString()} ${entry.level.padEnd(5)} ${entry.message}`;

export function LogsTab({ serverId }: { serverId: string }) {
  const entries = useLogs(serverId);
  const [level, setLevel] = useState<LogLevel>('info');
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const { copied, copy } = useClipboard();
  const box = useRef<HTMLDivElement>(null);

  const wanted = useDeferredValue(search.trim().toLowerCase());
  const lowest = logLevels.indexOf(level);
  const shown = (entries ?? []).filter(
    (each) => logLevels.indexOf(each.level) >= lowest && each.message.toLowerCase().includes(wanted),
  );

  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, shown.length, entries]);

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
        <TextInput
          className="logs-search"
          size="xs"
          aria-label="Search the log"
          placeholder="Search"
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
          }}
        />
        <Switch
          size="xs"
          label="Follow"
          checked={follow}
          onChange={(event) => {
            setFollow(event.currentTarget.checked);
          }}
        />
        <Button
          size="xs"
          variant="default"
          disabled={shown.length === 0}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={() => void copy(shown.map(shownAs).join('\n'))}
        >
          {copied ? 'Copied' : `Copy ${String(shown.length)} ${shown.length === 1 ? 'line' : 'lines'}`}
        </Button>
      </div>
      <div
        ref={box}
        className="logs-box"
        role="log"
        aria-label="Connection events"
        aria-live="off"
        tabIndex={0}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          setFollow(scrollHeight - scrollTop - clientHeight < 24);
        }}
      >
        {shown.map((entry) => (
          <LogRow key={entry.seq} entry={entry} />
        ))}
        {entries !== null && shown.length === 0 && (
          <p className="logs-none dim">{entries.length === 0 ? 'Nothing has happened yet.' : 'Nothing matches.'}</p>
        )}
      </div>
      {!follow && shown.length > 0 && (
        <Button
          className="logs-latest"
          size="compact-sm"
          leftSection={<IconArrowDown size={14} />}
          onClick={() => {
            setFollow(true);
          }}
        >
          Latest{shown.at(-1) && `, ${logTime(shown.at(-1)?.timeMs ?? 0)}`}
        </Button>
      )}
    </div>
  );
}
