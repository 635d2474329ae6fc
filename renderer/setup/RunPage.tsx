import { useEffect, useState, type ReactNode } from 'react';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { isOver, runsHere, type RunView } from '../../main/shared/setup/run.ts';
import { useLink } from '../api/store.ts';
import { ConnectFirst } from './ConnectFirst.tsx';
import { createRunLog } from './run-log.ts';
import { RunEnd } from './RunEnd.tsx';
import { RunHead } from './RunHead.tsx';
import { RunLogBox } from './RunLogBox.tsx';
import { RunSteps } from './RunSteps.tsx';
import { StopButtons } from './StopButtons.tsx';

interface Props {
  readonly server: ServerView;
  readonly run: RunView;
  /** In the place of “Close” when all went well. */
  readonly doneButton?: ReactNode;
}

/** A run, live or over: how far it is and its steps on one side, what it says on the other. */
export function RunPage(props: Props) {
  return <OneRun key={props.run.runId} {...props} />;
}

function OneRun({ server, run, doneButton }: Props) {
  const serverId = server.profile.id;
  const live = useLink().kind === 'live';
  const [log] = useState(() => createRunLog(serverId, run.runId));
  useEffect(() => (live ? log.follow() : undefined), [log, live]);
  const over = isOver(run);
  const stoppedAt = run.state.kind === 'failed' ? run.state.stepId : null;
  return (
    <div className="run">
      <div className="run-main">
        {!over && run.state.kind !== 'out-of-sight' && (
          <ConnectFirst profile={server.profile} connection={server.connection} />
        )}
        <RunHead run={run} />
        {over && <RunEnd server={server} run={run} log={log} doneButton={doneButton} />}
        <RunSteps steps={run.steps} />
        {!over && (
          <StopButtons
            serverId={serverId}
            cancelling={run.cancelling}
            possible={['preparing', 'running'].includes(run.state.kind)}
            here={runsHere(run)}
          />
        )}
      </div>
      <RunLogBox log={log} over={over} failedStepId={stoppedAt} />
    </div>
  );
}
