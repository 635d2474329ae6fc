/** The history of a server, with what this machine knows of the run that it shows. */
import { failureLine } from '../../../shared/failure.ts';
import { isOver, runsHere, type RunRecord } from '../../../shared/setup/run.ts';
import type { Active } from './run-board.ts';
import { recordFrom } from './run-events.ts';

/**
 * A run that never began on the server is not in its memory, and of one that was done there, what failed here afterwards
 * is not. Newest first, as `history` is.
 */
export function withShownRun(
  history: readonly RunRecord[],
  shown: Pick<Active, 'run' | 'manifest'> | undefined,
): readonly RunRecord[] {
  if (!shown) return history;
  const { view } = shown.run;
  if (!isOver(view) || runsHere(view)) return history;
  const { runId, state } = view;
  const { kind: outcome } = state;
  if (outcome !== 'failed' && outcome !== 'cancelled') return history;
  const told = history.find((each) => each.runId === runId);
  if (told) return history.map((each) => (each === told && told.outcome === 'done' ? { ...told, outcome } : each));
  const record: RunRecord = {
    ...recordFrom(view, outcome, shown.manifest),
    ...(state.kind === 'failed' && { why: failureLine(state.failure) }),
  };
  return [...history, record].sort((a, b) => b.startedMs - a.startedMs);
}
