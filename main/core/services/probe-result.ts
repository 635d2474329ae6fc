/** What a probe found, as it is shown. Pure. */
import type { Failure } from '../../shared/failure.ts';
import { formatEndpoint, type Forward } from '../../shared/forward.ts';
import { targetLink } from '../../shared/chain.ts';
import type { ServiceView } from '../../shared/services.ts';
import { notTold, ok, type Answers, type Verdict } from './probe.ts';

/** What a result says, without when and how fast. */
export const saying = (result: ServiceView | null): string => JSON.stringify({ ...result, checkedMs: 0, latencyMs: 0 });

/** A light probe leaves what only a deep one finds out as it was. */
export function withBefore(verdict: Verdict, before: ServiceView | null): Verdict {
  if (before === null || before.kind !== verdict.kind || verdict.service.state !== 'ok') return verdict;
  const login = verdict.login.state === 'unknown' ? before.login : verdict.login;
  return { ...verdict, login, product: before.product ?? verdict.product, notes: before.notes };
}

/** Of answers that came. */
export function toView(verdict: Verdict, answers: Answers, { target }: Forward, checkedMs: number): ServiceView {
  const port = ok(formatEndpoint(target.host, target.port));
  return { checkedMs, latencyMs: quickest(answers), port, ...verdict };
}

/** The server can’t reach the target. */
export function unreached(trouble: Failure, checkedMs: number): ServiceView {
  const unknown = { service: notTold, login: notTold, health: notTold };
  return { checkedMs, latencyMs: null, kind: null, product: null, port: targetLink(trouble), ...unknown, notes: [] };
}

/** Of the answers that something was asked for: the way there and back, and little of the service's own work. */
function quickest(answers: Answers): number | null {
  const times = Object.values(answers).flatMap((reply) =>
    reply.ok && !(reply.value.kind === 'bytes' && reply.value.end === 'quiet') ? [reply.value.tookMs] : [],
  );
  return times.length === 0 ? null : Math.min(...times);
}
