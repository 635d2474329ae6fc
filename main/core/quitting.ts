/** Quitting with care: asks first when data is passing through a tunnel just now, or a setup run is being followed. */
import type { Snapshot } from '../shared/snapshot.ts';
import { describeBytes } from '../shared/words.ts';
import type { Clock, Host } from './ports.ts';
import type { Prompts } from './prompts.ts';
import type { State } from './state.ts';

/** For the engine to tell the counters as they are now. */
const firstLookMs = 150;
/** Between two looks: a little more than the engine's second between two reports. */
const betweenLooksMs = 1_200;
/** A page that polls for its own liveliness is no transfer. Bytes between the looks. */
const transferBytes = 20_000;

export interface RunUnderWay {
  readonly title: string;
  /** A playbook, which this machine runs; others go on on their servers. */
  readonly endsWithMooring: boolean;
}

export interface QuittingDeps {
  readonly host: Host;
  readonly state: State;
  readonly clock: Clock;
  readonly prompts: Prompts;
  /** Has the counters told for as long as the returned function is not called. */
  watchCounters(): () => void;
  /** The setup runs that are under way. */
  runs(): readonly RunUnderWay[];
}

export class Quitting {
  readonly #deps: QuittingDeps;
  /** Ends the look under way. */
  #end: (() => void) | null = null;
  #then: () => void = () => undefined;
  /** The open question. */
  #promptId: string | null = null;

  constructor(deps: QuittingDeps) {
    this.#deps = deps;
  }

  /** Ends at once when nothing is connected, else looks for a good second and asks if data is passing. */
  ask(end: () => void = this.#deps.host.quit): void {
    // Asked twice, the later wish counts: ending for an update, or for good.
    this.#then = end;
    if (this.#end) return;
    const { clock, state } = this.#deps;
    const runs = this.#deps.runs();
    const isConnected = state.get().servers.some((each) => each.connection.kind === 'up');
    if (!isConnected && !runs.some((each) => each.endsWithMooring)) {
      end();
      return;
    }
    if (runs.length > 0) {
      void this.#confirm(describeRuns(runs));
      return;
    }
    const unwatch = this.#deps.watchCounters();
    let cancel = clock.after(firstLookMs, () => {
      const before = state.get();
      if (!hasClients(before)) {
        this.stop();
        this.#then();
        return;
      }
      cancel = clock.after(betweenLooksMs, () => {
        this.stop();
        const transfers = transfersBetween(before, state.get());
        if (transfers.length === 0) this.#then();
        else void this.#confirm({ title: 'Quit while data is passing?', message: describeTransfers(transfers) });
      });
    });
    this.#end = () => {
      cancel();
      unwatch();
    };
  }

  stop(): void {
    this.#end?.();
    this.#end = null;
  }

  async #confirm(question: Question): Promise<void> {
    const { host, prompts, state } = this.#deps;
    const isOpen = state.get().prompts.some((each) => each.id === this.#promptId);
    // Whether or not a window comes up: the command line can answer too.
    const show = () => {
      host.openWindow(null).catch(() => undefined);
    };
    // Asked again while the question is open: it is shown again.
    if (isOpen) {
      show();
      return;
    }
    const { id, answer } = prompts.ask(null, {
      kind: 'confirm',
      ...question,
      confirmLabel: 'Quit anyway',
      destructive: true,
    });
    this.#promptId = id;
    show();
    if ((await answer) !== null) this.#then();
  }
}

interface Question {
  readonly title: string;
  readonly message: string;
}

function describeRuns(runs: readonly RunUnderWay[]): Question {
  const name = (some: readonly RunUnderWay[]) =>
    some.length === 1 ? (some[0]?.title ?? '') : `${String(some.length)} runs`;
  const here = runs.filter((each) => each.endsWithMooring);
  const there = runs.filter((each) => !each.endsWithMooring);
  const parts = [
    here.length === 0 ? null : `${name(here)}: broken off where it is, since this machine runs it.`,
    there.length === 0
      ? null
      : `${name(there)}: it goes on by itself on the server. Its tunnels, and the check at its end, come when Mooring is started again.`,
  ];
  return { title: 'Quit during a setup run?', message: parts.filter((each) => each !== null).join(' ') };
}

/** Bytes that went through a tunnel between two looks. */
export interface Transfer {
  readonly serverName: string;
  readonly label: string;
  readonly bytes: number;
}

const hasClients = ({ servers }: Snapshot): boolean =>
  servers.some(({ forwards }) => forwards.some(({ traffic }) => traffic.clients > 0));

/** Pure: the tunnels that moved more than a page's polling does, the busiest first. */
export function transfersBetween(before: Snapshot, after: Snapshot): readonly Transfer[] {
  return after.servers
    .flatMap(({ profile, forwards }) =>
      forwards.map(({ forwardId, traffic }) => {
        const earlier = before.servers.flatMap((each) => each.forwards).find((each) => each.forwardId === forwardId);
        const sum = (each: { bytesDown: number; bytesUp: number } | undefined) =>
          each ? each.bytesDown + each.bytesUp : 0;
        const label = profile.forwards.find((each) => each.id === forwardId)?.label ?? '';
        return { serverName: profile.name, label, bytes: sum(traffic) - sum(earlier?.traffic) };
      }),
    )
    .filter((each) => each.bytes >= transferBytes)
    .sort((a, b) => b.bytes - a.bytes);
}

function describeTransfers(transfers: readonly Transfer[]): string {
  const named = transfers
    .slice(0, 3)
    .map((each) => `${each.label} on ${each.serverName} (${describeBytes(each.bytes)})`);
  const more = transfers.length > 3 ? ` and ${String(transfers.length - 3)} more` : '';
  return `In the last second data went through ${named.join(', ')}${more}. Quitting cuts that off. The tunnels that are on come back at the next start.`;
}
