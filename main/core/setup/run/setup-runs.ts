/**
 * The setup runs of all servers: begins them, follows them over lost connections and restarts of this program, and does
 * what is left to do here at their end. One run at a time for a server, which the server itself sees to.
 */
import type { CoreEvent, FoundStack, HandedSecrets } from '../../../shared/contract.ts';
import { done, failed, failure, failureText, type Failure, type Reply } from '../../../shared/failure.ts';
import type { OfferKind, OffersFor } from '../../../shared/setup/offers.ts';
import type { Plan } from '../../../shared/setup/plan.ts';
import {
  isOver,
  recapOf,
  type RunLine,
  type RunRecord,
  type RunView,
  type StepView,
} from '../../../shared/setup/run.ts';
import {
  stackSecretNames,
  type InstalledStack,
  type StackDraft,
  type StackSecretName,
} from '../../../shared/setup/stack.ts';
import type { Log } from '../../log.ts';
import type { Ports } from '../../ports.ts';
import type { Prompts } from '../../prompts.ts';
import type { Secrets } from '../../secrets.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { State } from '../../state.ts';
import type { Tunnels } from '../../tunnels/tunnels.ts';
import type { Checks } from '../verify/checks.ts';
import { isPutRight } from '../plan/put-right/put-right.ts';
import { forgetStack, makeTunnels, noteStack, stackFrom } from './afterwards.ts';
import { FollowedRun } from './followed-run.ts';
import { launch } from './launching.ts';
import type { RememberedRun } from './look.ts';
import { manifestOf, type Manifest } from './manifest.ts';
import { notConnected, obstacle, scriptOf, type Preparation, type Prepared } from './preparation.ts';
import { stepViews } from './run-events.ts';
import { gatherSecrets } from './stack-secrets.ts';

/** Of the check that ends a run. Bytes. */
const checkBytes = 1_000_000;

export interface SetupRunsDeps {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'localPorts' | 'uploads' | 'machine'>;
  readonly state: State;
  readonly log: Log;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly profiles: Profiles;
  readonly tunnels: Tunnels;
  readonly preparation: Preparation;
  readonly checks: Checks;
  readonly tell: (event: CoreEvent) => void;
}

interface Active {
  readonly manifest: Manifest;
  readonly run: FollowedRun;
  /** Open question of sudo. */
  promptId: string | null;
  /** The server has begun it. */
  isLaunched: boolean;
}

export class SetupRuns {
  readonly #deps: SetupRunsDeps;
  readonly #active = new Map<string, Active>();
  /** Servers that were looked at for a run to be picked up, by the start of the connection: once for each. */
  readonly #looked = new Map<string, number>();
  #stopped = false;

  constructor(deps: SetupRunsDeps) {
    this.#deps = deps;
  }

  async plan(serverId: string, draft: StackDraft): Promise<Reply<{ plan: Plan; known: StackSecretName[] }>> {
    const prepared = await this.#deps.preparation.plan(serverId, draft);
    if (!prepared.ok) return prepared;
    const { plan } = prepared.value;
    const known: StackSecretName[] = [];
    for (const { name } of plan.secrets) {
      const found = await this.#deps.secrets.getForStack(serverId, plan.environment, name);
      if (found.ok && found.value !== null) known.push(name);
    }
    return done({ plan, known });
  }

  async planUninstall(serverId: string, environment: string, removeData: boolean): Promise<Reply<{ plan: Plan }>> {
    const prepared = await this.#deps.preparation.planUninstall(serverId, environment, removeData);
    return prepared.ok ? done({ plan: prepared.value.plan }) : prepared;
  }

  async script(serverId: string, draft: StackDraft): Promise<Reply<{ text: string }>> {
    const prepared = await this.#deps.preparation.plan(serverId, draft);
    return prepared.ok ? done({ text: scriptOf(prepared.value) }) : prepared;
  }

