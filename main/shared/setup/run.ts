/** A run of a plan on a server, as it is followed from here. All times are epoch milliseconds of this machine. */
import type { Failure } from '../failure.ts';

export type StepState =
  | 'waiting'
  | 'running'
  /** Nothing was to do. */
  | 'ok'
  | 'changed'
  | 'failed'
  | 'skipped'
  /** Was cut off in the middle and taken back. */
  | 'undone';

export interface StepView {
  readonly id: string;
  readonly title: string;
  /** `server`: a step of the plan. `here`: what this machine does (a playbook; afterwards keychain, tunnels, the check). */
  readonly place: 'server' | 'here';
  readonly state: StepState;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  /** What it said of itself last: `waits for unattended-upgr (812) to let go of apt`. */
  readonly note: string | null;
}

export interface Recap {
  readonly ok: number;
  readonly changed: number;
  readonly failed: number;
  readonly skipped: number;
}

export type RunState =
  /** Reading the server, asking for secrets. */
  | { readonly kind: 'preparing' }
  /** Waits for an answer: sudo's password. */
  | { readonly kind: 'needs-you'; readonly promptId: string }
  | { readonly kind: 'running' }
  /** The connection is away; the server goes on by itself. */
  | { readonly kind: 'out-of-sight' }
  | { readonly kind: 'done' }
  /** `stepId` null: before the first step. */
  | { readonly kind: 'failed'; readonly stepId: string | null; readonly failure: Failure }
  /** A person stopped it: after this step, which was finished or undone. */
  | { readonly kind: 'cancelled'; readonly stepId: string | null; readonly undone: boolean }
  /** It ended without a word: the server was restarted, or somebody killed it. */
  | { readonly kind: 'interrupted' };

export interface RunView {
  readonly runId: string;
  readonly kind: 'set-up' | 'uninstall';
  readonly title: string;
  readonly environment: string;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly state: RunState;
  readonly steps: readonly StepView[];
  /** What a person asked for while it runs. */
  readonly cancelling: 'after-step' | 'now' | null;
  /** Of an uninstallation: the data that it leaves on the server, for people. None: left out. */
  readonly keeps?: readonly string[];
}

export const isOver = ({ state }: Pick<RunView, 'state'>): boolean =>
  state.kind === 'done' || state.kind === 'failed' || state.kind === 'cancelled' || state.kind === 'interrupted';

/** The whole of it runs on this machine, and ends with Mooring: a playbook. */
export const runsHere = ({ steps }: Pick<RunView, 'steps'>): boolean =>
  steps.length > 0 && steps.every((each) => each.place === 'here');

/**
 * Of the server’s steps, as its history counts them; of a run of this machine alone, of all. What is in hand or yet to
 * come is in none of the counts.
 */
export function recapOf(steps: readonly StepView[]): Recap {
  return runsHere({ steps }) ? countAll(steps) : countAll(steps.filter((each) => each.place === 'server'));
}

/** Of what this machine does after the server’s steps; null: nothing. */
export function recapHere(steps: readonly StepView[]): Recap | null {
  const here = steps.filter((each) => each.place === 'here');
  return here.length === 0 || runsHere({ steps }) ? null : countAll(here);
}

function countAll(steps: readonly StepView[]): Recap {
  const count = (...states: StepState[]) => steps.filter((each) => states.includes(each.state)).length;
  return {
    ok: count('ok'),
    changed: count('changed'),
    failed: count('failed', 'undone'),
    skipped: count('skipped'),
  };
}

/** A line of a run's log. Secrets are masked already. */
export interface RunLine {
  /** From 0, without gaps. */
  readonly seq: number;
  readonly stepId: string;
  readonly text: string;
}

/** A run as the server remembers it. Times are the server's. */
export interface RunRecord {
  readonly runId: string;
  readonly kind: 'set-up' | 'uninstall';
  readonly title: string;
  readonly environment: string;
  readonly startedMs: number;
  /** Null: it runs, or ended without a word. */
  readonly endedMs: number | null;
  readonly outcome: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
  readonly recap: Recap;
  /** Why it never began on the server, where that is known here; without a full stop. */
  readonly why?: string;
  /** Who started it: `lena@thinkpad as ubuntu`. */
  readonly by: string;
}
