/** Runs, their steps and checks in words and marks. Window and command line say the same because both ask here. */
import { failureLine } from '../failure.ts';
import type { Forward } from '../forward.ts';
import type { ServerProfile } from '../server.ts';
import { describeDuration, type Light } from '../words.ts';
import type { PlanRemark } from './plan.ts';
import {
  isOver,
  recapHere,
  recapOf,
  runsHere,
  type Recap,
  type RunRecord,
  type RunView,
  type StepState,
  type StepView,
} from './run.ts';
import type { InstalledStack, StackDraft } from './stack.ts';
import type { VerifyStep, VerifyView } from './verify.ts';

/** What a step looks like: a mark, its light for the colour, and the word for those who see neither. */
export interface StepMark {
  readonly mark: string;
  readonly light: Light;
  readonly words: string;
}

const stepMarks: Record<StepState | VerifyStep['state'], StepMark> = {
  waiting: { mark: '○', light: 'off', words: 'to come' },
  running: { mark: '◐', light: 'working', words: 'running' },
  ok: { mark: '✓', light: 'up', words: 'nothing to do' },
  changed: { mark: '✓', light: 'up', words: 'changed' },
  failed: { mark: '✕', light: 'failed', words: 'failed' },
  skipped: { mark: '–', light: 'off', words: 'skipped' },
  warned: { mark: '▲', light: 'needs-you', words: 'well, with a remark' },
  undone: { mark: '↩', light: 'needs-you', words: 'taken back' },
};

/** Of a step of a run. */
export const stepMark = (state: StepState): StepMark => stepMarks[state];

/** Of a step of a check, where `ok` says that it went well. */
export const verifyMark = (state: VerifyStep['state']): StepMark =>
  state === 'ok' ? { ...stepMarks.ok, words: 'well' } : stepMarks[state];

/** `0.4 s`, `23 s`, `2 min 5 s`, `1 h 3 min`. */
export function describeTook(tookMs: number): string {
  const ms = Math.max(0, tookMs);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0 || minutes >= 60) return describeDuration(ms);
  return seconds % 60 === 0 ? `${String(minutes)} min` : `${String(minutes)} min ${String(seconds % 60)} s`;
}

/** A running clock: `0:41`, `12:03`, `1:00:09`. */
export function describeClock(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0
    ? `${String(hours)}:${two(minutes)}:${two(seconds % 60)}`
    : `${String(minutes)}:${two(seconds % 60)}`;
}

/** How long a step took, or takes up to `nowMs`; null before it began, and for one that had nothing to do. */
export function stepTookMs(step: StepView, nowMs: number): number | null {
  if (step.startedMs === null) return null;
  return (step.endedMs ?? nowMs) - step.startedMs;
}

/** How far a run is, with what this machine does at its end. `at`: the step in hand, from 1; `finished` of `of` are behind it. */
export function runProgress({ steps, state: { kind } }: Pick<RunView, 'steps' | 'state'>): {
  at: number;
  finished: number;
  of: number;
} {
  const of = steps.length;
  // Where it came to no good end, it never came to what was skipped.
  const passed: readonly StepState[] = kind === 'done' ? ['ok', 'changed', 'skipped'] : ['ok', 'changed'];
  const finished = steps.filter(({ state }) => passed.includes(state)).length;
  const running = steps.findIndex((each) => each.state === 'running');
  return { at: running === -1 ? Math.min(of, finished) : running + 1, finished, of };
}

/** `step 3 of 9` while it goes on, `9 of 9` once it is over; null: its steps are not known yet. */
export function progressWords(run: Pick<RunView, 'steps' | 'state'>): string | null {
  const { at, finished, of } = runProgress(run);
  if (of === 0) return null;
  if (isOver(run)) return `${String(finished)} of ${String(of)}`;
  return at === 0 ? 'starting' : `step ${String(at)} of ${String(of)}`;
}

export function runLight({ state }: Pick<RunView, 'state'>): Light {
  switch (state.kind) {
    case 'preparing':
    case 'running':
    case 'out-of-sight':
      return 'working';
    case 'needs-you':
      return 'needs-you';
    case 'done':
      return 'up';
    case 'failed':
    case 'interrupted':
      return 'failed';
    case 'cancelled':
      return 'off';
    default:
      return state satisfies never;
  }
}

/** `3 ok, 9 changed, 1 skipped`; `12 ok, 0 changed` where nothing was to do. */
export const recapLine = (recap: Recap): string =>
  `${String(recap.ok)} ok, ${String(recap.changed)} changed${unwellWords(recap)}`;