  async start(serverId: string, draft: StackDraft, handed: HandedSecrets): Promise<Reply<{ runId: string }>> {
    const prepared = await this.#mayBegin(serverId, () => this.#deps.preparation.plan(serverId, draft));
    if (!prepared.ok) return prepared;
    const { plan, stands } = prepared.value;
    const { secrets, random } = { ...this.#deps, random: this.#deps.ports.random };
    const gathered = await gatherSecrets(plan, handed, stands, { serverId, secrets, random });
    if (!gathered.ok) return gathered;
    // Kept before anything happens: what the server is told must not be lost when this machine dies in the middle.
    const names = stackSecretNames.filter((name) => gathered.value.secrets[name] !== undefined);
    for (const name of names) {
      await secrets.keepForStack(serverId, plan.environment, name, gathered.value.secrets[name] ?? '');
    }
    return this.#begin(serverId, prepared.value, gathered.value.secrets, names);
  }

  async uninstall(
    serverId: string,
    environment: string,
    removeData: boolean,
    typedName: string | undefined,
  ): Promise<Reply<{ runId: string }>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    if (removeData && typedName !== found.value.name) {
      return failed(
        failure('invalid-argument', `Type the server’s name, ${found.value.name}, to remove its data.`, {
          hint: 'Or keep the data: setting up again finds it.',
        }),
      );
    }
    const prepared = await this.#mayBegin(serverId, () =>
      this.#deps.preparation.planUninstall(serverId, environment, removeData),
    );
    return prepared.ok ? this.#begin(serverId, prepared.value, {}, []) : prepared;
  }

  async offers(serverId: string): Promise<Reply<{ found: OffersFor[] }>> {
    const found = await this.#deps.preparation.offers(serverId);
    return found.ok ? done({ found: [...found.value] }) : found;
  }

  async planPutRight(serverId: string, port: number, offers: readonly OfferKind[]): Promise<Reply<{ plan: Plan }>> {
    const prepared = await this.#deps.preparation.planPutRight(serverId, port, offers);
    return prepared.ok ? done({ plan: prepared.value.plan }) : prepared;
  }

  async putRight(serverId: string, port: number, offers: readonly OfferKind[]): Promise<Reply<{ runId: string }>> {
    const prepared = await this.#mayBegin(serverId, () => this.#deps.preparation.planPutRight(serverId, port, offers));
    return prepared.ok ? this.#begin(serverId, prepared.value, {}, []) : prepared;
  }

  async cancel(serverId: string, how: 'after-step' | 'now'): Promise<Reply<Record<never, never>>> {
    const active = this.#active.get(serverId);
    if (!active || isOver(active.run.view)) return failed(failure('conflict', 'No run is under way on this server.'));
    if (active.promptId !== null) return this.#deps.prompts.cancel(active.promptId);
    if (!active.isLaunched) {
      return failed(failure('conflict', 'It is just being started.', { hint: 'Try again in a moment.' }));
    }
    if (await active.run.cancel(how)) return done({});
    return failed(
      failure('link-lost', 'The server could not be told to stop.', { hint: 'Connect it, and try again.' }),
    );
  }

  /** Of this machine’s memory only. */
  async forget(serverId: string, environment: string): Promise<Reply<Record<never, never>>> {
    const { profiles, secrets, ports } = this.#deps;
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    const forgotten = await forgetStack(serverId, environment, [], { profiles, secrets, localPorts: ports.localPorts });
    return forgotten.ok ? done({}) : forgotten;
  }

  dismiss(serverId: string): Reply<Record<never, never>> {
    const active = this.#active.get(serverId);
    if (active && !isOver(active.run.view)) {
      return failed(
        failure('conflict', 'The run is still under way.', { hint: 'Stop it first, or wait for its end.' }),
      );
    }
    this.#active.delete(serverId);
    this.#deps.state.updateServer(serverId, (server) => ({ ...server, run: null }));
    return done({});
  }

  async look(serverId: string): Promise<Reply<{ stacks: FoundStack[]; history: RunRecord[] }>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const looked = await this.#deps.preparation.look(serverId);
    if (!looked.ok) return looked;
    const { stacks, runs } = looked.value;
    const alive = runs.find((each) => each.isAlive);
    if (alive) this.#pickUp(serverId, alive);
    const known = found.value.stacks.map((each) => each.environment);
    return done({
      stacks: stacks.map(({ environment, complete, manifest }) => ({
        environment,
        draft: manifest.draft,
        title: manifest.title,
        complete,
        adminUser: manifest.adminUser,
        isKnown: known.includes(environment),
      })),
      history: runs.map((each) => each.record),
    });
  }

  readLog(serverId: string, afterSeq: number | undefined): Reply<{ lines: RunLine[] }> {
    return done({ lines: [...(this.#active.get(serverId)?.run.log.read(afterSeq) ?? [])] });
  }

  /** Connections come and go: what was out of sight is followed again. */
  snapshotChanged(): void {
    if (this.#stopped) return;
    for (const { profile, connection } of this.#deps.state.get().servers) {
      if (connection.kind !== 'up') continue;
      const active = this.#active.get(profile.id);
      if (active) {
        if (active.isLaunched && !isOver(active.run.view)) active.run.follow();
      } else if (profile.openRunId !== null && this.#looked.get(profile.id) !== connection.sinceMs) {
        this.#looked.set(profile.id, connection.sinceMs);
        void this.#pickUpOpen(profile.id, profile.openRunId);
      }
    }
    for (const serverId of this.#active.keys()) {
      if (this.#deps.profiles.find(serverId).ok) continue;
      this.#active.get(serverId)?.run.leave();
      this.#active.delete(serverId);
    }
  }

  /** Runs that a person is waiting for, for those who quit. */
  underWay(): readonly string[] {
    return [...this.#active.values()].filter(({ run }) => !isOver(run.view)).map(({ run }) => run.view.title);
  }

  stop(): void {
    this.#stopped = true;
    for (const { run } of this.#active.values()) run.leave();
  }

  /** Nothing is begun while something is under way, here or from another machine. */
  async #mayBegin(serverId: string, prepare: () => Promise<Reply<Prepared>>): Promise<Reply<Prepared>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    if (this.#deps.tunnels.connectionIdOf(serverId) === null) return failed(notConnected(found.value.name));
    const active = this.#active.get(serverId);
    if (active && !isOver(active.run.view)) return failed(underWay(active.manifest));
    const prepared = await prepare();
    if (!prepared.ok) return prepared;
    const alive = prepared.value.remembered.runs.find((each) => each.isAlive);
    if (alive) {
      this.#pickUp(serverId, alive);
      return failed(underWay(alive.manifest));
    }
    const stop = obstacle(prepared.value.plan);
    return stop ? failed(stop) : prepared;
  }

  async #begin(
    serverId: string,
    prepared: Prepared,
    secrets: Readonly<Partial<Record<StackSecretName, string>>>,
    names: readonly StackSecretName[],
  ): Promise<Reply<{ runId: string }>> {
    const { ports, profiles } = this.#deps;
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    // Two calls at the same moment: the later one finds the first.
    const active = this.#active.get(serverId);
    if (active && !isOver(active.run.view)) return failed(underWay(active.manifest));
    const runId = newRunId(ports.clock.nowMs(), ports.random.id());
    const by = `${ports.machine.user}@${ports.machine.name}`;
    const manifest = manifestOf(prepared.plan, prepared.places.stateDir, by);
    const begun = this.#add(serverId, runId, manifest, { kind: 'preparing' });
    this.#deps.log.write('info', serverId, `${manifest.title}: ${manifest.kind} begins.`);
    void this.#launch(serverId, begun, prepared, secrets, names, by, found.value.address);
    return done({ runId });
  }

  async #launch(
    serverId: string,
    active: Active,
    prepared: Prepared,
    secrets: Readonly<Partial<Record<StackSecretName, string>>>,
    names: readonly StackSecretName[],
    by: string,
    address: string,
  ): Promise<void> {
    const { tunnels, profiles, prompts, ports } = this.#deps;
    const { manifest, run } = active;
    const { runId } = run.view;
    // Saved before: should this program die now, the next one looks for the run.
    await profiles.replace(serverId, (server) => ({
      ...(manifest.kind === 'set-up' ? noteStack(server, withKnown(server, manifest, names)) : server),
      openRunId: runId,
    }));
    const launched = await launch(
      {
        serverId,
        runId,
        prepared,
        secrets,
        by,
        address,
        connectionId: () => tunnels.connectionIdOf(serverId),
        asking: (promptId) => {
          active.promptId = promptId;
          run.change((view) => ({
            ...view,
            state: promptId === null ? { kind: 'preparing' } : { kind: 'needs-you', promptId },
          }));
        },
        note: (text) => {
          this.#tellLine(serverId, active, text);
        },
      },
      { commands: tunnels.commands, prompts, uploads: ports.uploads },
    );
    if (!launched.ok) {
      // A link that was lost may have taken the answer with it: the server knows whether the run began.
      if (launched.error.code === 'link-lost') {
        this.#active.delete(serverId);
        this.snapshotChanged();
        return;
      }
      await this.#end(serverId, active, {
        ...run.view,
        endedMs: ports.clock.nowMs(),
        state:
          launched.error.code === 'cancelled'
            ? { kind: 'cancelled', stepId: null, undone: false }
            : { kind: 'failed', stepId: null, failure: launched.error },
      });
      return;
    }
    active.isLaunched = true;
    run.change((view) => ({ ...view, state: { kind: 'running' } }));
    run.follow();
  }

  #add(serverId: string, runId: string, manifest: Manifest, state: RunView['state']): Active {
    const { tunnels, ports } = this.#deps;
    const view: RunView = {
      runId,
      kind: manifest.kind,
      title: manifest.title,
      environment: manifest.environment,
      startedMs: ports.clock.nowMs(),
      endedMs: null,
      state,
      steps: [...stepViews(manifest), ...hereSteps(manifest)],
      cancelling: null,
    };
    const run = new FollowedRun(view, manifest.stateDir, {
      commands: tunnels.commands,
      clock: ports.clock,
      connectionId: () => tunnels.connectionIdOf(serverId),
      show: (next) => {
        this.#show(serverId, next);
      },
      tell: (lines) => {
        this.#deps.tell({ name: 'setup.log-added', payload: { serverId, runId, lines } });
      },
      over: (next) => {
        void this.#serverIsDone(serverId, active, next);
      },
    });
    const active: Active = { manifest, run, promptId: null, isLaunched: false };
    this.#active.get(serverId)?.run.leave();
    this.#active.set(serverId, active);
    this.#show(serverId, view);
    return active;
  }

  #show(serverId: string, view: RunView): void {
    this.#deps.state.updateServer(serverId, (server) => ({ ...server, run: view }));
  }

  #tellLine(serverId: string, { run }: Active, text: string): void {
    const line = run.log.add('here', text);
    this.#deps.tell({ name: 'setup.log-added', payload: { serverId, runId: run.view.runId, lines: [line] } });
  }

  /** Follows a run that somebody else, or this program before its restart, has begun. */
  #pickUp(serverId: string, { runId, manifest }: RememberedRun): void {
    if (this.#active.get(serverId)?.run.view.runId === runId) return;
    const active = this.#add(serverId, runId, manifest, { kind: 'running' });
    active.isLaunched = true;
    active.run.follow();
  }

  async #pickUpOpen(serverId: string, runId: string): Promise<void> {
    const looked = await this.#deps.preparation.look(serverId);
    if (!looked.ok || this.#stopped) return;
    const run = looked.value.runs.find((each) => each.runId === runId);
    if (run) this.#pickUp(serverId, run);
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
              endedMs: ports.clock.nowMs(),
              state: { kind: 'failed', stepId: null, failure: cause },
            },
          }
        : server,
    );
    await profiles.replace(serverId, (server) => ({ ...server, openRunId: null }));
  }

  async #serverIsDone(serverId: string, active: Active, view: RunView): Promise<void> {
    if (view.state.kind !== 'done') {
      await this.#end(serverId, active, view);
      return;
    }
    active.run.change(() => ({ ...view, state: { kind: 'running' }, endedMs: null }));
    const trouble =
      view.kind === 'set-up'
        ? await this.#finishSetUp(serverId, active)
        : await this.#finishUninstall(serverId, active.manifest);
    const ended = { ...active.run.view, endedMs: this.#deps.ports.clock.nowMs() };
    await this.#end(
      serverId,
      active,
      trouble
        ? { ...ended, state: { kind: 'failed', stepId: trouble.stepId, failure: trouble.failure } }
        : { ...ended, state: { kind: 'done' } },
    );
  }

  async #finishSetUp(serverId: string, active: Active): Promise<{ stepId: string; failure: Failure } | null> {
    const { profiles, secrets, ports, checks } = this.#deps;
    const { manifest } = active;
    const tunnels = await this.#hereStep(active, 'here-tunnels', async () => {
      const made = await makeTunnels(serverId, manifest.services, { profiles, secrets, localPorts: ports.localPorts });
      if (!made.ok) return made;
      const main = manifest.services.findIndex((each) => each.service === 'mlflow');
      const forwardId = made.value[Math.max(0, main)] ?? null;
      const noted = await profiles.replace(serverId, (server) => {
        const known = server.stacks.find((each) => each.environment === manifest.environment);
        return noteStack(server, { ...withKnown(server, manifest, known?.secrets ?? []), forwardId });
      });
      return noted.ok ? done(null) : noted;
    });
    if (tunnels) return { stepId: 'here-tunnels', failure: tunnels };
    if (!hasCheck(manifest)) return null;
    const check = await this.#hereStep(active, 'here-check', async () => {
      const checked = await checks.run(serverId, manifest.environment, checkBytes);
      if (!checked.ok) return checked;
      return checked.value.failure ? failed(checked.value.failure) : done(null);
    });
    return check ? { stepId: 'here-check', failure: check } : null;
  }

  async #finishUninstall(serverId: string, manifest: Manifest): Promise<null> {
    // What was put right is as it was before; the MLflow is there still.
    if (isPutRight(manifest)) return null;
    const { environment, draft } = manifest;
    const { profiles, secrets, ports } = this.#deps;
    const port = (key: string, usual: number) => Number(draft.values[key] ?? usual);
    const isStore = draft.stack === 'mlflow-full' || draft.stack === 'object-storage';
    const gone = [
      ...(draft.stack.startsWith('mlflow') ? [port('mlflow.port', 5000)] : []),
      ...(isStore ? [port('storage.port', 9000), port('storage.console-port', 9001)] : []),
    ];
    const forgotten = await forgetStack(serverId, environment, gone, {
      profiles,
      secrets,
      localPorts: ports.localPorts,
    });
    if (!forgotten.ok) this.#deps.log.write('warn', serverId, failureText(forgotten.error));
    return null;
  }

  /** Null: it went well. */
  async #hereStep(active: Active, id: string, run: () => Promise<Reply<null>>): Promise<Failure | null> {
    const nowMs = () => this.#deps.ports.clock.nowMs();
    const change = (part: Partial<StepView>) => {
      active.run.change((view) => ({
        ...view,
        steps: view.steps.map((each) => (each.id === id ? { ...each, ...part } : each)),
      }));
    };
    change({ state: 'running', startedMs: nowMs() });
    const result = await run();
    change({ state: result.ok ? 'ok' : 'failed', endedMs: nowMs(), note: result.ok ? null : result.error.message });
    return result.ok ? null : result.error;
  }

  async #end(serverId: string, active: Active, view: RunView): Promise<void> {
    active.run.change(() => view);
    const { ok, changed, failed: failures } = recapOf(view.steps);
    const outcome = view.state.kind === 'failed' ? failureText(view.state.failure) : `${view.state.kind}.`;
    this.#deps.log.write(
      view.state.kind === 'failed' ? 'warn' : 'info',
      serverId,
      `${view.title}: ${String(ok)} ok, ${String(changed)} changed, ${String(failures)} failed; ${outcome}`,
    );
    await this.#deps.profiles.replace(serverId, (server) =>
      server.openRunId === view.runId ? { ...server, openRunId: null } : server,
    );
  }
}

