/** Looks at this machine and its servers, and shows what it finds as it finds it. One look at a time. */
import type { DoctorView, Finding } from '../../shared/doctor.ts';
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import { formatEndpoint, isLoopback, type Forward } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import type { Clock } from '../ports.ts';
import { isHostName } from '../servers/address.ts';
import type { Profiles } from '../servers/profiles.ts';
import type { Credentials } from '../setup/credentials.ts';
import type { Discovery } from '../services/discovery.ts';
import type { Prober } from '../services/prober.ts';
import type { FactsReader } from '../setup/facts/reader.ts';
import type { HttpAnswer, HttpClient, HttpLogin } from '../setup/verify/http-client.ts';
import type { State } from '../state.ts';
import type { Diagnosis } from './diagnosis.ts';
import { judgeMachine, judgeTrackingUri, ofApp } from './judge-machine.ts';
import { judgeLastCheck, judgeMlflow, wellKnownLogin } from './judge-mlflow.ts';
import { judgeHostsFile, judgeNames } from './judge-names.ts';
import { judgeOpenPorts, unnamedOpenPorts } from './judge-ports.ts';
import { judgeServer, judgeUnread } from './judge-server.ts';
import { judgeService } from './judge-services.ts';
import { judgeTunnels } from './judge-tunnels.ts';
import { judgeWay, type WayLooks } from './judge-way.ts';

const answerMs = 8_000;
const answerBytes = 200_000;

export interface DoctorDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly diagnosis: Diagnosis;
  readonly profiles: Profiles;
  readonly facts: FactsReader;
  readonly credentials: Credentials;
  readonly http: HttpClient;
  readonly prober: Pick<Prober, 'check'>;
  readonly discovery: Pick<Discovery, 'recognise'>;
}

/** A look under way. */
interface Looking {
  cancelled: boolean;
  /** Ends what is being waited for. */
  readonly cancel: Promise<null>;
  readonly stop: () => void;
}

export class Doctor {
  readonly #deps: DoctorDeps;
  #looking: Looking | null = null;

  constructor(deps: DoctorDeps) {
    this.#deps = deps;
  }

