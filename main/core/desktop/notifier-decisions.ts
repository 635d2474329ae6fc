/**
 * What is worth a desktop notification, from one snapshot to the next. Pure: memory, snapshot and time in; what to show,
 * what to take back and when to look again out. Each event is told once.
 */
import type { ServerView, Snapshot } from '../../shared/snapshot.ts';
import { failureNote, lossNote, manyQuestions, questionNote, returnNote, type Note } from './notifier-notes.ts';

/** A connection that is away for this long is told; a shorter time nobody needs to know of. */
const lostMs = 30_000;
/** What happens within this time is one event with one notification: a network takes all its servers along. */
const gatherMs = 5000;
/** The same for questions, which should not wait long. Time enough, too, for one that is answered at once. */
const gatherQuestionsMs = 1500;
/** While something is being waited for, the clock is looked at this often: a later look means that the machine slept. */
const lookMs = 5000;
const sleptMs = 15_000;
/** What is waited for, or was told, about one server or question. */
type Telling =
  | { readonly kind: 'pending'; readonly sinceMs: number }
  /** `key`: its notification; null where notifications were off, so that nothing is owed later. */
  | { readonly kind: 'told'; readonly key: string | null };

export interface NoteMemory {
  readonly lastLookMs: number | null;
  /** Servers that have been up since they were switched on. */
  readonly wereUp: ReadonlySet<string>;
  /** Server → its outage. */
  readonly outages: ReadonlyMap<string, Telling>;
  /** Server → since when it is back after a loss that was told; epoch milliseconds. */
  readonly returns: ReadonlyMap<string, { readonly sinceMs: number; readonly key: string }>;
  /** Question → whether it was told. */
  readonly questions: ReadonlyMap<string, Telling>;
  /** Server → its failure. */
  readonly failures: ReadonlyMap<string, Telling>;
  /** Server → kind of its state at the last look. */
  readonly kinds: ReadonlyMap<string, ServerView['connection']['kind']>;
}

export const noMemory: NoteMemory = {
  lastLookMs: null,
  wereUp: new Set(),
  outages: new Map(),
  returns: new Map(),
  questions: new Map(),
  failures: new Map(),
  kinds: new Map(),
};

export interface NoteDecision {
  readonly memory: NoteMemory;
  /** After `withdraw`. */
  readonly show: readonly Note[];
  readonly withdraw: readonly string[];
  /** To be called again after this long, even if nothing changes; null: not before something does. Milliseconds. */
  readonly nextLookMs: number | null;
}

export function decideNotes(before: NoteMemory, snapshot: Snapshot, nowMs: number): NoteDecision {
  const seen = see(wake(before, nowMs), snapshot, nowMs);
  const { on, told } = snapshot.settings.notifications
    ? { on: true, told: tell(seen, snapshot, nowMs) }
    : { on: false, told: { memory: mute(seen), show: [] } };
  const keys = on ? keysOf(told.memory) : new Set<string>();
  const withdraw = [...keysOf(before)].filter((key) => !keys.has(key));
  return { ...told, withdraw, nextLookMs: nextLook(told.memory, nowMs) };
}

/** After a sleep what is waited for starts anew: the hours of the sleep were no outage. */
function wake(memory: NoteMemory, nowMs: number): NoteMemory {
  const slept = memory.lastLookMs !== null && Math.abs(nowMs - memory.lastLookMs) > sleptMs && isWaiting(memory);
  if (!slept) return { ...memory, lastLookMs: nowMs };
  const restart = (tellings: ReadonlyMap<string, Telling>) =>
    mapValues(tellings, (each): Telling => (each.kind === 'pending' ? { ...each, sinceMs: nowMs } : each));
  return {
    ...memory,
    lastLookMs: nowMs,
    outages: restart(memory.outages),
    questions: restart(memory.questions),
    failures: restart(memory.failures),
    returns: mapValues(memory.returns, (each) => ({ ...each, sinceMs: nowMs })),
  };
}

/** Takes over the facts: what began, what is over. Nothing is told yet. */
function see(memory: NoteMemory, { servers, prompts }: Snapshot, nowMs: number): NoteMemory {
  const wereUp = new Set<string>();
  const outages = new Map<string, Telling>();
  const returns = new Map<string, { readonly sinceMs: number; readonly key: string }>();
  const failures = new Map<string, Telling>();
  const pending: Telling = { kind: 'pending', sinceMs: nowMs };
  for (const { profile, connection } of servers) {
    const { id } = profile;
    const outage = memory.outages.get(id);
    const back = memory.returns.get(id);
    if (profile.wanted && (connection.kind === 'up' || memory.wereUp.has(id))) wereUp.add(id);
    switch (connection.kind) {
      case 'up':
        if (back) returns.set(id, back);
        else if (outage?.kind === 'told' && outage.key !== null) returns.set(id, { sinceMs: nowMs, key: outage.key });
        break;
      case 'connecting':
      case 'waiting':
        // Lost again before its return was told: the same outage.
        if (back) outages.set(id, { kind: 'told', key: back.key });
        else if (wereUp.has(id)) outages.set(id, outage ?? pending);
        break;
      case 'failed':
        // After a question: the user has cancelled it.
        if (memory.failures.has(id)) failures.set(id, memory.failures.get(id) ?? pending);
        else if (memory.kinds.get(id) === 'needs-you' || connection.failure.code === 'cancelled') {
          failures.set(id, { kind: 'told', key: null });
        } else failures.set(id, pending);
        break;
      case 'needs-you':
      case 'off':
        break;
      default:
        connection satisfies never;
    }
  }
  // A question of the app itself follows from what the user has just done, and opens the window.
  const asked = prompts.filter((each) => each.serverId !== null);
  const questions = new Map(asked.map(({ id }) => [id, memory.questions.get(id) ?? pending]));
  const kinds = new Map(servers.map(({ profile, connection }) => [profile.id, connection.kind]));
  return { ...memory, wereUp, outages, returns, failures, questions, kinds };
}

