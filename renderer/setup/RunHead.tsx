import { memo } from 'react';
import { isOver, runsHere, type RunView } from '../../main/shared/setup/run.ts';
import {
  describeClock,
  describeTook,
  progressWords,
  recapWords,
  runLight,
  runProgress,
} from '../../main/shared/setup/setup-words.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { useNow } from '../shell/use-now.ts';

/** Title, how far it is, for how long, and what to know about it. */
export const RunHead = memo(function RunHead({ run }: { run: RunView }) {
  const { finished, of } = runProgress(run);
  const progress = progressWords(run);
  const over = isOver(run);
  const words = wordsFor(run);
  return (
    <section className="panel run-head" aria-label="Run">
      <div className="panel-head">
        <StateShape light={runLight(run)} size={13} />
        <h2>{run.title}</h2>
        {run.environment !== 'main' && <span className="badge">{run.environment}</span>}
        <span className="run-count figures dim">
          {progress !== null && `${progress} · `}
          {over ? describeTook((run.endedMs ?? run.startedMs) - run.startedMs) : <RunClock startedMs={run.startedMs} />}
        </span>
      </div>
      <div
        className="run-bar"
        data-light={runLight(run)}
        role="progressbar"
        aria-label={run.title}
        aria-valuemin={0}
        aria-valuemax={of}
        aria-valuenow={finished}
      >
        <div style={{ width: `${String(of === 0 ? 0 : (finished / of) * 100)}%` }} />
      </div>
      <p className="dim" role="status">
        {words}
      </p>
    </section>
  );
});

/** Alone it is drawn anew each second. */
function RunClock({ startedMs }: { startedMs: number }) {
  const nowMs = useNow(true);
  return describeClock(nowMs - startedMs);
}

/** Of a playbook at work. */
function wordsHere({ cancelling }: RunView): string {
  if (cancelling === 'now') return 'Stopping: what it has changed so far stays.';
  if (cancelling === 'after-step') return 'It is finished first: a playbook can’t be stopped between its tasks.';
  return 'Runs on this machine: it needs Mooring, and this machine awake, until its end.';
}

function wordsFor(run: RunView): string {
  const { state, cancelling } = run;
  switch (state.kind) {
    case 'preparing':
      return 'Getting ready: reading the server and handing over what it needs.';
    case 'needs-you':
      return 'Waits for your answer.';
    case 'running':
      if (runsHere(run)) return wordsHere(run);
      if (cancelling === 'now') return 'Stopping: the step in hand is cut off and taken back.';
      if (cancelling === 'after-step') return 'Stops after the step in hand.';
      return 'Runs on the server by itself: closing the lid does not stop it.';
    case 'out-of-sight':
      return 'Out of sight: the connection is away. It goes on on the server, and is picked up when the connection is back.';
    case 'done':
      return `Done: ${recapWords(run)}.`;
    case 'failed':
      return `Failed: ${recapWords(run)}.`;
    case 'cancelled':
      return `Stopped: ${recapWords(run)}.`;
    case 'interrupted':
      return 'Interrupted: it ended on the server without a word.';
    default:
      return state satisfies never;
  }
}
