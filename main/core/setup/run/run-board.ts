/** The runs that are shown, one a server at most: what they are at is told to the snapshot, their lines to those who look. */
import type { CoreEvent } from '../../../shared/contract.ts';
import { failure, failureText, type Failure } from '../../../shared/failure.ts';
import type { ServerProfile } from '../../../shared/server.ts';
import { isOver, recapOf, type RunLine, type RunView } from '../../../shared/setup/run.ts';
import { quoted } from '../../../shared/shell-words.ts';
import type { Log } from '../../log.ts';
import type { Clock } from '../../ports.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { State } from '../../state.ts';
import type { LaunchStop } from './launch-stop.ts';
import type { Manifest } from './manifest.ts';
import { skipWaiting, type RunLog } from './run-events.ts';

/** A run, wherever it runs: on its server ({@link FollowedRun}), or on this machine ({@link PlaybookRun}). */
export interface ShownRun {
  readonly view: RunView;
  readonly log: RunLog;
  change(change: (view: RunView) => RunView): void;
  /** Called when there is a connection again. */
  follow(): void;
  /** False: it could not be told. */
  cancel(how: 'after-step' | 'now'): Promise<boolean>;
  /** Nobody is shown it any more. */
  leave(): void;
}

export interface Active {
  readonly manifest: Manifest;
  readonly run: ShownRun;
  /** Open question of sudo. */
  promptId: string | null;
  /** It has begun. */
  isLaunched: boolean;
  /** Until then, where it can be stopped before. */
  stop: LaunchStop | null;
}

export interface RunBoardDeps {
  readonly clock: Clock;
  readonly state: State;
  readonly log: Log;
  readonly profiles: Profiles;
  readonly tell: (event: CoreEvent) => void;
}

export class RunBoard {
  readonly #deps: RunBoardDeps;
  readonly #active = new Map<string, Active>();

  constructor(deps: RunBoardDeps) {
    this.#deps = deps;
  }

  get(serverId: string): Active | undefined {
    return this.#active.get(serverId);
  }

  all(): readonly (readonly [serverId: string, active: Active])[] {
    return [...this.#active];
  }

  isBusy(serverId: string): boolean {
    const active = this.#active.get(serverId);
    return active !== undefined && !isOver(active.run.view);
  }

  /** Why nothing else may begin on this server; null: nothing is under way. */
  busy({ id, name }: Pick<ServerProfile, 'id' | 'name'>): Failure | null {
    const active = this.#active.get(id);
    return active && this.isBusy(id) ? underWay(name, active.manifest) : null;
  }

  /** Takes the place of the one that was shown before. */
  add(serverId: string, manifest: Manifest, run: ShownRun): Active {
    const active: Active = { manifest, run, promptId: null, isLaunched: false, stop: null };
    this.#active.get(serverId)?.run.leave();
    this.#active.set(serverId, active);
    this.show(serverId, run.view);
    return active;
  }

  drop(serverId: string): void {
    const dropped = this.#active.get(serverId);
    dropped?.run.leave();
    dropped?.stop?.ask();
    this.#active.delete(serverId);
  }

  show(serverId: string, view: RunView): void {
    this.#deps.state.updateServer(serverId, (server) => ({ ...server, run: view }));
  }

  tell(serverId: string, runId: string, lines: readonly RunLine[]): void {
    this.#deps.tell({ name: 'setup.log-added', payload: { serverId, runId, lines } });
  }

  /** A line of what this machine does. */
  tellLine(serverId: string, { run }: Active, text: string): void {
    this.tell(serverId, run.view.runId, [run.log.add('here', text)]);
  }

  /** The open question of a run, or null once it is answered. */
  asking(active: Active, promptId: string | null): void {
    active.promptId = promptId;
    active.run.change((view) => ({
      ...view,
      state: promptId === null ? { kind: 'preparing' } : { kind: 'needs-you', promptId },
    }));
  }

  /** Its last state: shown, logged, and no longer looked for at the next start. */
  async end(serverId: string, active: Active, view: RunView): Promise<void> {
    active.run.change(() => view);
    const { ok, changed, failed: failures } = recapOf(view.steps);
    const outcome = view.state.kind === 'failed' ? failureText(view.state.failure) : `${view.state.kind}.`;
    this.#deps.log.write(
      view.state.kind === 'failed' ? 'warn' : 'info',
      serverId,
      `${view.title}: ${String(ok)} ok, ${String(changed)} changed, ${String(failures)} failed; ${outcome}`,
    );
    const { profiles } = this.#deps;
    const found = profiles.find(serverId);
    if (!found.ok || found.value.openRunId !== view.runId) return;
    await profiles.replace(serverId, (server) => ({ ...server, openRunId: null }));
  }

  /** It never came to its first step. */
  endBefore(serverId: string, active: Active, cause: Failure): Promise<void> {
    return this.end(serverId, active, {
      ...active.run.view,
      steps: active.run.view.steps.map(skipWaiting),
      endedMs: this.#deps.clock.nowMs(),
      state:
        cause.code === 'cancelled'
          ? { kind: 'cancelled', stepId: null, undone: false }
          : { kind: 'failed', stepId: null, failure: cause },
    });
  }
}

/** Sorts by time, and is told apart. */
export const newRunId = (nowMs: number, id: string): string =>
  `${new Date(nowMs)
    .toISOString()
    .replace(/[-:]|\.\d+/g, '')
    .toLowerCase()}-${id.replace(/[^0-9a-z]/gi, '').slice(0, 8)}`;

/** For the command line. */
export const followHint = (serverName: string): string =>
  `Wait for its end, or follow it: mooring setup ${quoted(serverName)} --resume`;

export const underWay = (
  serverName: string,
  { title, by, account }: Pick<Manifest, 'title' | 'by' | 'account'>,
): Failure =>
  failure('conflict', `A run is under way on this server: ${title}, begun by ${by} as ${account}.`, {
    hint: 'It is shown on the Setup page. Wait for its end, or stop it there.',
    commandHint: followHint(serverName),
  });