/** Sorts by time, and is told apart. */
const newRunId = (nowMs: number, id: string): string =>
  `${new Date(nowMs)
    .toISOString()
    .replace(/[-:]|\.\d+/g, '')
    .toLowerCase()}-${id.replace(/[^0-9a-z]/gi, '').slice(0, 8)}`;

/** Of an MLflow that was only put right the login may not be known. */
const hasCheck = (manifest: Manifest): boolean =>
  !isPutRight(manifest) && manifest.services.some((each) => each.service === 'mlflow');

const hereSteps = (manifest: Manifest): readonly StepView[] => {
  if (manifest.kind === 'uninstall' || manifest.services.length === 0) return [];
  const step = (id: string, title: string): StepView => ({
    id,
    title,
    place: 'here',
    state: 'waiting',
    startedMs: null,
    endedMs: null,
    note: null,
  });
  const tunnels = step('here-tunnels', 'Password in the keychain, tunnels on');
  return hasCheck(manifest) ? [tunnels, step('here-check', 'Check: a sample run with an artifact')] : [tunnels];
};

/** Of what was known before the forward stays; of an MLflow that was only put right, its login too. */
function withKnown(
  { stacks }: { readonly stacks: readonly InstalledStack[] },
  manifest: Manifest,
  names: readonly StackSecretName[],
): InstalledStack {
  const known = stacks.find((each) => each.environment === manifest.environment);
  if (known && isPutRight(manifest)) return known;
  return { ...stackFrom(manifest, names), forwardId: known?.forwardId ?? null };
}

const underWay = ({ title, by, account }: Manifest): Failure =>
  failure('conflict', `A run is under way on this server: ${title}, begun by ${by} as ${account}.`, {
    hint: 'It is shown on the Setup page, and by mooring setup SERVER --resume. Wait for its end, or stop it there.',
  });
