/** The runs that are the servers' own: sent there, followed over lost connections, picked up again, and ended here. */
import type { HandedSecrets } from '../../../shared/contract.ts';
import { failure } from '../../../shared/failure.ts';
import type { ServerProfile } from '../../../shared/server.ts';
import { isOver, type RunView } from '../../../shared/setup/run.ts';
import type { Ports } from '../../ports.ts';
import type { Prompts } from '../../prompts.ts';
import type { State } from '../../state.ts';
import type { Tunnels } from '../../tunnels/tunnels.ts';
import { noteStack } from './afterwards.ts';
import { finishSetUp, finishUninstall, hereSteps, withKnown, type EndingDeps } from './ending.ts';
import { FollowedRun } from './followed-run.ts';
import { LaunchStop } from './launch-stop.ts';
import { launch } from './launching.ts';
import type { RememberedRun } from './look.ts';
import type { Manifest } from './manifest.ts';
import type { Preparation, Prepared } from './preparation.ts';
import type { Active, RunBoard } from './run-board.ts';
import { newRunView, skipWaiting, stepViews } from './run-events.ts';
import { namesIn } from './stack-secrets.ts';

export interface ServerRunsDeps extends Omit<EndingDeps, 'clock' | 'localPorts'> {
  readonly ports: Pick<Ports, 'clock' | 'localPorts' | 'uploads' | 'releases'>;
  readonly state: State;
  readonly prompts: Prompts;
  readonly tunnels: Tunnels;
  readonly preparation: Preparation;
  readonly board: RunBoard;
}

/** What a run is begun with. */
export interface Beginning {
  readonly runId: string;
  readonly manifest: Manifest;
  readonly prepared: Prepared;
  readonly server: ServerProfile;
  readonly secrets: HandedSecrets;
  /** `lena@thinkpad` */
  readonly by: string;
}

