/** Answers from the keychain for questions that were put to the user only because it could not be read. */
import type { Prompt } from '../../shared/prompt.ts';
import type { SecretKind, ServerProfile } from '../../shared/server.ts';
import type { Prompts } from '../prompts.ts';
import { keyPurpose, loginPurpose, type Secrets } from '../secrets.ts';
import type { State } from '../state.ts';

export interface KeptAnswersDeps {
  readonly state: State;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
}

/**
 * The answer goes the way of a typed one, so that it is not sent twice: a server that refuses it has the question asked
 * again as `wasWrong`, and that is left to the user.
 */
export async function answerFromKeychain({ state, prompts, secrets }: KeptAnswersDeps): Promise<void> {
  const { prompts: open, servers } = state.get();
  for (const prompt of open) {
    const profile = servers.find((each) => each.profile.id === prompt.serverId)?.profile;
    const asked = profile && secretAsked(prompt, profile);
    if (!asked || !profile.remembered.includes(asked.kind)) continue;
    const kept = await secrets.get(profile.id, asked.kind, asked.purpose);
    // Answered meanwhile: then this one finds no question.
    if (kept.ok && kept.value !== null) {
      prompts.answer(prompt.id, { kind: 'secret', secret: kept.value, remember: true });
    }
  }
}

/** Null: nothing that is kept, or what is kept was wrong. */
function secretAsked(prompt: Prompt, profile: ServerProfile): { kind: SecretKind; purpose: string } | null {
  switch (prompt.kind) {
    case 'password':
      return prompt.wasWrong ? null : { kind: prompt.kind, purpose: loginPurpose(profile) };
    case 'passphrase':
      return prompt.wasWrong ? null : { kind: prompt.kind, purpose: keyPurpose(prompt.keyPath) };
    default:
      return null;
  }
}
