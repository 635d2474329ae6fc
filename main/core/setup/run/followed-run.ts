/** One run on a server, seen from here: follows its events, over as many connections as it takes. */
import { isOver, type RunLine, type RunView } from '../../../shared/setup/run.ts';
import type { Clock } from '../../ports.ts';
import type { RemoteCommands, RunningCommand } from '../../remote/remote-commands.ts';
import { cancelScript, followScript } from '../script/follow.ts';
import type { ShownRun } from './run-board.ts';
import { applyEvent, cutOff, parseRunEvent, RunLog, type RunEvent } from './run-events.ts';

/** A run may take hours; then it is followed anew. */
const followLimitMs = 6 * 3_600_000;
const followLimitBytes = 512 * 1024 * 1024;
const cancelLimitMs = 20_000;
/** Between two tries: a server that refuses to tell is not asked all the time. */
const pauseMs = 2_000;

export interface FollowedRunDeps {
  readonly commands: RemoteCommands;
  readonly clock: Clock;
  /** The engine's id of the server's connection; null: not connected. */
  readonly connectionId: () => string | null;
  readonly show: (view: RunView) => void;
  readonly tell: (lines: readonly RunLine[]) => void;
  /** Once: the server's part is over, as the view says. */
  readonly over: (view: RunView) => void;
}

export class FollowedRun implements ShownRun {
  readonly log = new RunLog();
  readonly #deps: FollowedRunDeps;
  readonly #stateDir: string;
  #view: RunView;
  /** Lines of the server's events that were read. */
  #read = 0;
  #skewMs = 0;
  #isGone = false;
  #half = '';
  #following: RunningCommand | null = null;
  #cancelPause: (() => void) | null = null;
  #isOver = false;

  constructor(view: RunView, stateDir: string, deps: FollowedRunDeps) {
    this.#view = view;
    this.#stateDir = stateDir;
    this.#deps = deps;
  }

  get view(): RunView {
    return this.#view;
  }

  change(change: (view: RunView) => RunView): void {
    this.#view = change(this.#view);
    this.#deps.show(this.#view);
  }

  /** Follows as long as there is a connection; called again when there is one. */
  follow(): void {
    if (this.#following || this.#cancelPause || this.#isOver) return;
    const connectionId = this.#deps.connectionId();
    if (connectionId === null) {
      this.#outOfSight();
      return;
    }
    this.#half = '';
    this.#isGone = false;
    const running = this.#deps.commands.run(connectionId, {
      script: followScript(this.#stateDir, this.#view.runId, this.#read + 1),
      input: null,
      timeoutMs: followLimitMs,
      maxOutputBytes: followLimitBytes,
      keepOutput: false,
      onOutput: (stream, text) => {
        if (stream === 'stdout') this.#take(text);
      },
    });
    this.#following = running;
    void running.done.then((ended) => {
      if (this.#following !== running) return;
      this.#following = null;
      if (this.#isOver) return;
      if (this.#isGone)
        this.#finish((view) => {
          const endedMs = view.endedMs ?? this.#deps.clock.nowMs();
          return { ...view, steps: view.steps.map(cutOff(endedMs)), state: { kind: 'interrupted' }, endedMs };
        });
      else {
        if (!ended.ok) this.#outOfSight();
        this.#cancelPause = this.#deps.clock.after(pauseMs, () => {
          this.#cancelPause = null;
          this.follow();
        });
      }
    });
  }

  /** Asks the runner to stop. */
  async cancel(how: 'after-step' | 'now'): Promise<boolean> {
    const connectionId = this.#deps.connectionId();
    const script = cancelScript(this.#stateDir, this.#view.runId, how);
    const asked = await this.#deps.commands.run(connectionId, { script, input: null, timeoutMs: cancelLimitMs }).done;
    if (!asked.ok || asked.value.exitCode !== 0) return false;
    if (!isOver(this.#view)) this.change((view) => ({ ...view, cancelling: how }));
    return true;
  }

  /** No more following; the server goes on. */
  leave(): void {
    this.#isOver = true;
    this.#following?.cancel();
    this.#following = null;
    this.#cancelPause?.();
    this.#cancelPause = null;
  }

  #take(text: string): void {
    const lines = (this.#half + text).split('\n');
    this.#half = lines.pop() ?? '';
    const told: RunLine[] = [];
    let view = this.#view;
    let isEnd = false;
    for (const line of lines) {
      const event = parseRunEvent(line);
      if (event?.kind === 'clock') this.#skewMs = event.atMs - this.#deps.clock.nowMs();
      else if (event?.kind === 'gone') this.#isGone = true;
      else {
        this.#read += 1;
        if (event === null) continue;
        if (event.kind === 'line') told.push(this.log.add(event.stepId, event.text));
        view = this.#apply(view, event);
        isEnd ||= event.kind === 'over';
      }
    }
    if (told.length > 0) this.#deps.tell(told);
    if (isEnd) this.#finish(() => view);
    else if (view !== this.#view) this.change(() => view);
  }

  #apply(view: RunView, event: RunEvent): RunView {
    const running: RunView = view.state.kind === 'out-of-sight' ? { ...view, state: { kind: 'running' } } : view;
    return applyEvent(running, event, this.#skewMs);
  }

  #finish(change: (view: RunView) => RunView): void {
    if (this.#isOver) return;
    this.#view = change(this.#view);
    this.leave();
    this.#deps.over(this.#view);
  }

  #outOfSight(): void {
    if (this.#view.state.kind !== 'running') return;
    this.change((view) => ({ ...view, state: { kind: 'out-of-sight' } }));
  }
}
