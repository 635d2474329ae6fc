/**
 * What listens on a server: each port is guessed by probing it, with a tunnel to it offered. And a quiet look, now and
 * then while somebody looks, for something new.
 */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import type { ListeningPort } from '../../shared/facts.ts';
import {
  forwardPresets,
  isBeyondLoopback,
  isOwnHost,
  serviceForPort,
  type ForwardDraft,
  type ServiceKind,
} from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { stackPorts } from '../../shared/setup/setup-words.ts';
import { isServiceBroken, type FoundPort, type NewPort } from '../../shared/services.ts';
import type { Clock, LocalPorts } from '../ports.ts';
import type { State } from '../state.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { environmentOfUnit } from '../setup/plan/places.ts';
import { isPassing, isPlumbing, listeningLimitMs, listeningScript, parseListening, reachedAt } from './listening.ts';
import { askPorts } from './ask-ports.ts';
import type { Verdict } from './probe.ts';

const mostProbed = 60;
/** The quiet look. The first one comes when the rest has settled. */
const firstLookMs = 5_000;
const lookEveryMs = 120_000;
const mostNew = 5;

export interface DiscoveryDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly tunnels: Pick<Tunnels, 'asks' | 'commands' | 'connectionIdOf'>;
  readonly localPorts: LocalPorts;
}

/** Of one connection: another one begins anew, as much may have been started meanwhile. */
interface Looks {
  readonly connectionId: string;
  known: ReadonlySet<number> | null;
  lastMs: number | null;
  running: boolean;
  /** The account may not run commands, or nothing there tells. */
  useless: boolean;
}

export class Discovery {
  readonly #deps: DiscoveryDeps;
  readonly #looks = new Map<string, Looks>();
  #cancelTimer: (() => void) | null = null;

  constructor(deps: DiscoveryDeps) {
    this.#deps = deps;
  }

