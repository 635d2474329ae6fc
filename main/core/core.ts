/** The app, without a window and without an operating system: ports in, calls and events out. */
import { isCallName, type CoreEvent } from '../shared/contract.ts';
import { failed, failure, failureText, type Failure, type Reply } from '../shared/failure.ts';
import type { Snapshot } from '../shared/snapshot.ts';
import { createHandlers } from './calls.ts';
import { Demo } from './demo.ts';
import { DesktopKeeper } from './desktop/desktop-keeper.ts';
import { Doctor } from './doctor/doctor.ts';
import { Environments } from './environment/environments.ts';
import { firstSnapshot, mergeProfiles } from './first-views.ts';
import { Hosts } from './hosts/hosts.ts';
import { Keys } from './keys/keys.ts';
import { Log } from './log.ts';
import { parsers } from './parse-calls.ts';
import type { Parser } from './parser.ts';
import type { Ports } from './ports.ts';
import { Prompts } from './prompts.ts';
import { Quitting } from './quitting.ts';
import { ReportMaker } from './report.ts';
import { Secrets } from './secrets.ts';
import { HostKeys } from './servers/host-keys.ts';
import { Profiles } from './servers/profiles.ts';
import { Discovery } from './services/discovery.ts';
import { History } from './services/history.ts';
import { Prober } from './services/prober.ts';
import { Credentials } from './setup/credentials.ts';
import { FactsReader } from './setup/facts/reader.ts';
import { playbookGround } from './setup/run/playbook/playbook-ground.ts';
import { Preparation } from './setup/run/preparation.ts';
import { SetupRuns } from './setup/run/setup-runs.ts';
import { Checks } from './setup/verify/checks.ts';
import { SettingsKeeper } from './settings.ts';
import { State } from './state.ts';
import { toFailure } from './to-failure.ts';
import { Tunnels } from './tunnels/tunnels.ts';

/** What the hosts (headless, Electron) hold. */
export interface Core {
  /** Loads the saved state and brings up what is wanted. */
  start(): Promise<void>;
  /** Resolves with zero sockets, timers and listeners left. */
  stop(): Promise<void>;
  /** The one door for calls from outside: `name` and `args` are untrusted and parsed here. Never throws. */
  call(name: string, args: unknown): Promise<Reply<unknown>>;
  snapshot(): Snapshot;
  /** A line for the log from the host around the core. No secrets, no words of others. */
  note(message: string): void;
  /**
   * `looking`: somebody sees the result, so counters are worth sending (at most once a second). Returns the function
   * that ends the subscription. The listener must not throw.
   */
  subscribe(listener: (event: CoreEvent) => void, options: { readonly looking: boolean }): () => void;
}

interface Subscriber {
  readonly listener: (event: CoreEvent) => void;
  readonly looking: boolean;
}

export interface AppFacts {
  readonly version: string;
  /** Why a core before this one had to end. */
  readonly trouble?: Failure | null;
}

