/** A short look at a service: its first question alone, which costs it next to nothing. Pure. */
import type { Reply } from '../../shared/failure.ts';
import type { ServiceKind } from '../../shared/forward.ts';
import type { ServiceView } from '../../shared/services.ts';
import type { AskAnswer } from '../engine.ts';
import type { NamedRequest, ProbeContext } from './probe.ts';
import { nextQuestion } from './probes.ts';

/** Whoever wants it: the clock, while somebody looks, or a person who waits for it. */
export type ShortLookBy = 'clock' | 'person';

/** Enough for a port that answers to say so. */
const presenceMs = 400;

/**
 * Null: it is left alone. A database makes a process for each greeting, and others count what breaks off for an attack:
 * these are looked at for a person alone, and then only for whether they are there; nothing is sent, nobody logs in.
 */
export function shortQuestion(kind: ServiceKind, context: ProbeContext, by: ShortLookBy): NamedRequest | null {
  if (kind !== 'postgres' && kind !== 'tcp') return nextQuestion(kind, {}, context);
  if (by === 'clock') return null;
  const request = { kind: 'bytes', send: '', maxBytes: 1, enoughBytes: 1 } as const;
  return { name: 'presence', request, timeoutMs: presenceMs };
}

export const isPresence = ({ name }: NamedRequest): boolean => name === 'presence';

/** `mark`: of the answer that it is compared with. */
export const isAsBefore = (reply: Reply<AskAnswer>, mark: string | null, question: NamedRequest): boolean =>
  isPresence(question) ? reply.ok : mark !== null && markOf(reply) === mark;

/** What was found before holds now as well. */
export const seenAgain = (before: ServiceView, reply: Reply<AskAnswer>, checkedMs: number): ServiceView => ({
  ...before,
  checkedMs,
  latencyMs: reply.ok && reply.value.kind === 'http' ? reply.value.tookMs : before.latencyMs,
});

/** Enough of a text to tell one service from another, before what changes each time. */
const telling = 16;

/** By which a later answer is known for the same; null: by nothing. */
export function markOf(reply: Reply<AskAnswer> | undefined): string | null {
  if (!reply?.ok) return null;
  const { value } = reply;
  if (value.kind !== 'http') return value.kind;
  return JSON.stringify([
    value.status,
    value.headers['content-type'],
    value.headers['server'],
    value.text.slice(0, telling),
  ]);
}
