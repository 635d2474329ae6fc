import type { RunRecord } from '../../main/shared/setup/run.ts';
import { describeRecord, outcomeOf } from '../../main/shared/setup/setup-words.ts';
import { dayAndTime } from '../shell/day-and-time.ts';
import { FoldedSection } from '../shell/Fold.tsx';
import { StateShape } from '../shell/StateShape.tsx';

/** What was run on the server before, from whichever machine. */
export function RunHistory({ history }: { history: readonly RunRecord[] }) {
  return (
    <FoldedSection title="Earlier runs" aside={<span className="dim figures">{history.length}</span>}>
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
              <div>{dayAndTime(record.startedMs)}</div>
              <div>{record.by}</div>
            </div>
          </li>
        ))}
      </ul>
    </FoldedSection>
  );
}
