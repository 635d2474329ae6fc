/** The demo: an embedded server on loopback, added as a server like any other, gone when that is removed. */
import { done, failed, failure, type Reply } from '../shared/failure.ts';
import type { DemoFault } from '../shared/contract.ts';
import type { ServerProfile } from '../shared/server.ts';
import type { DemoAddress, DemoServer, LocalPorts } from './ports.ts';
import { loginPurpose, type Secrets } from './secrets.ts';
import type { HostKeys } from './servers/host-keys.ts';
import type { Profiles } from './servers/profiles.ts';

/** Where its tunnel listens unless the port is taken: out of the way of the ports that people use for their own. */
const firstLocalPort = 15_001;

export interface DemoDeps {
  readonly server: DemoServer;
  readonly localPorts: LocalPorts;
  readonly profiles: Profiles;
  readonly secrets: Secrets;
  readonly hostKeys: HostKeys;
}

export class Demo {
  readonly #deps: DemoDeps;
  /** Starts and removals follow each other, so that there is one demo server. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: DemoDeps) {
    this.#deps = deps;
  }

  /** After a restart of the core: a saved demo server gets a running server behind it again. */
  resume(): Promise<Reply<null>> {
    return this.#inTurn(async () => {
      const prepared = this.#profile() ? await this.#prepare() : done(null);
      return prepared.ok ? done(null) : prepared;
    });
  }

  /** Started twice, both replies name the same server. */
  start(): Promise<Reply<{ serverId: string }>> {
    return this.#inTurn(() => this.#start());
  }

  async #start(): Promise<Reply<{ serverId: string }>> {
    const { profiles } = this.#deps;
    const prepared = await this.#prepare();
    if (!prepared.ok) return prepared;
    const old = this.#profile();
    if (old) {
      const wished = await profiles.setWanted(old.id, undefined, true);
      return wished.ok ? done({ serverId: old.id }) : wished;
    }
    const address = prepared.value;
    const port =
      (await this.#deps.localPorts.nextFree('127.0.0.1', firstLocalPort - 1, this.#plannedPorts())) ?? firstLocalPort;
    const added = await profiles.add(
      {
        name: freeDemoName(profiles.all()),
        ...whereAndWho(address),
        login: { kind: 'password' },
        forwards: [
          {
            label: 'MLflow',
            service: 'mlflow',
            bind: { address: '127.0.0.1', port, alsoIpv6: false },
            target: address.target,
          },
        ],
      },
      { demo: true },
    );
    if (!added.ok) return added;
    await this.#arm(added.value.serverId, address);
    await profiles.setWanted(added.value.serverId, undefined, true);
    return added;
  }

  break(fault: DemoFault): Promise<Reply<null>> {
    if (this.#profile()) return this.#deps.server.break(fault);
    return Promise.resolve(
      failed(failure('not-found', 'The demo server does not run.', { hint: 'Start it first: mooring demo.' })),
    );
  }

  /** When its server was removed. */
  removed(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#profile()) await this.#deps.server.stop();
    });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #profile(): ServerProfile | undefined {
    return this.#deps.profiles.all().find((each) => each.demo);
  }

  /** The server runs, and the profile, password and pinned key are those of this run. */
  async #prepare(): Promise<Reply<DemoAddress>> {
    const started = await this.#deps.server.start();
    if (!started.ok) return started;
    const profile = this.#profile();
    if (profile) {
      const { target, address, port } = started.value;
      const moved = profile.address !== address || profile.port !== port;
      if (moved) await this.#deps.hostKeys.forget(profile.address, profile.port);
      const replaced = await this.#deps.profiles.replace(profile.id, (now) => ({
        ...now,
        ...whereAndWho(started.value),
        forwards: now.forwards.map((each) => ({ ...each, target })),
      }));
      // On a full disk the profile keeps a place where nobody listens any more.
      if (moved && !replaced.ok) return replaced;
      await this.#arm(profile.id, started.value);
    }
    return started;
  }

  async #arm(serverId: string, address: DemoAddress): Promise<void> {
    await this.#deps.secrets.keep(serverId, 'password', loginPurpose(address), address.password, false);
    // A key that was changed on request is for the user to judge: only the first one is pinned.
    if (this.#deps.hostKeys.pinned(address.address, address.port) === null) {
      await this.#deps.hostKeys.pin(address.address, address.port, address);
    }
  }

  #plannedPorts(): readonly number[] {
    return this.#deps.profiles.all().flatMap((server) => server.forwards.map((each) => each.bind.port));
  }
}

const whereAndWho = ({ address, port, user }: DemoAddress) => ({ address, port, user });

function freeDemoName(profiles: readonly ServerProfile[]): string {
  const taken = new Set(profiles.map((each) => each.name.toLowerCase()));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? 'demo' : `demo ${String(count)}`;
    if (!taken.has(name)) return name;
  }
}
