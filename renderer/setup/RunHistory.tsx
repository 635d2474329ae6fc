import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { RunRecord } from '../../main/shared/setup/run.ts';
import { describeRecord, outcomeOf } from '../../main/shared/setup/setup-words.ts';
import { StateShape } from '../shell/StateShape.tsx';

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** What was run on the server before, from whichever machine. */
export function RunHistory({ history }: { history: readonly RunRecord[] }) {
  const [unfolded, setUnfolded] = useState(false);
  return (
    <section className="setup-section" aria-label="Earlier runs">
      <UnstyledButton
        className="fold"
        aria-expanded={unfolded}
        onClick={() => {
          setUnfolded(!unfolded);
        }}
      >
        <IconChevronRight className="fold-mark" size={14} aria-hidden />
        Earlier runs <span className="dim figures">{history.length}</span>
      </UnstyledButton>
      {unfolded && (
        <ul className="history">
          {history.map((record) => (
            <li key={record.runId}>
              <StateShape light={outcomeOf(record.outcome).light} />
              <div className="history-text">
                <div>
                  {record.title} <span className="badge">{record.environment}</span>
                </div>
                <div className="dim">{describeRecord(record)}</div>
              </div>
              <div className="history-when dim figures">
                <div>{when.format(record.startedMs)}</div>
                <div>{record.by}</div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
