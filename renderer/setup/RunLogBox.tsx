import { Button, Switch, TextInput } from '@mantine/core';
import { IconArrowDown, IconCheck, IconCopy, IconSearch } from '@tabler/icons-react';
import { memo, useDeferredValue, useLayoutEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { RunLine } from '../../main/shared/setup/run.ts';
import { useClipboard } from '../shell/use-clipboard.ts';
import { allLines, type RunLog } from './run-log.ts';

const matches = ({ stepId, text }: RunLine, wanted: string): boolean =>
  wanted === '' || `${stepId} ${text}`.toLowerCase().includes(wanted);

interface Props {
  readonly log: RunLog;
  readonly over: boolean;
  readonly failedStepId: string | null;
}

/** What the run says, line by line, as the server says it. */
export const RunLogBox = memo(function RunLogBox({ log, over, failedStepId }: Props) {
  const state = useStore(log);
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const { copied, copy } = useClipboard();
  const box = useRef<HTMLDivElement>(null);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const isEmpty = state.blocks.length === 0;

  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, state, wanted]);

  return (
    <section className="run-log" aria-label="Log of the run">
      <div className="run-log-tools">
        <TextInput
          className="logs-search"
          size="xs"
          aria-label="Filter the log of the run"
          placeholder="Filter"
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
          disabled={isEmpty}
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={() =>
            void copy(
              allLines(state)
                .filter((each) => matches(each, wanted))
                .map((each) => `${each.stepId}\t${each.text}`)
                .join('\n'),
            )
          }
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <div className="terminal">
        <div
          ref={box}
          className="terminal-box"
          role="log"
          aria-label="Output"
          aria-live="off"
          tabIndex={0}
          onScroll={(event) => {
            const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
            setFollow(scrollHeight - scrollTop - clientHeight < 24);
          }}
        >
          {state.blocks.map((block) => (
            <LogBlock key={block[0]?.seq} lines={block} wanted={wanted} failedStepId={failedStepId} />
          ))}
          {isEmpty && state.asked && (
            <p className="terminal-none">{over ? 'It has said nothing.' : 'Nothing has been said yet.'}</p>
          )}
        </div>
        {!follow && !isEmpty && (
          <Button
            className="logs-latest"
            size="compact-sm"
            leftSection={<IconArrowDown size={14} />}
            onClick={() => {
              setFollow(true);
            }}
          >
            Latest
          </Button>
        )}
      </div>
    </section>
  );
});

interface BlockProps {
  readonly lines: readonly RunLine[];
  readonly wanted: string;
  readonly failedStepId: string | null;
}

const LogBlock = memo(function LogBlock({ lines, wanted, failedStepId }: BlockProps) {
  return lines
    .filter((each) => matches(each, wanted))
    .map((line) => <LogLine key={line.seq} line={line} failed={line.stepId === failedStepId} />);
});

const LogLine = memo(function LogLine({ line: { stepId, text }, failed }: { line: RunLine; failed: boolean }) {
  return (
    <div className="terminal-line" data-failed={failed}>
      <span className="terminal-step">{stepId}</span>
      <span className="terminal-text">{text}</span>
    </div>
  );
});
