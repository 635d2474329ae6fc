/** From a key file to a key that signs, with the user's word where a passphrase is needed. */
import type { PromptAnswer, PromptBody } from '../../shared/prompt.ts';
import type { PrivateKeys, PrivateKeyState } from '../ports.ts';
import type { Secrets } from '../secrets.ts';

/** A passphrase that has opened the key, and whether it is to be kept. */
export interface TypedPassphrase {
  readonly secret: string;
  readonly remember: boolean;
}

export interface OpenKeyDeps {
  readonly privateKeys: PrivateKeys;
  readonly secrets: Pick<Secrets, 'ofMadeKey'>;
  /** The passphrase that is kept; null: none, or it can't be read now. */
  kept(): Promise<string | null>;
  /** Puts a question to the user; null: cancelled. */
  ask(body: PromptBody): Promise<PromptAnswer | null>;
  noteTyped(typed: TypedPassphrase): void;
}

/** Null: cancelled. `needs-passphrase` only where `mayAsk` is false. */
export async function openKey(path: string, mayAsk: boolean, deps: OpenKeyDeps): Promise<PrivateKeyState | null> {
  const { privateKeys, secrets } = deps;
  const first = await privateKeys.open(path, null);
  if (first.kind !== 'needs-passphrase') return first;
  const kept = await deps.kept();
  // The key may have another passphrase since: then it is asked for as if there was none.
  const byKept = kept === null ? first : await privateKeys.open(path, kept);
  if (byKept.kind === 'ready' || byKept.kind === 'unusable') return byKept;
  const made = secrets.ofMadeKey(path);
  const byMade = made === null ? first : await privateKeys.open(path, made.secret);
  if (made !== null && byMade.kind === 'ready') {
    deps.noteTyped(made);
    return byMade;
  }
  if (!mayAsk) return first;
  for (let wasWrong = false; ; wasWrong = true) {
    const answer = await deps.ask({ kind: 'passphrase', keyPath: path, wasWrong });
    if (answer?.kind !== 'secret') return null;
    const opened = await privateKeys.open(path, answer.secret);
    if (opened.kind === 'ready') deps.noteTyped(answer);
    if (opened.kind !== 'wrong-passphrase' && opened.kind !== 'needs-passphrase') return opened;
  }
}