/** Behind other counts; empty where all went well. */
const unwellWords = ({ failed, skipped }: Recap): string =>
  `${failed > 0 ? `, ${String(failed)} failed` : ''}${skipped > 0 ? `, ${String(skipped)} skipped` : ''}`;

/** The counts of a run as its history has them, and beside them what was done on this machine. */
export function recapWords({ steps }: Pick<RunView, 'steps'>): string {
  const here = recapHere(steps);
  return here === null ? recapLine(recapOf(steps)) : `${recapLine(recapOf(steps))}; on this computer ${hereLine(here)}`;
}

/** `2 ok, 1 failed`: of what was done on this machine, where nothing is changed, but done. */
const hereLine = (recap: Recap): string => `${String(recap.ok + recap.changed)} ok${unwellWords(recap)}`;

/** The step that a failed or cancelled run stopped at. */
export function stoppedStep({ state, steps }: RunView): StepView | undefined {
  if (state.kind !== 'failed' && state.kind !== 'cancelled') return undefined;
  return steps.find((each) => each.id === state.stepId);
}

/** How a run stands, in one line without its title: `step 4 of 7 · 0:41`, `done in 2 min 5 s · 3 ok, 9 changed`. */
export function describeRun(run: RunView, nowMs: number): string {
  const { state } = run;
  const elapsedMs = (run.endedMs ?? nowMs) - run.startedMs;
  const step = stoppedStep(run);
  switch (state.kind) {
    case 'preparing':
      return 'getting ready';
    case 'needs-you':
      return 'needs you';
    case 'running':
      return `${progressWords(run) ?? 'starting'} · ${describeClock(elapsedMs)}`;
    case 'out-of-sight':
      return 'out of sight: it goes on on the server';
    case 'done':
      return `done in ${describeTook(elapsedMs)} · ${recapWords(run)}`;
    case 'failed':
      return step === undefined
        ? `failed: ${failureLine(state.failure)}`
        : `failed at “${step.title}”: ${withoutTitle(failureLine(state.failure), step)}`;
    case 'cancelled':
      return describeStop(step, state.undone);
    case 'interrupted':
      return 'interrupted: it ended without a word';
    default:
      return state satisfies never;
  }
}

const withoutTitle = (words: string, { title }: StepView): string =>
  words.startsWith(`${title}: `) ? words.slice(title.length + 2) : words;

/** `step` undefined: it came to none. */
export function describeStop(step: StepView | undefined, undone: boolean): string {
  if (step === undefined) return 'stopped before the first step';
  if (undone) return `stopped: “${step.title}” was taken back`;
  return `stopped ${step.state === 'failed' ? 'in the middle of' : 'after'} “${step.title}”`;
}

/** What a person can do about a run that came to no good end. */
export function nextAfter(run: RunView): string | null {
  const { state, kind } = run;
  const what = kind === 'uninstall' ? 'uninstalling' : 'setting up';
  switch (state.kind) {
    case 'failed':
      return state.failure.hint ?? 'Mend the cause and try again: what is done already is not done again.';
    case 'cancelled':
      if (runsHere(run)) return 'What it has changed stays. Run it again whenever you like.';
      return `What was finished stays. Go on with ${what} whenever you like: it begins where it stopped.`;
    case 'interrupted':
      return 'The server was restarted, or somebody ended it. Go on: what is done already is not done again.';
    case 'out-of-sight':
      return 'It is picked up as soon as the connection is back.';
    case 'preparing':
    case 'needs-you':
    case 'running':
    case 'done':
      return null;
    default:
      return state satisfies never;
  }
}

const outcomeWords: Record<RunRecord['outcome'], { readonly words: string; readonly light: Light }> = {
  running: { words: 'running', light: 'working' },
  done: { words: 'done', light: 'up' },
  failed: { words: 'failed', light: 'failed' },
  cancelled: { words: 'stopped', light: 'off' },
  interrupted: { words: 'interrupted', light: 'failed' },
};

export const outcomeOf = (outcome: RunRecord['outcome']) => outcomeWords[outcome];

/** `done in 48 s on the server · 3 ok, 9 changed`: a line of the history, which counts and times the server’s part. */
export function describeRecord({ outcome, startedMs, endedMs, recap, why }: RunRecord): string {
  const { words } = outcomeWords[outcome];
  if (why !== undefined) return `${words} before it began: ${why}`;
  // All went well there: it was what this machine did afterwards.
  const where = outcome === 'failed' && recap.failed === 0 ? ' on this computer,' : '';
  const took =
    endedMs === null
      ? ''
      : ` ${outcome === 'done' ? 'in' : 'after'} ${describeTook(endedMs - startedMs)} on the server`;
  return `${words}${where}${took} · ${recapLine(recap)}`;
}

