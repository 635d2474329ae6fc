/** What a runner says (script/runner.ts), line by line, to what a person sees. Pure. */
import { failure } from '../../../shared/failure.ts';
import {
  recapOf,
  type RunLine,
  type RunRecord,
  type RunState,
  type RunView,
  type StepState,
  type StepView,
} from '../../../shared/setup/run.ts';
import { plainLine } from '../../../shared/setup/setup-words.ts';
import type { Manifest } from './manifest.ts';

export type RunEvent =
  | { readonly kind: 'line'; readonly stepId: string; readonly text: string }
  | { readonly kind: 'clock' | 'gone'; readonly atMs: number }
  | { readonly kind: 'begin'; readonly atMs: number; readonly stepId: string }
  | { readonly kind: 'note'; readonly atMs: number; readonly stepId: string; readonly text: string }
  | { readonly kind: 'end'; readonly atMs: number; readonly stepId: string; readonly state: StepState }
  | {
      readonly kind: 'over';
      readonly atMs: number;
      readonly outcome: 'done' | 'failed' | 'cancelled';
      readonly stepId: string | null;
      readonly undone: boolean;
    };

/** More of a line is not kept. */
export const longestLine = 4_000;
const endings: readonly StepState[] = ['ok', 'changed', 'failed', 'undone'];
const outcomes = ['done', 'failed', 'cancelled'] as const;

/** Null: not understood; a newer runner may say more. */
export function parseRunEvent(line: string): RunEvent | null {
  const output = /^\| (\S+) (.*)$/s.exec(line);
  if (output) return { kind: 'line', stepId: output[1] ?? '', text: plain(output[2] ?? '') };
  const [mark, epoch = '', kind = '', ...rest] = line.split(' ');
  const seconds = Number(epoch);
  if (mark !== '@' || !Number.isFinite(seconds)) return null;
  const atMs = Math.round(seconds * 1000);
  const stepId = rest[0] ?? '';
  switch (kind) {
    case 'clock':
    case 'gone':
      return { kind, atMs };
    case 'begin':
      return { kind, atMs, stepId };
    case 'note':
      return { kind, atMs, stepId, text: plain(rest.slice(1).join(' ')) };
    case 'end': {
      const state = endings.find((each) => each === rest[1]);
      return state ? { kind, atMs, stepId, state } : null;
    }
    case 'over': {
      const outcome = outcomes.find((each) => each === rest[0]);
      if (!outcome) return null;
      return { kind, atMs, outcome, stepId: rest[1] === '' ? null : (rest[1] ?? null), undone: rest[2] === 'undone' };
    }
    default:
      return null;
  }
}

const plain = (text: string): string => plainLine(text).slice(0, longestLine);

export function newRunView(
  runId: string,
  manifest: Pick<Manifest, 'kind' | 'title' | 'environment' | 'keeps'>,
  steps: readonly StepView[],
  state: RunView['state'],
  startedMs: number,
): RunView {
  const { kind, title, environment, keeps } = manifest;
  const run = { runId, kind, title, environment, startedMs, endedMs: null, state, steps, cancelling: null };
  return keeps ? { ...run, keeps } : run;
}

export const waitingStep = (id: string, title: string, place: StepView['place']): StepView => ({
  id,
  title,
  place,
  state: 'waiting',
  startedMs: null,
  endedMs: null,
  note: null,
});

export const stepViews = ({ steps }: Manifest, place: StepView['place'] = 'server'): readonly StepView[] =>
  steps.map(({ id, title }) => waitingStep(id, title, place));

