/** One run of a playbook on this machine, as it is shown: its lines, its one step, and its end. */
import type { Reply } from '../../../../shared/failure.ts';
import { isOver, type RunLine, type RunView, type StepView } from '../../../../shared/setup/run.ts';
import { playbookStepId } from '../../../../shared/setup/plan.ts';
import { plainLine } from '../../../../shared/setup/setup-words.ts';
import type { Clock } from '../../../ports.ts';
import type { PlaybookCommandRun, Playbooks, RunningPlaybook } from './playbook-ports.ts';
import { masksFor } from '../../script/launch.ts';
import { longestLine, RunLog } from '../run-events.ts';
import type { ShownRun } from '../run-board.ts';
import { nothingTold, outcomeOf, readLine, type PlaybookEnd, type PlaybookNames } from './output.ts';

const mask = '••••••••';

export interface PlaybookRunDeps {
  readonly clock: Clock;
  readonly playbooks: Playbooks;
  readonly show: (view: RunView) => void;
  readonly tell: (lines: readonly RunLine[]) => void;
}

export class PlaybookRun implements ShownRun {
  readonly log = new RunLog();
  readonly #deps: PlaybookRunDeps;
  #view: RunView;
  #running: RunningPlaybook | null = null;
  #told = nothingTold;
  #hasLeft = false;

  constructor(view: RunView, deps: PlaybookRunDeps) {
    this.#view = view;
    this.#deps = deps;
  }

  get view(): RunView {
    return this.#view;
  }

  /** Nobody follows it any more. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  change(change: (view: RunView) => RunView): void {
    this.#view = change(this.#view);
    if (!this.#hasLeft) this.#deps.show(this.#view);
  }

  /** It needs no connection of ours. */
  follow(): void {
    // Nothing is out of sight.
  }

  /** There is no stopping between its tasks: `after-step` waits for its end. */
  cancel(how: 'after-step' | 'now'): Promise<boolean> {
    if (this.#running === null || isOver(this.#view)) return Promise.resolve(false);
    this.change((view) => ({ ...view, cancelling: how }));
    if (how === 'now') this.#running.stop();
    else this.#say('A playbook can’t be stopped between its tasks: this one is finished first.');
    return Promise.resolve(true);
  }

  /** Unlike one on a server it does not go on: it is ended. */
  leave(): void {
    this.#hasLeft = true;
    this.#running?.stop();
  }

  /** Runs to its end and gives the last state. */
  async run(
    what: Omit<PlaybookCommandRun, 'onLine'>,
    names: PlaybookNames,
  ): Promise<Pick<RunView, 'state' | 'endedMs' | 'steps' | 'cancelling'>> {
    const { clock, playbooks } = this.#deps;
    const masks = masksFor(Object.values(what.secrets));
    this.#changeStep({ state: 'running', startedMs: clock.nowMs() });
    this.change((view) => ({ ...view, state: { kind: 'running' } }));
    this.#running = playbooks.run({
      ...what,
      onLine: (text) => {
        this.#take(masks.reduce((line, each) => line.replaceAll(each, mask), plainLine(text)));
      },
    });
    const ended = await this.#running.done;
    this.#running = null;
    const step = this.#endStep(ended, names);
    const endedMs = clock.nowMs();
    return {
      steps: this.#view.steps.map((each) => ({ ...each, ...step.change, endedMs })),
      state: step.state,
      endedMs,
      cancelling: null,
    };
  }

  #endStep(
    ended: Reply<PlaybookEnd>,
    names: PlaybookNames,
  ): { readonly state: RunView['state']; readonly change: Pick<StepView, 'state' | 'note'> } {
    const stepId = playbookStepId;
    const outcome = ended.ok
      ? outcomeOf(this.#told, ended.value, names)
      : { kind: 'failed' as const, failure: ended.error };
    if (outcome.kind !== 'failed') {
      return { state: { kind: 'done' }, change: { state: outcome.kind, note: outcome.words } };
    }
    if (this.#view.cancelling === 'now') {
      const { task } = this.#told;
      const where = task === null ? 'before its first task' : `in its task “${task}”`;
      return {
        state: { kind: 'cancelled', stepId, undone: false },
        change: { state: 'failed', note: `Broken off ${where}.` },
      };
    }
    return {
      state: { kind: 'failed', stepId, failure: outcome.failure },
      change: { state: 'failed', note: outcome.failure.message },
    };
  }

  #take(text: string): void {
    const before = this.#told;
    this.#told = readLine(before, text);
    if (this.#told.task !== before.task) this.#changeStep({ note: this.#told.task });
    // Ansible fills its headings up to the width of a terminal.
    this.#say(text.replace(/ \*{4,}$/, ' ***'));
  }

  #say(text: string): void {
    this.#deps.tell([this.log.add(playbookStepId, text.slice(0, longestLine))]);
  }

  #changeStep(change: Partial<StepView>): void {
    this.change((view) => ({
      ...view,
      steps: view.steps.map((each) => (each.id === playbookStepId ? { ...each, ...change } : each)),
    }));
  }
}
