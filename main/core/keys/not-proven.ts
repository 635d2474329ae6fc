/** Why a server does not let in a key that is in its authorized_keys, as far as it can be told. */
import { failure, failureLine, type Failure, type Reply } from '../../shared/failure.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { quoted } from '../../shared/shell-words.ts';
import { namesUsualFile, type AddedLine } from './authorized-keys.ts';

/** `removed`: how it went to take the line off again; null: it had been there before. */
export function notProven(
  { name, user }: Pick<ServerProfile, 'name' | 'user'>,
  cause: Failure,
  line: AddedLine,
  removed: Reply<null> | null,
): Failure {
  const detail = cause.detail === undefined ? {} : { detail: cause.detail };
  const left = whatIsLeft(removed);
  if (cause.code === 'login-rejected') {
    return failure('login-rejected', `${name} did not let ${user} in with this key.`, {
      hint: `${whyRefused(line)} ${left}`,
      ...detail,
    });
  }
  const hint = cause.hint === undefined ? '' : ` ${cause.hint}`;
  return failure(cause.code, `The login with the key could not be proven: ${failureLine(cause)}.`, {
    hint: `${left}${hint}`,
    ...detail,
  });
}

function whatIsLeft(removed: Reply<null> | null): string {
  if (removed === null) return 'Nothing was changed: the server had this key before.';
  if (removed.ok) return 'It was taken off the server again, and the login stays as it was.';
  return 'The login stays as it was, but the key could not be taken off again: remove its line from ~/.ssh/authorized_keys on the server.';
}

function whyRefused({ takesKeys, keyFiles, loosePaths, withOptions }: AddedLine): string {
  if (!takesKeys) return 'Its sshd takes no keys at all (PubkeyAuthentication is no): ask whoever runs the server.';
  if (keyFiles !== null && !namesUsualFile(keyFiles)) {
    return `Its sshd looks for keys in ${keyFiles}, not in ~/.ssh/authorized_keys: ask whoever runs the server to put yours there.`;
  }
  const [loose] = loosePaths;
  if (loose !== undefined) {
    return `Others may write to ${loose} there, for which sshd refuses keys. On the server: chmod go-w ${quoted(loose)}`;
  }
  if (withOptions) return 'Its line there begins with options, which may keep this machine out.';
  return 'Its sshd has more to say in its log: journalctl -u ssh.';
}