/** `skewMs`: server’s clock minus ours. Events that are over and done change nothing when they come again. */
export function applyEvent(run: RunView, event: RunEvent, skewMs: number): RunView {
  const step = (id: string, change: (step: StepView) => StepView): RunView => ({
    ...run,
    steps: run.steps.map((each) => (each.id === id && each.place === 'server' ? change(each) : each)),
  });
  switch (event.kind) {
    case 'line':
    case 'clock':
    case 'gone':
      return run;
    case 'begin': {
      const startedMs = event.atMs - skewMs;
      return step(event.stepId, (each) => ({ ...each, state: 'running', startedMs, endedMs: null, note: null }));
    }
    case 'note':
      return step(event.stepId, (each) => ({ ...each, note: event.text }));
    case 'end': {
      const note = (each: StepView) => (event.state === 'failed' || event.state === 'undone' ? each.note : null);
      return step(event.stepId, (each) => ({
        ...each,
        state: event.state,
        endedMs: event.atMs - skewMs,
        note: note(each),
      }));
    }
    case 'over': {
      const steps = event.outcome === 'done' ? run.steps : run.steps.map(skipWaiting);
      return { ...run, steps, endedMs: event.atMs - skewMs, cancelling: null, state: endState(run, event) };
    }
    default:
      return event satisfies never;
  }
}

export const skipWaiting = (step: StepView): StepView =>
  step.state === 'waiting' ? { ...step, state: 'skipped' } : step;

/** Of a run that ended without a word: what was in hand came to no end. `endedMs` null: nobody knows when. */
export const cutOff =
  (endedMs: number | null) =>
  (step: StepView): StepView =>
    step.state === 'running' ? { ...step, state: 'failed', endedMs, note: 'cut off' } : skipWaiting(step);

function endState(run: RunView, event: Extract<RunEvent, { kind: 'over' }>): RunState {
  const { outcome, stepId, undone } = event;
  if (outcome === 'done') return { kind: 'done' };
  if (outcome === 'cancelled') return { kind: 'cancelled', stepId, undone };
  const title = run.steps.find((each) => each.id === stepId)?.title ?? stepId ?? 'A step';
  return {
    kind: 'failed',
    stepId,
    failure: failure('conflict', `${title}: this step failed on the server.`, {
      hint: 'See what it said, mend the cause, and try again: it goes on with this step.',
    }),
  };
}

/** A run from the server’s own notes. `isAlive`: its runner is at work. */
export function recordOf(runId: string, manifest: Manifest, lines: readonly string[], isAlive: boolean): RunRecord {
  const events = lines.map(parseRunEvent).filter((each): each is RunEvent => each !== null);
  const startedMs = events.find((each) => 'atMs' in each)?.atMs ?? 0;
  const start = newRunView(runId, manifest, stepViews(manifest), { kind: 'running' }, startedMs);
  const run = events.reduce((now, event) => applyEvent(now, event, 0), start);
  const { kind } = run.state;
  const outcome =
    kind === 'done' || kind === 'failed' || kind === 'cancelled' ? kind : isAlive ? 'running' : 'interrupted';
  const steps = outcome === 'interrupted' ? run.steps.map(cutOff(null)) : run.steps;
  return recordFrom({ ...run, steps }, outcome, manifest);
}

export const recordFrom = (
  { runId, kind, title, environment, startedMs, endedMs, steps }: RunView,
  outcome: RunRecord['outcome'],
  { by, account }: Pick<Manifest, 'by' | 'account'>,
): RunRecord => ({
  runId,
  kind,
  title,
  environment,
  startedMs,
  endedMs,
  outcome,
  recap: recapOf(steps),
  by: `${by} as ${account}`,
});

/** Keeps the newest lines of a run for those who look. */
export class RunLog {
  static readonly kept = 5_000;
  #lines: RunLine[] = [];
  #next = 0;

  add(stepId: string, text: string): RunLine {
    const line = { seq: this.#next, stepId, text };
    this.#next += 1;
    this.#lines.push(line);
    if (this.#lines.length > RunLog.kept * 1.2) this.#lines = this.#lines.slice(-RunLog.kept);
    return line;
  }

  read(afterSeq = -1): readonly RunLine[] {
    return this.#lines.filter((each) => each.seq > afterSeq).slice(-RunLog.kept);
  }

  /** The last words of a step. */
  tail(stepId: string, count: number): readonly string[] {
    return this.#lines
      .filter((each) => each.stepId === stepId)
      .slice(-count)
      .map((each) => each.text);
  }
}