export function createCore(ports: Ports, app: AppFacts): Core {
  const { clock, random, engine, files } = ports;
  const subscribers = new Set<Subscriber>();
  const tell = (event: CoreEvent) => {
    for (const { listener } of [...subscribers]) listener(event);
  };

  const noteLooking = () => {
    const looking = [...subscribers].some((each) => each.looking);
    tunnels.setLooking(looking);
    prober.setLooking(looking);
    history.setLooking(looking);
    discovery.setLooking(looking);
  };
  const subscribe: Core['subscribe'] = (listener, { looking }) => {
    const subscriber = { listener, looking };
    subscribers.add(subscriber);
    noteLooking();
    return () => {
      subscribers.delete(subscriber);
      noteLooking();
    };
  };

  const state = new State(firstSnapshot(ports, app.version), clock, (payload) => {
    tell({ name: 'snapshot.changed', payload });
    desktop.snapshotChanged();
    setup.snapshotChanged();
    prober.snapshotChanged();
  });
  const log = new Log(clock, ports.logSink, (payload) => {
    tell({ name: 'log.added', payload });
  });
  const notice = (trouble: Failure) => {
    const entry = { id: random.id(), createdMs: clock.nowMs(), failure: trouble };
    state.update((now) => ({ ...now, notices: [...now.notices, entry] }));
    log.write('warn', null, failureText(trouble));
  };
  const prompts = new Prompts(state, clock, random);
  const secrets = new Secrets({
    keychain: ports.keychain,
    state,
    log,
    notice,
    ready: () => {
      tunnels.keychainReady();
    },
    noteRemembered: (serverId, remembered) => profiles.replace(serverId, (now) => ({ ...now, remembered })),
  });
  const hostKeys = new HostKeys(files.hostKeys, ports.knownHosts, clock);
  const tunnels = new Tunnels({ ports, state, log, prompts, secrets, hostKeys });
  let running = false;
  const profiles = new Profiles({
    file: files.servers,
    random,
    notice,
    changed: (next) => {
      reports.noteProfiles(next);
      state.update((now) => ({ ...now, servers: mergeProfiles(now.servers, next) }));
      hosts.profilesChanged();
      if (running) tunnels.follow(next);
    },
  });
  const settings = new SettingsKeeper({
    file: files.settings,
    state,
    notice,
    changed: (next) => {
      tunnels.settingsChanged(next);
      desktop.settingsChanged(next);
    },
  });
  const keys = new Keys({ ports, log, prompts, secrets, profiles, tunnels });
  const demo = new Demo({ server: ports.demo, localPorts: ports.localPorts, profiles, secrets, hostKeys });
  const desktop = new DesktopKeeper({ desktop: ports.desktop, host: ports.host, state, clock, log });
  const reports = new ReportMaker({ reports: ports.reports, state, log, clock });
  const quitting = new Quitting({
    host: ports.host,
    state,
    clock,
    prompts,
    watchCounters: () => subscribe(() => undefined, { looking: true }),
    runs: () => setup.underWay(),
  });
  const history = new History(state, clock);
  const prober = new Prober({
    state,
    log,
    clock,
    random,
    tunnels,
    secrets,
    probed: (forwardId, { latencyMs }) => {
      history.probed(forwardId, latencyMs);
    },
  });
  const discovery = new Discovery({ state, clock, tunnels, localPorts: ports.localPorts });
  const facts = new FactsReader({ profiles, tunnels, clock, machine: ports.machine });
  const preparation = new Preparation({
    profiles,
    tunnels,
    facts,
    machine: ports.machine,
    playbookGround: (serverId, stack) =>
      playbookGround(serverId, stack, { ...ports, profiles, secrets, hostKeys, state }),
  });
  const credentials = new Credentials({ profiles, secrets, http: ports.http, random });
  const checks = new Checks({ state, clock, random, http: ports.http, credentials });
  const { machine, awsFiles } = ports;
  const environments = new Environments({ state, secrets, machine, awsFiles, clock, desktop: ports.desktop, notice });
  const doctor = new Doctor({
    state,
    clock,
    diagnosis: ports.diagnosis,
    profiles,
    facts,
    credentials,
    http: ports.http,
    prober,
    discovery,
  });
  const setup = new SetupRuns({
    ports,
    state,
    log,
    prompts,
    secrets,
    profiles,
    tunnels,
    preparation,
    checks,
    tell,
  });
  const hosts = new Hosts({ ports, state, log, profiles, tunnels, notice });
  const handlers = createHandlers({
    state,
    log,
    prompts,
    secrets,
    hostKeys,
    profiles,
    settings,
    tunnels,
    keys,
    demo,
    host: ports.host,
    localPorts: ports.localPorts,
    facts,
    preparation,
    setup,
    credentials,
    checks,
    prober,
    history,
    discovery,
    environments,
    doctor,
    desktop,
    reports,
    quitting,
    hosts,
  });

  return {
    async start() {
      log.write('info', null, `Mooring ${app.version} starts.`);
      if (app.trouble) notice(app.trouble);
      await settings.load();
      for (const damaged of await hostKeys.load()) notice(damaged);
      await profiles.load();
      const resumed = await demo.resume();
      if (!resumed.ok) notice(resumed.error);
      running = true;
      tunnels.start();
      desktop.start();
      // A keychain that asks to be unlocked must not hold up the tunnels that need no secret.
      void secrets.probe();
      tunnels.follow(profiles.all());
      await hosts.start();
    },

    async stop() {
      log.write('info', null, 'Mooring stops.');
      running = false;
      const runsEnd = setup.stop();
      prober.stop();
      history.stop();
      discovery.stop();
      doctor.stop();
      await checks.stop();
      await environments.stop();
      tunnels.stop();
      desktop.stop();
      quitting.stop();
      prompts.cancelAll();
      await hosts.stop();
      await runsEnd;
      await Promise.all([engine.close(), ports.demo.stop(), profiles.idle(), settings.idle(), hostKeys.idle()]);
      ports.http.closeIdle();
      state.close();
      subscribers.clear();
      await ports.logSink.close();
    },

    async call(name, args) {
      if (!isCallName(name)) {
        return failed(
          failure('unknown-call', 'There is no such call.', { hint: 'Window and core may differ in version.' }),
        );
      }
      // Parser and handler of one name fit each other by their types; the union of all names can't show that.
      const parsed = (parsers[name] as Parser<unknown>)(args);
      if (!parsed.ok) return parsed;
      try {
        return await (handlers[name] as (args: unknown) => Promise<Reply<unknown>>)(parsed.value);
      } catch (thrown) {
        const trouble = toFailure(thrown);
        log.write('error', null, `${name}: ${trouble.detail ?? trouble.message}`);
        return failed(trouble);
      }
    },

    snapshot: () => state.get(),

    note(message) {
      log.write('warn', null, message);
    },

    subscribe,
  };
}
