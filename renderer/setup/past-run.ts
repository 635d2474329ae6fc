/** Which run is no longer news: it ended well, and was seen, or ended long ago. */
import { useEffect, useState } from 'react';
import type { RunView } from '../../main/shared/setup/run.ts';
import { keep, readKept } from './kept.ts';

const keptIn = 'mooring-seen-runs';
const mostKept = 50;
const oldMs = 15 * 60_000;

const isSeen = (runId: string): boolean => runId in readKept(keptIn);

function noteSeen(runId: string): void {
  const others = Object.entries(readKept(keptIn)).filter(([each]) => each !== runId);
  keep(keptIn, Object.fromEntries([...others, [runId, true]].slice(-mostKept)));
}

const isPast = (run: RunView | null): boolean =>
  run?.state.kind === 'done' && (isSeen(run.runId) || Date.now() - (run.endedMs ?? Date.now()) > oldMs);

/** Whether a run need not come first. Decided when it is first met: a run is not taken from under somebody's eyes. */
export function usePastRun(run: RunView | null): boolean {
  const runId = run?.runId ?? null;
  const [met, setMet] = useState(() => ({ runId, past: isPast(run) }));
  const now = met.runId === runId ? met : { runId, past: isPast(run) };
  if (now !== met) setMet(now);
  const isShownDone = run?.state.kind === 'done' && !now.past;
  useEffect(() => {
    if (runId === null || !isShownDone) return undefined;
    return () => {
      noteSeen(runId);
    };
  }, [runId, isShownDone]);
  return now.past;
}