/** Notifications are off: whatever is to be told counts as told, so that nothing is replayed when they are on again. */
function mute(memory: NoteMemory): NoteMemory {
  const muted = (tellings: ReadonlyMap<string, Telling>) =>
    mapValues(tellings, (): Telling => ({ kind: 'told', key: null }));
  return {
    ...memory,
    outages: muted(memory.outages),
    questions: muted(memory.questions),
    failures: muted(memory.failures),
    returns: new Map(),
  };
}

function tell(
  memory: NoteMemory,
  snapshot: Snapshot,
  nowMs: number,
): { readonly memory: NoteMemory; readonly show: readonly Note[] } {
  const show: Note[] = [];
  const told = (tellings: ReadonlyMap<string, Telling>, ids: readonly string[], note: Note | null) => {
    if (!note) return tellings;
    show.push(note);
    return new Map([...tellings, ...ids.map((id) => [id, { kind: 'told', key: note.key }] as const)]);
  };
  const viewsOf = (ids: readonly string[]) => snapshot.servers.filter((each) => ids.includes(each.profile.id));

  const summed = idsWhere(memory.questions, (each) => each.kind === 'told' && each.key === manyQuestions);
  const asked = ripeTogether(memory.questions, nowMs, summed.length > 0 ? gatherMs : gatherQuestionsMs);
  // A summary that stands grows with what comes later.
  const questions = told(
    memory.questions,
    asked,
    asked.length > 0 ? questionNote([...summed, ...asked], snapshot) : null,
  );
  const failed = ripeTogether(memory.failures, nowMs, gatherQuestionsMs);
  const failures = told(memory.failures, failed, failureNote(viewsOf(failed)));
  const lost = ripeOneByOne(memory.outages, nowMs);
  const outages = told(memory.outages, lost, lossNote(viewsOf(lost), snapshot.network.online));

  // All that were told as lost and are not back yet are waited for, but not for long.
  const away = [...memory.outages.values()].some((each) => each.kind === 'told' && each.key !== null);
  const oldestMs = Math.max(0, ...[...memory.returns.values()].map((each) => nowMs - each.sinceMs));
  const isTime = !away || oldestMs >= gatherMs;
  const returned = isTime ? returnNote(viewsOf([...memory.returns.keys()]), keysOfReturns(memory)) : null;
  if (returned) show.push(returned);
  return { memory: { ...memory, questions, failures, outages, returns: returned ? new Map() : memory.returns }, show };
}

/** What is waited for, all of it as soon as the first has been for this long. */
function ripeTogether(tellings: ReadonlyMap<string, Telling>, nowMs: number, afterMs: number): readonly string[] {
  const isRipe = [...tellings.values()].some((each) => each.kind === 'pending' && nowMs - each.sinceMs >= afterMs);
  return isRipe ? idsWhere(tellings, (each) => each.kind === 'pending') : [];
}

/** Outages that have lasted; with others on the way to that, only once those have had a little time to join. */
function ripeOneByOne(outages: ReadonlyMap<string, Telling>, nowMs: number): readonly string[] {
  const olderThan = (ageMs: number) =>
    idsWhere(outages, (each) => each.kind === 'pending' && nowMs - each.sinceMs >= ageMs);
  const ripe = olderThan(lostMs);
  return ripe.length === olderThan(-Infinity).length || olderThan(lostMs + gatherMs).length > 0 ? ripe : [];
}

const idsWhere = (tellings: ReadonlyMap<string, Telling>, holds: (telling: Telling) => boolean): readonly string[] =>
  [...tellings].flatMap(([id, each]) => (holds(each) ? [id] : []));

const keysOfReturns = ({ returns }: NoteMemory): ReadonlyMap<string, string> => mapValues(returns, (each) => each.key);

const isWaiting = (memory: NoteMemory) =>
  memory.returns.size > 0 || pendingSince(memory.outages, memory.questions, memory.failures).length > 0;

const pendingSince = (...tellings: readonly ReadonlyMap<string, Telling>[]) =>
  tellings.flatMap((each) => [...each.values()]).flatMap((each) => (each.kind === 'pending' ? [each.sinceMs] : []));

/** Each wait has an end, and on the way the clock is watched for a sleep. */
function nextLook(memory: NoteMemory, nowMs: number): number | null {
  if (!isWaiting(memory)) return null;
  const ends = [
    ...pendingSince(memory.questions, memory.failures).map((sinceMs) => sinceMs + gatherQuestionsMs),
    ...pendingSince(memory.outages).map((sinceMs) => sinceMs + lostMs),
    ...[...memory.returns.values()].map((each) => each.sinceMs + gatherMs),
  ].map((endMs) => endMs - nowMs);
  // One whose time has come waits for others: a second is soon enough to look again.
  const nextMs = Math.min(lookMs, ...ends.map((leftMs) => (leftMs > 0 ? leftMs : 1000)));
  return nextMs;
}

/** The notifications that say something that still holds. */
function keysOf({ outages, questions, failures, returns }: NoteMemory): ReadonlySet<string> {
  const told = [outages, questions, failures].flatMap((each) => [...each.values()]);
  const keys = told.flatMap((each) => (each.kind === 'told' && each.key !== null ? [each.key] : []));
  return new Set([...keys, ...[...returns.values()].map((each) => each.key)]);
}

const mapValues = <V, W>(map: ReadonlyMap<string, V>, change: (value: V) => W): ReadonlyMap<string, W> =>
  new Map([...map].map(([key, value]) => [key, change(value)]));
