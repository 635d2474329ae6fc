/**
 * How a service is probed: what to ask next, given what was answered, and what the answers say. Both are pure; asking is
 * the prober's matter. Nothing that is asked makes, changes or deletes anything.
 */
import { failureLine, type Failure, type Reply } from '../../shared/failure.ts';
import type { ServiceKind } from '../../shared/forward.ts';
import type { Fix } from '../../shared/fixes.ts';
import type { Judged } from '../../shared/services.ts';
import type { AskAnswer, AskRequest } from '../engine.ts';

export interface ProbeContext {
  readonly target: { readonly host: string; readonly port: number };
  /** What programs here say as Host: the local address, or what the forward sends in its place. */
  readonly host: string;
  /** It is the forward that says it, whatever programs say. */
  readonly sendsAs: boolean;
  readonly localPort: number;
  /** Names that this machine knows for it, as the hosts file gives them. */
  readonly names: readonly string[];
  readonly login: { readonly user: string; readonly password: string } | null;
  /** The environment of a stack of ours that it is, and that setup can change; null: it is none. */
  readonly ownStack: string | null;
  /** A stack of ours asks for a login, and its password is not known here. */
  readonly loginMissing: boolean;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  readonly database: { readonly user: string; readonly database: string; readonly password: string } | null;
  /** May ask what costs the service something, such as a query; else what was known of login stays. */
  readonly deep: boolean;
  readonly neighbours: readonly Neighbour[];
  /** Of a store on the server’s loopback that this MLflow keeps its artifacts in; not there: it is none, or not known. */
  readonly storePort?: number;
  /** A disk of the server that has no room left, where it is told; null: none is known. */
  readonly fullDisk: string | null;
}

/** Another forward of the same server. */
export interface Neighbour {
  readonly forwardId: string;
  readonly label: string;
  readonly service: ServiceKind;
  readonly localPort: number;
  readonly target: { readonly host: string; readonly port: number };
}

export type Answers = Readonly<Record<string, Reply<AskAnswer>>>;

export interface NamedRequest {
  readonly name: string;
  readonly request: AskRequest;
  /** 8 s unless told otherwise. */
  readonly timeoutMs?: number;
}

export interface Verdict {
  readonly kind: ServiceKind | null;
  readonly product: string | null;
  readonly service: Judged;
  readonly login: Judged;
  readonly health: Judged;
  readonly notes: readonly string[];
}

export interface Probe {
  next(answers: Answers, context: ProbeContext): NamedRequest | null;
  /** Null: what answers is not it. */
  judge(answers: Answers, context: ProbeContext): Verdict | null;
}

export type HttpAnswer = Extract<AskAnswer, { kind: 'http' }>;

export const ok = (words: string, reason: string | null = null): Judged => ({ state: 'ok', words, reason, fixes: [] });
export const unknown = (words: string, reason: string | null = null, ...fixes: readonly Fix[]): Judged => ({
  state: 'unknown',
  words,
  reason,
  fixes,
});
export const failedLink = (words: string, reason: string | null, ...fixes: readonly Fix[]): Judged => ({
  state: 'failed',
  words,
  reason,
  fixes,
});

/** It works, but for this. */
export const warned = (words: string, reason: string | null, ...fixes: readonly Fix[]): Judged => ({
  state: 'warning',
  words,
  reason,
  fixes,
});

export const noLogin = ok('no login needed');
export const notTold = unknown('not known yet');

/** Of the context's own address unless told otherwise; no more of an answer than is needed to tell what it is. */
export function httpGet(
  { host }: Pick<ProbeContext, 'host'>,
  path: string,
  more: Partial<Extract<AskRequest, { kind: 'http' }>> = {},
): AskRequest {
  const headers = { Host: host, 'User-Agent': 'Mooring', ...more.headers };
  return { kind: 'http', method: 'GET', path, login: null, maxBytes: 65_536, ...more, headers };
}

/** The answer of that name, if it was HTTP. */
export function httpOf(answers: Answers, name: string): HttpAnswer | null {
  const reply = answers[name];
  return reply?.ok && reply.value.kind === 'http' ? reply.value : null;
}

/** Why no answer of that name came; null: it came, or was not asked for. */
export function failureOf(answers: Answers, name: string): Failure | null {
  const reply = answers[name];
  return reply && !reply.ok ? reply.error : null;
}

/** It takes connections and says nothing: whatever it is, it is not well. */
export function silent(failure: Failure, product: string | null = null, kind: ServiceKind | null = null): Verdict {
  return {
    kind,
    product,
    service: kind === null ? unknown('does not tell what it is') : ok(product ?? 'as expected'),
    login: notTold,
    health: failedLink(
      failureLine(failure),
      'It may be frozen, overloaded or still starting. Restart it on the server if it stays so.',
      { kind: 'retry' },
      { kind: 'open-setup' },
    ),
    notes: [],
  };
}

export const isSilence = (failure: Failure | null): failure is Failure => failure?.code === 'timed-out';

/** Nobody can write there any more; for services that do. */
export function withDisk(health: Judged, { fullDisk }: ProbeContext): Judged {
  if (fullDisk === null || health.state === 'failed') return health;
  return failedLink(
    `the disk ${fullDisk} of the server is full`,
    'What writes there fails. Free some room on the server.',
    { kind: 'retry' },
    { kind: 'open-doctor' },
  );
}