  /** `serverId` undefined: this machine, and every server that is wanted. Fails with `conflict` while one is under way. */
  start(serverId: string | undefined): Reply<Record<never, never>> {
    if (this.#looking)
      return failed(failure('conflict', 'The doctor is looking already.', { hint: 'Wait for its end.' }));
    if (serverId !== undefined) {
      const found = this.#deps.profiles.find(serverId);
      if (!found.ok) return found;
    }
    let stop: () => void = () => undefined;
    const cancel = new Promise<null>((resolve) => {
      stop = () => {
        resolve(null);
      };
    });
    const looking = { cancelled: false, cancel, stop };
    this.#looking = looking;
    this.#show({
      serverId: serverId ?? null,
      startedMs: this.#deps.clock.nowMs(),
      endedMs: null,
      cancelled: false,
      stage: 'this machine',
      findings: [],
    });
    void this.#look(looking, serverId ?? null);
    return done({});
  }

  cancel(): Reply<Record<never, never>> {
    const looking = this.#looking;
    if (!looking) return failed(failure('conflict', 'The doctor is not looking at anything.'));
    looking.cancelled = true;
    looking.stop();
    return done({});
  }

  /** Makes the key file of a server’s login readable for its owner alone. */
  async tightenKey(serverId: string): Promise<Reply<Record<never, never>>> {
    const found = this.#deps.profiles.find(serverId);
    if (!found.ok) return found;
    const { login } = found.value;
    if (login.kind !== 'key') return failed(failure('conflict', `${found.value.name} logs in without a key file.`));
    const tightened = await this.#deps.diagnosis.tightenKey(login.path);
    return tightened.ok ? done({}) : tightened;
  }

  stop(): void {
    if (this.#looking) this.cancel();
    this.#deps.diagnosis.stop();
  }

  async #look(looking: Looking, serverId: string | null): Promise<void> {
    const { state, clock } = this.#deps;
    try {
      await this.#lookAtMachine(looking);
      const ids = state
        .get()
        .servers.filter(({ profile }) => (serverId === null ? profile.wanted : profile.id === serverId))
        .map(({ profile }) => profile.id);
      for (const each of ids) {
        if (!looking.cancelled) await this.#lookAtServer(looking, each);
      }
    } finally {
      this.#looking = null;
      this.#change((view) => ({ ...view, endedMs: clock.nowMs(), cancelled: looking.cancelled, stage: null }));
    }
  }

  async #lookAtMachine(looking: Looking): Promise<void> {
    const { diagnosis, state } = this.#deps;
    const looks = await orCancelled(looking, Promise.all([diagnosis.machine(), diagnosis.agent()]));
    if (looks === null) return;
    const [machine, agent] = looks;
    const snapshot = state.get();
    const isNamed = snapshot.servers.some(({ profile }) => profile.hosts.on);
    this.#add([
      ...judgeMachine(snapshot, machine, agent),
      ...judgeTrackingUri(machine.variables, snapshot, ofApp),
      ...judgeHostsFile(snapshot.hosts, isNamed),
    ]);
  }

  async #lookAtServer(looking: Looking, serverId: string): Promise<void> {
    const { state, clock, facts, discovery } = this.#deps;
    const server = this.#server(serverId);
    if (!server) return;
    this.#stage(`the way to ${server.profile.name}`);
    const way = await orCancelled(looking, this.#wayLooks(server));
    const now = this.#server(serverId);
    if (way === null || !now) return;
    this.#add([...judgeWay(now, way, clock.nowMs(), state.get().prompts), ...judgeNames(now, state.get().hosts)]);
    if (now.connection.kind !== 'up') {
      this.#add(judgeTunnels(now, null));
      return;
    }
    this.#stage(`what ${server.profile.name} tells of itself`);
    const read = await orCancelled(looking, facts.read(serverId));
    const later = this.#server(serverId);
    if (read === null || !later) return;
    if (read.ok) {
      const met = await orCancelled(looking, discovery.recognise(serverId, unnamedOpenPorts(read.value)));
      if (met === null) return;
      this.#add([...judgeServer(serverId, read.value), ...judgeOpenPorts(later.profile, read.value, met)]);
    } else {
      this.#add(judgeUnread(serverId, read.error));
    }
    this.#add(judgeTunnels(later, read.ok ? read.value : null));
    await this.#lookAtServices(looking, later);
    this.#add(judgeLastCheck(later));
  }

  async #lookAtServices(looking: Looking, { profile, forwards }: ServerView): Promise<void> {
    for (const [at, forward] of profile.forwards.entries()) {
      if (forwards[at]?.state.kind !== 'up' || looking.cancelled) continue;
      this.#stage(`${forward.label} on ${profile.name}`);
      const checked = await orCancelled(looking, this.#deps.prober.check(profile.id, forward.id));
      if (checked === null) return;
      const service = checked.ok ? checked.value.service : null;
      this.#add(judgeService(profile.id, forward, service));
      const isMlflow = service?.kind === 'mlflow' || (service === null && forward.service === 'mlflow');
      if (isMlflow) await this.#lookAtMlflow(looking, profile, forward);
    }
  }

  async #lookAtMlflow(looking: Looking, profile: ServerProfile, forward: Forward): Promise<void> {
    const url = `http://${formatEndpoint(forward.bind.address, forward.bind.port)}`;
    const stack = profile.stacks.find((each) => each.forwardId === forward.id);
    const kept = stack ? await this.#deps.credentials.trackingServer(profile.id, stack.environment) : null;
    const login = kept?.ok ? kept.value.login : null;
    const list = '/api/2.0/mlflow/experiments/search?max_results=50';
    const open = await this.#ask(looking, url + list, null);
    if (open === null) return;
    const isOpen = open.ok && open.value.status === 200;
    const wellKnown = isOpen ? null : await this.#ask(looking, url + list, wellKnownLogin);
    const own = !isOpen && login ? await this.#ask(looking, url + list, login) : null;
    if (!looking.cancelled) this.#add(judgeMlflow(profile, forward, { open, wellKnown, kept: own }));
  }

  async #ask(looking: Looking, url: string, login: HttpLogin | null): Promise<Reply<HttpAnswer> | null> {
    const running = this.#deps.http.request({
      method: 'GET',
      url,
      login,
      body: null,
      read: 'text',
      maxBytes: answerBytes,
      idleMs: answerMs,
      totalMs: answerMs,
    });
    const answer = await orCancelled(looking, running.done);
    if (answer === null) running.cancel();
    return answer;
  }

  async #wayLooks({ profile, connection }: ServerView): Promise<WayLooks> {
    const { diagnosis } = this.#deps;
    const { address, port, login } = profile;
    const [key, resolved, reached] = await Promise.all([
      login.kind === 'key' ? diagnosis.keyFile(login.path).then((look) => ({ path: login.path, look })) : null,
      isHostName(address) ? diagnosis.resolve(address) : null,
      connection.kind === 'up' || (profile.demo && isLoopback(address)) ? null : diagnosis.reach(address, port),
    ]);
    return { key, resolved, reached };
  }

  #server(serverId: string): ServerView | undefined {
    return this.#deps.state.get().servers.find((each) => each.profile.id === serverId);
  }

  #stage(stage: string): void {
    this.#change((view) => ({ ...view, stage }));
  }

  #add(findings: readonly Finding[]): void {
    this.#change((view) => ({ ...view, findings: [...view.findings, ...findings] }));
  }

  #change(change: (view: DoctorView) => DoctorView): void {
    this.#deps.state.update((now) => (now.doctor === null ? now : { ...now, doctor: change(now.doctor) }));
  }

  #show(doctor: DoctorView): void {
    this.#deps.state.update((now) => ({ ...now, doctor }));
  }
}

/** Null: a person stopped it meanwhile. What was asked goes on unheard. */
const orCancelled = <T>(looking: Looking, asked: Promise<T>): Promise<T | null> =>
  Promise.race([asked, looking.cancel]);