  /** Fails with `conflict` while the server is not connected, and with what kept it from telling. */
  async discover(serverId: string): Promise<Reply<{ found: FoundPort[] }>> {
    const { state, tunnels } = this.#deps;
    const server = state.get().servers.find(({ profile }) => profile.id === serverId);
    if (!server) return failed(failure('not-found', 'There is no such server.'));
    const connectionId = tunnels.connectionIdOf(serverId);
    if (connectionId === null) {
      return failed(failure('conflict', `${server.profile.name} is not connected.`, { hint: 'Connect it first.' }));
    }
    const ports = await this.#listening(connectionId);
    if (!ports.ok) return ports;
    this.#noteKnown(serverId, connectionId, ports.value);
    const wanted = ports.value.filter((each) => !isPlumbing(each)).slice(0, mostProbed);
    const verdicts = await askPorts(tunnels.asks, connectionId, wanted);
    return done({ found: await this.#offers(serverId, wanted, verdicts) });
  }

  /** What answers on these ports, by port, where it tells; empty while the server is not connected. */
  async recognise(serverId: string, ports: readonly ListeningPort[]): Promise<ReadonlyMap<number, ServiceKind>> {
    const { tunnels } = this.#deps;
    const connectionId = tunnels.connectionIdOf(serverId);
    const verdicts =
      connectionId === null ? [] : await askPorts(tunnels.asks, connectionId, ports.slice(0, mostProbed));
    return new Map([...verdicts].flatMap(([port, { kind }]) => (kind === null ? [] : [[port, kind] as const])));
  }

  /** Whether somebody would see that something is new. */
  setLooking(looking: boolean): void {
    if (looking === (this.#cancelTimer !== null)) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (looking) this.#wait();
  }

  /** The person has seen it. */
  dismissNew(serverId: string): Reply<Record<never, never>> {
    this.#show(serverId, []);
    return done({});
  }

  stop(): void {
    this.setLooking(false);
    this.#looks.clear();
  }

  #wait(): void {
    this.#cancelTimer = this.#deps.clock.after(firstLookMs, () => {
      for (const { profile } of this.#deps.state.get().servers) void this.#lookQuietly(profile.id);
      this.#wait();
    });
  }

  async #lookQuietly(serverId: string): Promise<void> {
    const { clock, tunnels } = this.#deps;
    const connectionId = tunnels.connectionIdOf(serverId);
    if (connectionId === null) {
      this.#looks.delete(serverId);
      return;
    }
    const before = this.#looks.get(serverId);
    const looks: Looks =
      before?.connectionId === connectionId
        ? before
        : { connectionId, known: null, lastMs: null, running: false, useless: false };
    this.#looks.set(serverId, looks);
    const isEarly = looks.lastMs !== null && clock.nowMs() - looks.lastMs < lookEveryMs;
    if (looks.running || looks.useless || isEarly) return;
    looks.running = true;
    looks.lastMs = clock.nowMs();
    const ports = await this.#listening(connectionId);
    looks.running = false;
    if (this.#looks.get(serverId) !== looks) return;
    if (!ports.ok) {
      looks.useless = ports.error.code !== 'link-lost' && ports.error.code !== 'timed-out';
      return;
    }
    this.#compare(serverId, looks, ports.value);
  }

  #compare(serverId: string, looks: Looks, ports: readonly ListeningPort[]): void {
    const { state, clock } = this.#deps;
    const now = new Set(ports.map((each) => each.port));
    const server = state.get().servers.find(({ profile }) => profile.id === serverId);
    const { known } = looks;
    looks.known = new Set([...(known ?? []), ...now]);
    if (known === null || !server) return;
    const expected = [
      ...server.profile.forwards.map((each) => each.target.port),
      // Its tunnels are made at the end of its setup.
      ...server.profile.stacks.flatMap((each) => stackPorts(each.draft)),
    ];
    const fresh = ports
      .filter((each) => !known.has(each.port) && !isPlumbing(each) && !isPassing(each.port))
      .filter((each) => !expected.includes(each.port))
      .map((each): NewPort => ({ port: each.port, program: nameOf(each), sinceMs: clock.nowMs() }));
    const still = server.newPorts.filter((each) => now.has(each.port) && !expected.includes(each.port));
    const next = [...still, ...fresh].slice(-mostNew);
    if (fresh.length > 0 || still.length < server.newPorts.length) this.#show(serverId, next);
  }

  #noteKnown(serverId: string, connectionId: string, ports: readonly ListeningPort[]): void {
    const known = new Set(ports.map((each) => each.port));
    this.#looks.set(serverId, {
      connectionId,
      known,
      lastMs: this.#deps.clock.nowMs(),
      running: false,
      useless: false,
    });
    this.#show(serverId, []);
  }

  #show(serverId: string, newPorts: readonly NewPort[]): void {
    this.#deps.state.updateServer(serverId, (server) =>
      server.newPorts.length === 0 && newPorts.length === 0 ? server : { ...server, newPorts },
    );
  }

  async #listening(connectionId: string): Promise<Reply<readonly ListeningPort[]>> {
    const command = { script: listeningScript, input: null, timeoutMs: listeningLimitMs };
    const ran = await this.#deps.tunnels.commands.run(connectionId, command).done;
    if (!ran.ok) return ran;
    const ports = parseListening(ran.value.stdout);
    if (ports) return done(ports);
    return failed(
      failure('not-found', 'The server does not tell what listens on it.', {
        hint: 'It needs ss (of iproute2) or Linux’s /proc. Add a tunnel by hand.',
      }),
    );
  }

  async #offers(
    serverId: string,
    ports: readonly ListeningPort[],
    verdicts: ReadonlyMap<number, Verdict>,
  ): Promise<FoundPort[]> {
    const { state } = this.#deps;
    const { servers } = state.get();
    const profile = servers.find((each) => each.profile.id === serverId)?.profile;
    if (!profile) return [];
    const planned = servers.flatMap((each) => each.profile.forwards.map(({ bind }) => bind.port));
    const labels = profile.forwards.map((each) => each.label.toLowerCase());
    const offers: FoundPort[] = [];
    for (const each of ports) {
      const verdict = verdicts.get(each.port) ?? null;
      const target = { host: reachedAt(each), port: each.port };
      const forward = forwardTo(profile, target);
      const adoptable = forward ? null : unknownStack(profile, each);
      const draft = forward ? null : await this.#draft(target, verdict?.kind ?? null, { planned, labels });
      if (draft) {
        planned.push(draft.bind.port);
        labels.push(draft.label.toLowerCase());
      }
      offers.push({
        ...target,
        program: nameOf(each),
        isOpen: each.addresses.some(isBeyondLoopback),
        kind: verdict?.kind ?? null,
        product: verdict?.product ?? null,
        words: verdict ? verdict.service.words : 'does not answer',
        isBroken:
          verdict !== null && isServiceBroken({ ...verdict, port: verdict.service, checkedMs: 0, latencyMs: null }),
        forwardId: forward?.id ?? null,
        ...(adoptable === null ? {} : { adoptable }),
        draft,
      });
    }
    return offers;
  }

  async #draft(
    target: ForwardDraft['target'],
    kind: ServiceKind | null,
    taken: { readonly planned: readonly number[]; readonly labels: readonly string[] },
  ): Promise<ForwardDraft> {
    const service = kind ?? 'tcp';
    const preset = forwardPresets.find((each) => each.service === service);
    const usual = preset && preset.targetPort === target.port ? preset.localPort : above(target.port);
    const name =
      kind === null || kind === 'tcp' || kind === 'http' ? serviceForPort(target.port).label : (preset?.label ?? '');
    const plain = kind === 'http' && name.startsWith('Port') ? `Web page ${String(target.port)}` : name;
    const port = await this.#freePort(usual, taken.planned);
    return {
      label: taken.labels.includes(plain.toLowerCase()) ? `${plain} (${String(target.port)})` : plain,
      service,
      bind: { address: '127.0.0.1', port, alsoIpv6: false },
      target,
    };
  }

  async #freePort(usual: number, planned: readonly number[]): Promise<number> {
    const { localPorts } = this.#deps;
    return (await localPorts.nextFree('127.0.0.1', usual - 1, planned)) ?? usual;
  }
}

/** Ordinary accounts may not listen below. */
const above = (port: number): number => (port >= 1_024 ? port : 8_000 + port);

const nameOf = ({ program, unit }: ListeningPort): string | null =>
  program?.name ?? unit?.replace(/\.service$/, '') ?? null;

/** The environment of a stack of Mooring’s that is not known here, by the unit that it runs as; null: none such. */
function unknownStack({ stacks }: ServerProfile, { unit }: ListeningPort): string | null {
  const environment = environmentOfUnit(unit);
  return environment === null || stacks.some((each) => each.environment === environment) ? null : environment;
}

const forwardTo = (profile: ServerProfile, target: ForwardDraft['target']) =>
  profile.forwards.find(
    (each) =>
      each.target.port === target.port &&
      (each.target.host === target.host || (isOwnHost(each.target.host) && isOwnHost(target.host))),
  );
