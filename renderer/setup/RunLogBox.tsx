import { memo, useDeferredValue, useState } from 'react';
import { useStore } from 'zustand';
import type { RunLine } from '../../main/shared/setup/run.ts';
import { LogTools, ToLatest } from '../shell/LogTools.tsx';
import { useFollow } from '../shell/use-follow.ts';
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
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const { box, onScroll, ...following } = useFollow(`${String(state.lastSeq)} ${wanted}`);
  const isEmpty = state.blocks.length === 0;
  const copied = (): string =>
    allLines(state)
      .filter((each) => matches(each, wanted))
      .map((each) => `${each.stepId}\t${each.text}`)
      .join('\n');

  if (over && isEmpty) {
    return (
      <section className="run-log" aria-label="Log of the run">
        {state.asked && <p className="dim">Nothing of what it said is kept here.</p>}
      </section>
    );
  }
  return (
    <section className="run-log" aria-label="Log of the run">
      <div className="run-log-tools">
        <LogTools
          searchLabel="Filter the log of the run"
          search={search}
          onSearch={setSearch}
          following={following}
          copyLabel="Copy"
          text={isEmpty ? null : copied}
        />
      </div>
      <div className="terminal">
        <div
          ref={box}
          className="terminal-box"
          role="log"
          aria-label="Output"
          aria-live="off"
          tabIndex={0}
          onScroll={onScroll}
        >
          {state.blocks.map((block) => (
            <LogBlock key={block[0]?.seq} lines={block} wanted={wanted} failedStepId={failedStepId} />
          ))}
          {isEmpty && state.asked && <p className="terminal-none">Nothing has been said yet.</p>}
        </div>
        {!isEmpty && <ToLatest following={following}>Latest</ToLatest>}
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