/** Shapes go with the words: what stops a plan, what is unwise, what is good to know. */
export const remarkLights: Record<PlanRemark['level'], { readonly light: Light | null; readonly words: string }> = {
  stop: { light: 'failed', words: 'Can’t be done' },
  warning: { light: 'needs-you', words: 'Careful' },
  note: { light: null, words: 'Good to know' },
};

/** Sizes of the artifact that a check sends and fetches. From 500 MB on, MLflow uploads in parts of its own accord. */
export const artifactSizes = [
  { bytes: 1_000_000, label: '1 MB' },
  { bytes: 100_000_000, label: '100 MB' },
  { bytes: 600_000_000, label: '600 MB' },
] as const;

export type VerifyOutcome = 'running' | 'well' | 'failed' | 'cancelled';

export function verifyOutcome({ endedMs, failure, cancelled }: VerifyView): VerifyOutcome {
  if (endedMs === null) return 'running';
  if (cancelled) return 'cancelled';
  return failure === null ? 'well' : 'failed';
}

/** `checking: 3 of 9`, `well, in 4.2 s`, `failed: the artifact came back changed`. */
export function describeVerify(view: VerifyView, nowMs: number): string {
  const took = describeTook((view.endedMs ?? nowMs) - view.startedMs);
  switch (verifyOutcome(view)) {
    case 'running': {
      const behind = view.steps.filter((each) => each.state !== 'waiting' && each.state !== 'running').length;
      return `checking: ${String(behind)} of ${String(view.steps.length)}`;
    }
    case 'well':
      return `well, in ${took}`;
    case 'failed':
      return `failed: ${view.failure === null ? '' : failureLine(view.failure)}`;
    case 'cancelled':
      return 'stopped';
  }
}

const [escape, bell] = [String.fromCharCode(27), String.fromCharCode(7)];
/** Colours and moves of the cursor, titles with either of their ends, and the rest of two characters. */
const escapes = new RegExp(
  `${escape}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${bell}${escape}]*(?:${bell}|${escape}\\\\)?|[@-Z\\\\^_])`,
  'g',
);
const controls = /[^\P{Cc}\t]/gu;

/** A line of a log without terminal codes; of a bar that redraws itself (`\r`) the last state is kept. */
export function plainLine(text: string): string {
  const last = text.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  return last.replace(escapes, '').replace(controls, '');
}

/** The forward through which a stack is reached from here; undefined when the person removed it. */
export const forwardOfStack = (
  profile: Pick<ServerProfile, 'forwards'>,
  { forwardId }: Pick<InstalledStack, 'forwardId'>,
): Forward | undefined => profile.forwards.find((each) => each.id === forwardId);

/** The ports on the server of a stack’s object storage; null: it has none. */
export function storePorts({ stack, values }: StackDraft): { readonly api: number; readonly console: number } | null {
  if (stack !== 'mlflow-full' && stack !== 'object-storage') return null;
  return { api: Number(values['storage.port'] ?? 9000), console: Number(values['storage.console-port'] ?? 9001) };
}

/** All ports on the server that a stack listens on. */
export function stackPorts(draft: StackDraft): readonly number[] {
  const store = storePorts(draft);
  return [
    ...(draft.stack.startsWith('mlflow') ? [Number(draft.values['mlflow.port'] ?? 5000)] : []),
    ...(store === null ? [] : [store.api, store.console]),
  ];
}

/** The forwards through which a stack’s object storage is reached: its API, then its console, as far as they are there. */
export function storeForwards({ forwards }: Pick<ServerProfile, 'forwards'>, draft: StackDraft): readonly Forward[] {
  const ports = storePorts(draft);
  if (ports === null) return [];
  const leadsTo = (port: number) => forwards.filter((each) => each.service !== 'mlflow' && each.target.port === port);
  return [...leadsTo(ports.api), ...leadsTo(ports.console)];
}

/** The forward to the console of a stack’s object storage; undefined without. */
export const consoleForward = (profile: Pick<ServerProfile, 'forwards'>, draft: StackDraft): Forward | undefined =>
  storeForwards(profile, draft).find((each) => each.target.port === storePorts(draft)?.console);
