/** What a server's setups left unfinished, from what the server remembers and what this machine knows of its stacks. */
import type { FoundStack } from '../contract.ts';
import type { RunRecord } from './run.ts';
import type { InstalledStack, StackDraft } from './stack.ts';

export interface Unfinished {
  readonly environment: string;
  /** The newest of its runs; null: the server remembers none. */
  readonly last: RunRecord | null;
  /** What was begun; null: not known here. */
  readonly draft: StackDraft | null;
}

interface Remembered {
  readonly stacks: readonly FoundStack[];
  /** Newest first. */
  readonly history: readonly RunRecord[];
}

/** One for each environment, the one that was last at work first. */
export function unfinishedOf({ stacks, history }: Remembered, known: readonly InstalledStack[]): readonly Unfinished[] {
  const environments = new Set([...history, ...stacks, ...known].map(({ environment }) => environment));
  return [...environments].flatMap((environment): readonly Unfinished[] => {
    const isIt = (each: { readonly environment: string }) => each.environment === environment;
    const last = history.find(isIt) ?? null;
    const [there, here] = [stacks.find(isIt), known.find(isIt)];
    const draft = there?.draft ?? here?.draft ?? null;
    const isBroken = last !== null && last.outcome !== 'done' && last.outcome !== 'running';
    const isBegun = there?.complete === false || here?.complete === false;
    // Of one long ago that nobody can go on with nothing is left to say.
    const isOld = draft === null && last !== history[0];
    return (isBroken || isBegun) && !isOld ? [{ environment, last, draft }] : [];
  });
}
