/** Follows one server's state until something on it is over, asking at the terminal what the server asks meanwhile. */
import type { Prompt } from '../../shared/prompt.ts';
import type { ServerView, Snapshot } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { askPrompt } from '../terminal/ask-prompt.ts';
import type { Context } from './context.ts';

export type Watched<T> =
  | { readonly kind: 'ended'; readonly value: T }
  | { readonly kind: 'needs-you'; readonly snapshot: Snapshot; readonly prompt: Prompt }
  /** The person does not want to look any longer, or there is no terminal any more. */
  | { readonly kind: 'left' }
  /** The core ended, or the server was removed. */
  | { readonly kind: 'gone' };

export interface Watch<T> {
  /** Called with each state, and each second; null: look on. */
  look(view: ServerView): Promise<T | null>;
  /** The first Ctrl-C; a second one ends the looking. */
  stop(): Promise<void>;
}

export async function watchServer<T>(
  context: Context,
  session: Session,
  serverId: string,
  watch: Watch<T>,
): Promise<Watched<T>> {
  const { terminal } = context;
  let latest: Snapshot | null = null;
  let fresh = false;
  let end: 'left' | 'gone' | null = null;
  let stops = 0;
  let wake: () => void = () => undefined;
  let asking: { readonly promptId: string; readonly abort: AbortController } | null = null;

  const stir = () => {
    fresh = latest !== null;
    wake();
  };
  const finish = (how: NonNullable<typeof end>) => {
    end ??= how;
    asking?.abort.abort();
    wake();
  };
  const unsubscribe = session.client.subscribe(
    (event) => {
      if (event.name === 'snapshot.changed') latest = event.payload;
      else if (event.name !== 'setup.log-added' || event.payload.serverId !== serverId) return;
      if (asking && !latest?.prompts.some((each) => each.id === asking?.promptId)) asking.abort.abort();
      stir();
    },
    () => {
      finish('gone');
    },
  );
  const release = context.onInterrupt((why) => {
    stops += 1;
    if (why === 'left' || stops > 1) finish('left');
    else void watch.stop();
  });
  const clock = setInterval(stir, 1_000);

  const answer = async (snapshot: Snapshot, prompt: Prompt) => {
    const abort = new AbortController();
    asking = { promptId: prompt.id, abort };
    const typed = await askPrompt(terminal, prompt, { signal: abort.signal, keychain: snapshot.keychain });
    asking = null;
    if (abort.signal.aborted) return;
    const { id: promptId } = prompt;
    const reply = typed
      ? await session.client.call('prompts.answer', { promptId, answer: typed })
      : await session.client.call('prompts.cancel', { promptId });
    // Answered elsewhere in the same moment is no trouble.
    if (!reply.ok && reply.error.code !== 'not-found') terminal.say(reply.error.message);
    latest = await session.snapshot();
    fresh = true;
  };

  try {
    for (;;) {
      if (end === null && !fresh) await new Promise<void>((resolve) => (wake = resolve));
      fresh = false;
      const ended = end as typeof end;
      if (ended !== null) return { kind: ended };
      const snapshot = latest as Snapshot | null;
      const view = snapshot?.servers.find(({ profile }) => profile.id === serverId);
      if (snapshot === null || !view) return { kind: 'gone' };
      const value = await watch.look(view);
      if (value !== null) return { kind: 'ended', value };
      const prompt = snapshot.prompts.find((each) => each.serverId === serverId);
      if (prompt && !terminal.interactive) return { kind: 'needs-you', snapshot, prompt };
      if (prompt) await answer(snapshot, prompt);
    }
  } finally {
    clearInterval(clock);
    release();
    unsubscribe();
    terminal.progress('');
  }
}
