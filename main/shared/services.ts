/** What was found behind forwards, and on servers. */
import type { Fix } from './fixes.ts';
import type { ForwardDraft, ServiceKind } from './forward.ts';

/** What an answer says of one link of the chain. */
export interface Judged {
  readonly state: 'ok' | 'unknown' | 'warning' | 'failed';
  /** What is true, short: `MLflow 3.17.2`. */
  readonly words: string;
  /** What to do, or why; null where there is nothing to add. */
  readonly reason: string | null;
  /** On the command line in the place of the reason. */
  readonly commandReason?: string;
  /** The likeliest first. */
  readonly fixes: readonly Fix[];
  /** What the reason says is done on the server: nothing that is done here helps before that. */
  readonly isMendedThere?: boolean;
}

/** What was found behind a forward when it was last asked. */
export interface ServiceView {
  readonly checkedMs: number;
  /** From asking to the first byte of the answer; null: none came. */
  readonly latencyMs: number | null;
  /** What answers, as far as it can be told. */
  readonly kind: ServiceKind | null;
  /** `MLflow 3.17.2`; null where it is not told. */
  readonly product: string | null;
  /** Whether the server reaches the target. */
  readonly port: Judged;
  readonly service: Judged;
  readonly login: Judged;
  readonly health: Judged;
  /** What is good to know and breaks nothing. */
  readonly notes: readonly string[];
}

/** Something that listens on a server. */
export interface FoundPort {
  /** Where the server itself reaches it. */
  readonly host: string;
  readonly port: number;
  /** Or its systemd unit; null where neither is told. */
  readonly program: string | null;
  /** Others than the server itself may reach it, unless a firewall is in between. */
  readonly isOpen: boolean;
  readonly kind: ServiceKind | null;
  readonly product: string | null;
  readonly words: string;
  readonly isBroken: boolean;
  /** Of a forward that leads there already. */
  readonly forwardId: string | null;
  /** The environment of a stack that Mooring made from elsewhere, which is not known here: better adopted. */
  readonly adoptable?: string;
  /** What a forward to it could be, with a local port that is free; null where there is one. */
  readonly draft: ForwardDraft | null;
}

/** Something that did not listen when it was looked before. */
export interface NewPort {
  readonly port: number;
  readonly program: string | null;
  readonly sinceMs: number;
}

/** Programs of this machine that are connected to a forward. */
export interface ForwardClient {
  /** Null where the system does not tell. */
  readonly pid: number | null;
  readonly program: string | null;
  readonly connections: number;
}

/** Of the last minutes, the oldest first; one for each piece of time in which somebody looked. */
export interface ForwardHistory {
  readonly everyMs: number;
  readonly samples: readonly HistorySample[];
}

export interface HistorySample {
  readonly timeMs: number;
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Of a probe in this time; null: there was none. */
  readonly probeMs: number | null;
}

/** Whether what answers behind a forward is not as it should be. */
export const isServiceBroken = (service: ServiceView | null): boolean => brokenPart(service) !== null;

/** The first broken link of those that an answer tells. */
export const brokenPart = (service: ServiceView | null): Judged | null => partIn(service, 'failed');

/** The first that works but for something, as when one of the names for it is refused. */
export const warnedPart = (service: ServiceView | null): Judged | null => partIn(service, 'warning');

/** The link to be told of. */
export const troubledPart = (service: ServiceView | null): Judged | null => brokenPart(service) ?? warnedPart(service);

const partIn = (service: ServiceView | null, state: Judged['state']): Judged | null =>
  service === null
    ? null
    : ([service.port, service.service, service.login, service.health].find((each) => each.state === state) ?? null);

/** `MLflow 3.17.2 · 12 ms`, for a forward with nothing broken; empty before anybody asked. */
export function describeService(service: ServiceView | null): string {
  if (service === null) return '';
  return [service.product, describeLatency(service.latencyMs)].filter(Boolean).join(' · ');
}

/** `12 ms`, `1.2 s`; empty for null. */
export function describeLatency(latencyMs: number | null): string {
  if (latencyMs === null) return '';
  return latencyMs < 1_000 ? `${String(Math.max(1, Math.round(latencyMs)))} ms` : `${(latencyMs / 1_000).toFixed(1)} s`;
}