export class ServerRuns {
  readonly #deps: ServerRunsDeps;
  /** Servers that were looked at for a run to be picked up, by the start of the connection: once for each. */
  readonly #looked = new Map<string, number>();
  readonly #launching = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: ServerRunsDeps) {
    this.#deps = deps;
  }

  /** Shown at once; what comes of it is told by the run's state. */
  begin(beginning: Beginning): void {
    const { runId, manifest, server } = beginning;
    const active = this.#add(server.id, runId, manifest, { kind: 'preparing' });
    const stop = new LaunchStop();
    active.stop = stop;
    const launching = this.#launch(active, beginning, stop).finally(() => this.#launching.delete(launching));
    this.#launching.add(launching);
  }

  /** Follows a run that somebody else, or this program before its restart, has begun. */
  pickUp(serverId: string, { runId, manifest }: RememberedRun): void {
    if (this.#deps.board.get(serverId)?.run.view.runId === runId) return;
    const active = this.#add(serverId, runId, manifest, { kind: 'running' });
    active.isLaunched = true;
    active.run.follow();
  }

  /** Connections come and go: what was out of sight is followed again. */
  snapshotChanged(): void {
    if (this.#stopped) return;
    const { state, board } = this.#deps;
    for (const { profile, connection } of state.get().servers) {
      if (connection.kind !== 'up') continue;
      const active = board.get(profile.id);
      if (active) {
        if (active.isLaunched && !isOver(active.run.view)) active.run.follow();
      } else if (profile.openRunId !== null && this.#looked.get(profile.id) !== connection.sinceMs) {
        this.#looked.set(profile.id, connection.sinceMs);
        void this.#pickUpOpen(profile.id, profile.openRunId);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when none is on its way to its server any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#launching);
  }

  async #launch(
    active: Active,
    { runId, manifest, prepared, server, secrets, by }: Beginning,
    stop: LaunchStop,
  ): Promise<void> {
    const { tunnels, profiles, prompts, ports, board } = this.#deps;
    const { run } = active;
    const { id: serverId } = server;
    // Saved before: should this program die now, the next one looks for the run.
    await profiles.replace(serverId, (now) => ({
      ...(manifest.kind === 'set-up' ? noteStack(now, withKnown(now, manifest, namesIn(secrets))) : now),
      openRunId: runId,
    }));
    const launched = await launch(
      {
        server,
        runId,
        prepared,
        secrets,
        by,
        connectionId: () => tunnels.connectionIdOf(serverId),
        asking: (promptId) => {
          board.asking(active, promptId);
        },
        note: (text) => {
          board.tellLine(serverId, active, text);
        },
        stop,
      },
      { commands: tunnels.commands, prompts, uploads: ports.uploads, releases: ports.releases },
    );
    if (!launched.ok) {
      // Whether it began is for the next start to find out.
      if (this.#stopped) return;
      // A link that was lost may have taken the answer with it: the server knows whether the run began.
      if (launched.error.code === 'link-lost') {
        board.drop(serverId);
        this.snapshotChanged();
        return;
      }
      await board.endBefore(serverId, active, launched.error);
      return;
    }
    active.isLaunched = true;
    run.change((view) => ({ ...view, state: { kind: 'running' } }));
    run.follow();
  }

  #add(serverId: string, runId: string, manifest: Manifest, state: RunView['state']): Active {
    const { tunnels, ports, board, state: known } = this.#deps;
    const steps = [...stepViews(manifest), ...hereSteps(manifest, known.get().keychain)];
    const run = new FollowedRun(newRunView(runId, manifest, steps, state, ports.clock.nowMs()), manifest.stateDir, {
      commands: tunnels.commands,
      clock: ports.clock,
      connectionId: () => tunnels.connectionIdOf(serverId),
      show: (next) => {
        board.show(serverId, next);
      },
      tell: (lines) => {
        board.tell(serverId, runId, lines);
      },
      over: (next) => {
        void this.#serverIsDone(serverId, active, next);
      },
    });
    const active = board.add(serverId, manifest, run);
    return active;
  }

  async #pickUpOpen(serverId: string, runId: string): Promise<void> {
    const looked = await this.#deps.preparation.look(serverId);
    if (!looked.ok || this.#stopped) return;
    const run = looked.value.runs.find((each) => each.runId === runId);
    if (run) this.pickUp(serverId, run);
    else await this.#neverBegan(serverId, runId);
  }

  /** What was lost was the wish, not the work. */
  async #neverBegan(serverId: string, runId: string): Promise<void> {
    const { profiles, state, ports } = this.#deps;
    const cause = failure('link-lost', 'The connection was lost before the run began: nothing was changed.', {
      hint: 'Start it again.',
    });
    state.updateServer(serverId, (server) =>
      server.run?.runId === runId && !isOver(server.run)
        ? {
            ...server,
            run: {
              ...server.run,
              steps: server.run.steps.map(skipWaiting),
              endedMs: ports.clock.nowMs(),
              state: { kind: 'failed', stepId: null, failure: cause },
            },
          }
        : server,
    );
    await profiles.replace(serverId, (server) => ({ ...server, openRunId: null }));
  }

  async #serverIsDone(serverId: string, active: Active, view: RunView): Promise<void> {
    const { ports, board, profiles, secrets, checks, log } = this.#deps;
    if (view.state.kind !== 'done') {
      await board.end(serverId, active, view);
      return;
    }
    active.run.change(() => ({ ...view, state: { kind: 'running' }, endedMs: null }));
    const deps = { clock: ports.clock, localPorts: ports.localPorts, profiles, secrets, checks, log };
    const trouble = view.kind === 'set-up' ? await finishSetUp(serverId, active, deps) : null;
    if (view.kind === 'uninstall') await finishUninstall(serverId, active.manifest, deps);
    const ended = { ...active.run.view, endedMs: ports.clock.nowMs() };
    await board.end(
      serverId,
      active,
      trouble
        ? {
            ...ended,
            steps: ended.steps.map(skipWaiting),
            state: { kind: 'failed', stepId: trouble.stepId, failure: trouble.failure },
          }
        : { ...ended, state: { kind: 'done' } },
    );
  }
}
