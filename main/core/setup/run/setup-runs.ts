/**
 * The setup runs of all servers, and what else is asked of setup: plans, offers, what a server remembers. One run at a
 * time for a server, which the server itself sees to.
 */
import type { CoreEvent, FoundStack, HandedSecrets, KeptData } from '../../../shared/contract.ts';
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { OfferKind, OffersFor } from '../../../shared/setup/offers.ts';
import { isOfPlaybook, type Plan } from '../../../shared/setup/plan.ts';
import { isOver, runsHere, type RunLine, type RunRecord } from '../../../shared/setup/run.ts';
import { stackCards } from '../../../shared/setup/stack-fields.ts';
import type { StackDraft, StackSecretName } from '../../../shared/setup/stack.ts';
import type { Log } from '../../log.ts';
import type { Ports } from '../../ports.ts';
import type { Prompts } from '../../prompts.ts';
import type { RunUnderWay } from '../../quitting.ts';
import type { Secrets } from '../../secrets.ts';
import type { Profiles } from '../../servers/profiles.ts';
import type { State } from '../../state.ts';
import type { Tunnels } from '../../tunnels/tunnels.ts';
import { playbookScript } from '../plan/own-script/playbook-command.ts';
import type { Checks } from '../verify/checks.ts';
import { forgetStack } from './afterwards.ts';
import type { RememberedRun } from './look.ts';
import { withShownRun } from './history.ts';
import { manifestOf, type Manifest } from './manifest.ts';
import { PlaybookRuns } from './playbook/playbook-runs.ts';
import { notConnected, obstacle, scriptOf, type Preparation, type Prepared } from './preparation.ts';
import { newRunId, RunBoard, underWay } from './run-board.ts';
import { ServerRuns } from './server-runs.ts';
import { gatherSecrets, keptSecret, namesIn } from './stack-secrets.ts';
import { withLocalPorts } from './stack-tunnels.ts';
import { isStanding, remarkOnRun, remarksOnStanding, standingSecrets } from './standing.ts';

export interface SetupRunsDeps {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'localPorts' | 'uploads' | 'releases' | 'playbooks' | 'machine'>;
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

export class SetupRuns {
  readonly #deps: SetupRunsDeps;
  readonly #board: RunBoard;
  readonly #onServers: ServerRuns;
  readonly #playbooks: PlaybookRuns;

  constructor(deps: SetupRunsDeps) {
    this.#deps = deps;
    const { clock } = deps.ports;
    this.#board = new RunBoard({ ...deps, clock });
    this.#onServers = new ServerRuns({ ...deps, board: this.#board });
    this.#playbooks = new PlaybookRuns({ ...deps, board: this.#board });
  }

