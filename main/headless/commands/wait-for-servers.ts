/** Follows servers on their way up, asking what needs a person where somebody sits at the terminal. */
import { failureLine, type Failure } from '../../shared/failure.ts';
import type { Prompt } from '../../shared/prompt.ts';
import type { ServerView, Snapshot } from '../../shared/snapshot.ts';
import { describeConnection, lightShape, serverLight } from '../../shared/words.ts';
import { askPrompt } from '../terminal/ask-prompt.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Context } from './context.ts';
import type { Session } from '../control/session.ts';

export type WaitResult =
  | { readonly kind: 'settled'; readonly snapshot: Snapshot }
  | { readonly kind: 'needs-you'; readonly snapshot: Snapshot; readonly prompts: readonly Prompt[] }
  | { readonly kind: 'timed-out'; readonly snapshot: Snapshot }
  | { readonly kind: 'interrupted'; readonly snapshot: Snapshot | null }
  /** The core ended meanwhile. */
  | { readonly kind: 'gone' };

/**
 * `timeoutMs` 0: no limit; a person at the terminal is then told what keeps it. Time that a person takes to answer does
 * not count.
 */
export async function waitForServers(
  context: Context,
  session: Session,
  serverIds: readonly string[],
  timeoutMs: number,
): Promise<WaitResult> {
  const { terminal } = context;
  let latest: Snapshot | null = null;
  let fresh = false;
  let end: 'timed-out' | 'interrupted' | 'gone' | null = null;
  let wake: () => void = () => undefined;
  let asking: { readonly promptId: string; readonly abort: AbortController } | null = null;
  let timer: NodeJS.Timeout | undefined;

  const finish = (how: NonNullable<typeof end>) => {
    end ??= how;
    asking?.abort.abort();
    wake();
  };
  const startTimer = () => {
    clearTimeout(timer);
    if (timeoutMs > 0) timer = setTimeout(finish, timeoutMs, 'timed-out');
  };
  const tellWhy = whyTeller(terminal, timeoutMs === 0);
  const drawProgress = () => {
    if (!latest || asking) return;
    tellWhy(serversOf(latest, serverIds));
    terminal.progress(progressLine(latest, serverIds));
  };

  const unsubscribe = session.client.subscribe(
    (event) => {
      if (event.name !== 'snapshot.changed') return;
      latest = event.payload;
      fresh = true;
      if (asking && !latest.prompts.some((each) => each.id === asking?.promptId)) asking.abort.abort();
      wake();
    },
    () => {
      finish('gone');
    },
  );
  const release = context.onInterrupt(() => {
    finish('interrupted');
  });
  const countdown = setInterval(() => {
    // Time alone may settle what waits for a check.
    fresh = latest !== null;
    wake();
  }, 1_000);
  startTimer();

  try {
    for (;;) {
      if (end === null && !fresh) await new Promise<void>((resolve) => (wake = resolve));
      fresh = false;
      const told = latest as Snapshot | null;
      const ended = end as typeof end;
      if (ended === 'gone') return { kind: 'gone' };
      if (ended === 'interrupted') return { kind: 'interrupted', snapshot: told };
      // The limit may be over before the first event.
      const snapshot = told ?? (await session.snapshot());
      const prompts = snapshot.prompts.filter((each) => each.serverId !== null && serverIds.includes(each.serverId));
      const [prompt] = prompts;
      if (prompt && !terminal.interactive) return { kind: 'needs-you', snapshot, prompts };
      if (ended === 'timed-out') return { kind: 'timed-out', snapshot };
      if (prompt) {
        clearTimeout(timer);
        const abort = new AbortController();
        asking = { promptId: prompt.id, abort };
        const answer = await askPrompt(terminal, prompt, { signal: abort.signal, keychain: snapshot.keychain });
        asking = null;
        if (!abort.signal.aborted) {
          const reply = answer
            ? await session.client.call('prompts.answer', { promptId: prompt.id, answer })
            : await session.client.call('prompts.cancel', { promptId: prompt.id });
          // Answered elsewhere in the same moment is no trouble.
          if (!reply.ok && reply.error.code !== 'not-found') terminal.say(reply.error.message);
          latest = await session.snapshot();
          fresh = true;
        }
        startTimer();
        continue;
      }
      if (serversOf(snapshot, serverIds).every(isSettled)) return { kind: 'settled', snapshot };
      drawProgress();
    }
  } finally {
    clearTimeout(timer);
    clearInterval(countdown);
    release();
    unsubscribe();
    terminal.progress('');
  }
}

export function serversOf(snapshot: Snapshot, serverIds: readonly string[]): readonly ServerView[] {
  return snapshot.servers.filter(({ profile }) => serverIds.includes(profile.id));
}

/** Says once what each server is waited for, and again when that is something else. */
function whyTeller(terminal: Terminal, isEndless: boolean): (servers: readonly ServerView[]) => void {
  const told = new Map<string, string>();
  return (servers) => {
    if (!isEndless || !terminal.interactive) return;
    for (const { profile, connection } of servers) {
      if (connection.kind !== 'waiting') continue;
      const why = failureLine(connection.failure);
      if (told.get(profile.id) === why) continue;
      const howToEnd = told.size === 0 ? ' Ctrl-C stops waiting; --timeout sets a limit.' : '';
      told.set(profile.id, why);
      terminal.say(`Waiting for ${profile.name}: ${why}.${howToEnd}`);
    }
  };
}

/** How long the first look at a target is waited for: a server may take minutes to find out that nobody answers. */
const checkPatienceMs = 5_000;

/** Nothing more happens by itself soon: off, failed, or up with no forward on its way or still to be looked at. */
function isSettled(server: ServerView): boolean {
  const { connection } = server;
  if (!server.profile.wanted || connection.kind === 'failed') return true;
  if (connection.kind !== 'up') return false;
  const patient = Date.now() - connection.sinceMs < checkPatienceMs;
  return server.forwards.every(
    ({ state }) =>
      state.kind !== 'starting' && state.kind !== 'holding' && !(patient && state.kind === 'up' && !state.checked),
  );
}

/** What is wrong with wanted servers and forwards. */
export function failuresOf(
  servers: readonly ServerView[],
): readonly { readonly who: string; readonly failure: Failure }[] {
  return servers.flatMap((server) => {
    const { name, forwards } = server.profile;
    const { connection } = server;
    const own =
      connection.kind === 'failed' || connection.kind === 'waiting' ? [{ who: name, failure: connection.failure }] : [];
    const ofForwards = server.forwards.flatMap(({ forwardId, state }) => {
      if (state.kind !== 'failed' && state.kind !== 'port-taken' && state.kind !== 'target-failed') return [];
      const label = forwards.find((each) => each.id === forwardId)?.label ?? forwardId;
      return [{ who: `${name}/${label}`, failure: state.failure }];
    });
    return [...own, ...ofForwards];
  });
}

function progressLine(snapshot: Snapshot, serverIds: readonly string[]): string {
  return serversOf(snapshot, serverIds)
    .filter((each) => !isSettled(each))
    .map(
      (each) =>
        `${lightShape[serverLight(each)]} ${each.profile.name}: ${describeConnection(each.connection, Date.now())}`,
    )
    .join('   ');
}
