/** Why a connection was lost, in the words that help most. */
import { failure, failureText, type Failure } from '../../shared/failure.ts';
import type { PromptBody } from '../../shared/prompt.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { LoginConversation } from './login.ts';

/** The trouble met on the way, such as a key that can't be read, says more than the server's plain refusal. */
export function explainLoss(
  { name, login }: Pick<ServerProfile, 'name' | 'login'>,
  conversation: Pick<LoginConversation, 'cancelled' | 'trouble'>,
  told: Failure | null,
): Failure {
  if (conversation.cancelled) {
    return failure('cancelled', 'The login was cancelled.', { hint: 'Connect to try again.' });
  }
  const cause = told ?? failure('link-lost', `${name} ended the connection.`);
  if (cause.code !== 'login-rejected') return cause;
  if (conversation.trouble) return conversation.trouble;
  return failure('login-rejected', `${name} did not accept the login.`, {
    hint: loginHints[login.kind],
    ...(cause.detail === undefined ? {} : { detail: cause.detail }),
  });
}

/** Put to a person where trying again by itself would do harm. */
export function askToTryAgain({ name, login }: Pick<ServerProfile, 'name' | 'login'>, cause: Failure): PromptBody {
  return {
    kind: 'confirm',
    title: `The login to ${name} did not work`,
    message: failureText(cause),
    confirmLabel: 'Try again',
    destructive: false,
    ...(cause.code === 'key-unreadable' && login.kind === 'key' ? { keyOf: name } : {}),
  };
}

const loginHints = {
  auto: 'No key of the agent or of ~/.ssh was accepted. Add your public key to the server, or choose another login.',
  agent: 'The agent has no key that the server accepts. See which it holds with ssh-add -l.',
  key: 'The key must be in ~/.ssh/authorized_keys of that user on the server. Check the user name as well.',
  password: 'Check the user name and the password.',
} as const;
