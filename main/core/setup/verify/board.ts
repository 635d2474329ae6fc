/** The view of a check as it goes on, told to whoever follows it. */
import type { Failure } from '../../../shared/failure.ts';
import type { VerifyStep, VerifyStepId, VerifyView } from '../../../shared/setup/verify.ts';
import type { Clock } from '../../ports.ts';
import type { StepEnd } from './check.ts';

/** Progress within a step is told at most this often. */
const progressMs = 200;

export class Board {
  readonly #clock: Clock;
  readonly #onChange: (view: VerifyView) => void;
  #view: VerifyView;
  #running: { readonly id: VerifyStepId; readonly startMs: number } | null = null;
  #toldMs = 0;

  constructor(clock: Clock, onChange: (view: VerifyView) => void, first: VerifyView) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#view = first;
    this.#tell({});
  }

  get view(): VerifyView {
    return this.#view;
  }

  stateOf(id: VerifyStepId): VerifyStep['state'] | undefined {
    return this.#view.steps.find((each) => each.id === id)?.state;
  }

  begin(id: VerifyStepId): void {
    this.#running = { id, startMs: this.#clock.nowMs() };
    this.#step(id, { state: 'running' });
  }

  progress(bytes: number): void {
    if (!this.#running) return;
    const isDue = this.#clock.nowMs() - this.#toldMs >= progressMs;
    this.#step(this.#running.id, { bytes }, isDue);
  }

  /** A failure counts as the check's when it is the first. */
  end(id: VerifyStepId, end: StepEnd): void {
    const tookMs = this.#running?.id === id ? this.#clock.nowMs() - this.#running.startMs : null;
    this.#running = null;
    const note = end.kind === 'failed' ? (end.note ?? null) : end.note;
    if (end.kind === 'failed') this.#view = { ...this.#view, failure: this.#view.failure ?? end.failure };
    this.#step(id, { state: end.kind, note, tookMs: end.kind === 'skipped' ? null : tookMs });
  }

  remark(text: string): void {
    this.#tell({ remarks: [...this.#view.remarks, text] });
  }

  tell(change: Partial<VerifyView>): void {
    this.#tell(change);
  }

  #step(id: VerifyStepId, change: Partial<VerifyStep>, told = true): void {
    const steps = this.#view.steps.map((each) => (each.id === id ? { ...each, ...change } : each));
    if (told) this.#tell({ steps });
    else this.#view = { ...this.#view, steps };
  }

  #tell(change: Partial<VerifyView>): void {
    this.#view = { ...this.#view, ...change };
    this.#toldMs = this.#clock.nowMs();
    this.#onChange(this.#view);
  }
}

export const failureOf = (end: StepEnd): Failure | null => (end.kind === 'failed' ? end.failure : null);