  async plan(
    serverId: string,
    draft: StackDraft,
  ): Promise<Reply<{ plan: Plan; known: StackSecretName[]; stands: boolean }>> {
    const prepared = await this.#deps.preparation.plan(serverId, draft);
    if (!prepared.ok) return prepared;
    const { plan } = prepared.value;
    const stands = isStanding(prepared.value);
    // Of a change, those that stay are told one by one.
    const staying = stands ? [] : standingSecrets(prepared.value);
    const known: StackSecretName[] = [];
    for (const secret of plan.secrets) {
      const kept = await keptSecret(secret, prepared.value, { serverId, secrets: this.#deps.secrets });
      if ((kept.ok && kept.value !== null) || staying.includes(secret.name)) known.push(secret.name);
    }
    const local = await withLocalPorts(serverId, plan.services, { ...this.#deps, ...this.#deps.ports });
    const underWay = this.#underWay(serverId, prepared.value);
    const remarks = [...remarksOnStanding(prepared.value, known, underWay), ...plan.remarks, ...local.remarks];
    return done({ plan: { ...plan, services: local.services, remarks }, known, stands });
  }

  async planUninstall(serverId: string, environment: string, removeData: boolean): Promise<Reply<{ plan: Plan }>> {
    const prepared = await this.#deps.preparation.planUninstall(serverId, environment, removeData);
    if (!prepared.ok) return prepared;
    const { plan } = prepared.value;
    const remarks = [...remarkOnRun(this.#underWay(serverId, prepared.value)), ...plan.remarks];
    return done({ plan: { ...plan, remarks } });
  }

  async script(serverId: string, draft: StackDraft): Promise<Reply<{ text: string }>> {
    const prepared = await this.#deps.preparation.plan(serverId, draft);
    if (!prepared.ok) return prepared;
    const { plan } = prepared.value;
    if (plan.playbook) return done({ text: playbookScript(plan.title, plan.playbook) });
    // Of a plan that can’t be run at all there is none to be run by hand: nothing is known of its command.
    const stop = isOfPlaybook(plan) ? obstacle(plan) : null;
    return stop ? failed(stop) : done({ text: scriptOf(prepared.value) });
  }

  async start(serverId: string, draft: StackDraft, handed: HandedSecrets): Promise<Reply<{ runId: string }>> {
    const prepared = await this.#mayBegin(serverId, () => this.#deps.preparation.plan(serverId, draft));
    if (!prepared.ok) return prepared;
    const { plan } = prepared.value;
    const { secrets, ports } = this.#deps;
    const gathered = await gatherSecrets(prepared.value, handed, { serverId, secrets, random: ports.random });
    if (!gathered.ok) return gathered;
    // Kept before anything happens: what the server is told must not be lost when this machine dies in the middle.
    for (const name of namesIn(gathered.value)) {
      await secrets.keepForStack(serverId, plan.environment, name, gathered.value[name] ?? '');
    }
    return this.#begin(serverId, prepared.value, gathered.value);
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
    return prepared.ok ? this.#begin(serverId, prepared.value, {}) : prepared;
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
    return prepared.ok ? this.#begin(serverId, prepared.value, {}) : prepared;
  }

  async cancel(serverId: string, how: 'after-step' | 'now'): Promise<Reply<Record<never, never>>> {
    const active = this.#board.get(serverId);
    if (!active || isOver(active.run.view)) return failed(failure('conflict', 'No run is under way on this server.'));
    if (active.promptId !== null) return this.#deps.prompts.cancel(active.promptId);
    if (!active.isLaunched) {
      if (active.stop?.ask() === true) return done({});
      return failed(failure('conflict', 'It is just being started.', { hint: 'Try again in a moment.' }));
    }
    if (await active.run.cancel(how)) return done({});
    return failed(
      failure('link-lost', 'The server could not be told to stop.', { hint: 'Connect it, and try again.' }),
    );
  }

  /** Of this machine’s memory only. */
  async forget(serverId: string, environment: string): Promise<Reply<Record<never, never>>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const forgotten = await forgetStack(serverId, environment, [], this.#deps);
    return forgotten.ok ? done({}) : forgotten;
  }

  dismiss(serverId: string): Reply<Record<never, never>> {
    if (this.#board.isBusy(serverId)) {
      return failed(
        failure('conflict', 'The run is still under way.', { hint: 'Stop it first, or wait for its end.' }),
      );
    }
    this.#board.drop(serverId);
    this.#deps.state.updateServer(serverId, (server) => ({ ...server, run: null }));
    return done({});
  }

  async look(serverId: string): Promise<Reply<{ stacks: FoundStack[]; history: RunRecord[]; kept: KeptData[] }>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const looked = await this.#deps.preparation.look(serverId);
    if (!looked.ok) return looked;
    const { stacks, runs, kept } = looked.value;
    const alive = runs.find((each) => each.isAlive);
    if (alive) this.#pickUp(serverId, alive);
    const known = found.value.stacks.map((each) => each.environment);
    const history = runs.map((each) => each.record);
    return done({
      stacks: stacks.map(({ environment, complete, manifest }) => ({
        environment,
        draft: manifest.draft,
        title: manifest.title,
        complete,
        adminUser: manifest.adminUser,
        isKnown: known.includes(environment),
      })),
      history: [...withShownRun(history, this.#board.get(serverId))],
      kept: kept.map(({ environment, manifest: { draft, keeps } }) => ({
        environment,
        title: stackCards[draft.stack].title,
        keeps: keeps ?? [],
      })),
    });
  }

  readLog(serverId: string, afterSeq: number | undefined): Reply<{ lines: RunLine[] }> {
    return done({ lines: [...(this.#board.get(serverId)?.run.log.read(afterSeq) ?? [])] });
  }

  /** Connections come and go, and so do servers. */
  snapshotChanged(): void {
    this.#onServers.snapshotChanged();
    for (const [serverId] of this.#board.all()) {
      if (!this.#deps.profiles.find(serverId).ok) this.#board.drop(serverId);
    }
  }

  /** Runs that a person is waiting for, for those who quit. */
  underWay(): readonly RunUnderWay[] {
    return this.#board
      .all()
      .filter(([, { run }]) => !isOver(run.view))
      .map(([, { run }]) => ({ title: run.view.title, endsWithMooring: runsHere(run.view) }));
  }

  /** Those of the servers go on there; resolves when none of this machine runs any more. */
  async stop(): Promise<void> {
    this.#onServers.stop();
    for (const [, { run, stop }] of this.#board.all()) {
      run.leave();
      stop?.ask();
    }
    await Promise.all([this.#onServers.idle(), this.#playbooks.idle()]);
  }

  /** From here, or from another machine; null: none is. */
  #underWay(serverId: string, { remembered }: Prepared): Manifest | null {
    const shown = this.#board.isBusy(serverId) ? this.#board.get(serverId) : undefined;
    return (shown ?? remembered.runs.find((each) => each.isAlive))?.manifest ?? null;
  }

  /** Nothing is begun while something is under way, here or from another machine. */
  async #mayBegin(serverId: string, prepare: () => Promise<Reply<Prepared>>): Promise<Reply<Prepared>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    if (this.#deps.tunnels.connectionIdOf(serverId) === null) return failed(notConnected(found.value.name));
    const busy = this.#board.busy(found.value);
    if (busy) return failed(busy);
    const prepared = await prepare();
    if (!prepared.ok) return prepared;
    const alive = prepared.value.remembered.runs.find((each) => each.isAlive);
    if (alive) {
      this.#pickUp(serverId, alive);
      return failed(underWay(found.value.name, alive.manifest));
    }
    const stop = obstacle(prepared.value.plan);
    return stop ? failed(stop) : prepared;
  }

  /** Another machine’s run does not take the place of a playbook that is at work here. */
  #pickUp(serverId: string, run: RememberedRun): void {
    const active = this.#board.get(serverId);
    if (active && !isOver(active.run.view) && runsHere(active.run.view)) return;
    this.#onServers.pickUp(serverId, run);
  }

  #begin(serverId: string, prepared: Prepared, secrets: HandedSecrets): Reply<{ runId: string }> {
    const { ports, profiles, log } = this.#deps;
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    // Two calls at the same moment: the later one finds the first.
    const server = found.value;
    const busy = this.#board.busy(server);
    if (busy) return failed(busy);
    const runId = newRunId(ports.clock.nowMs(), ports.random.id());
    const by = `${ports.machine.user}@${ports.machine.name}`;
    const manifest = manifestOf(prepared.plan, prepared.places.stateDir, by);
    const { playbook } = prepared.plan;
    if (playbook) this.#playbooks.begin({ runId, manifest, prepared, playbook, server });
    else this.#onServers.begin({ runId, manifest, prepared, server, secrets, by });
    log.write('info', serverId, `${manifest.title}: ${manifest.kind} begins.`);
    return done({ runId });
  }
}
