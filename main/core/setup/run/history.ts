/** The history of a server, with what this machine knows of the run that it shows. */
import type { RunRecord, RunView } from '../../../shared/setup/run.ts';
import { isOver, recapOf, runsHere } from '../../../shared/setup/run.ts';
import type { Manifest } from './manifest.ts';

/**
 * A run that never began on the server is not in its memory, and of one that was done there, what failed here afterwards
 * is not. Newest first, as `history` is.
 */
export function withShownRun(
  history: readonly RunRecord[],
  shown: { readonly view: RunView; readonly manifest: Pick<Manifest, 'by' | 'account'> } | null,
): readonly RunRecord[] {
  if (shown === null || !isOver(shown.view) || runsHere(shown.view)) return history;
  const { runId, kind, title, environment, startedMs, endedMs, state, steps } = shown.view;
  const { kind: outcome } = state;
  if (outcome !== 'failed' && outcome !== 'cancelled') return history;
  const told = history.find((each) => each.runId === runId);
  if (told) return history.map((each) => (each === told && told.outcome === 'done' ? { ...told, outcome } : each));
  const { by, account } = shown.manifest;
  const record: RunRecord = {
    runId,
    kind,
    title,
    environment,
    startedMs,
    endedMs,
    outcome,
    recap: recapOf(steps),
    by: `${by} as ${account}`,
    ...(state.kind === 'failed' && { why: state.failure.message }),
  };
  return [...history, record].sort((a, b) => b.startedMs - a.startedMs);
}
