/** Questions in words: in lists, and with the command that answers them. */
import type { KnownHostKey, Prompt } from '../../shared/prompt.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { quoted } from '../../shared/shell-words.ts';
import { day } from './day-and-time.ts';

/** One line: what is asked. */
export function promptLine(prompt: Prompt): string {
  switch (prompt.kind) {
    case 'host-key-unknown':
      return `Is this the key of ${prompt.host}? ${prompt.presented.keyType} ${prompt.presented.fingerprint}`;
    case 'host-key-changed':
      return `The key of ${prompt.host} has changed: it now shows ${prompt.presented.keyType} ${prompt.presented.fingerprint}, known was ${prompt.known.map(knownKey).join(', ')}`;
    case 'passphrase':
      return `${prompt.wasWrong ? 'That passphrase did not open' : 'Passphrase for'} ${prompt.keyPath}`;
    case 'password':
      return `${prompt.wasWrong ? 'That was not the password of' : 'Password of'} ${prompt.user}@${prompt.host}`;
    case 'sudo-password':
      return `${prompt.wasWrong ? 'sudo did not take the password of' : 'Password for sudo of'} ${prompt.user}@${prompt.host}`;
    case 'codes':
      return [prompt.title, prompt.instructions, ...prompt.questions.map((each) => each.text)]
        .map((each) => each.trim().replace(/\s+/g, ' '))
        .filter((each) => each !== '')
        .join(' · ');
    case 'confirm':
      return `${prompt.title}: ${prompt.message}`;
    default:
      return prompt satisfies never;
  }
}

function knownKey({ keyType, fingerprint, storedIn, firstSeenMs }: KnownHostKey): string {
  const since = firstSeenMs === null ? '' : `, first seen ${day(firstSeenMs)}`;
  return `${keyType} ${fingerprint} (${storedIn}${since})`.trim();
}

/** The command that answers it. Secrets go by stdin, never by argument. */
export function answerCommand(prompt: Prompt): string {
  const base = `mooring answer ${quoted(prompt.id)}`;
  switch (prompt.kind) {
    case 'host-key-unknown':
      return `${base} --accept ${prompt.presented.fingerprint}`;
    case 'host-key-changed':
      // Not ready to paste: either the machine was rebuilt, or somebody stands in between.
      return `${base} --accept FINGERPRINT, once whoever runs the server has told you it (or --cancel)`;
    case 'passphrase':
    case 'password':
    case 'sudo-password':
    case 'codes':
      return `${base} --stdin`;
    case 'confirm':
      return prompt.keyOf === undefined
        ? `${base} --yes`
        : `mooring server edit ${quoted(prompt.keyOf)} --key FILE, or once the file is right: ${base} --yes`;
    default:
      return prompt satisfies never;
  }
}

/** Who asks: the server's name, or Mooring itself. */
export function promptSource(snapshot: Snapshot, prompt: Prompt): string {
  return snapshot.servers.find(({ profile }) => profile.id === prompt.serverId)?.profile.name ?? 'Mooring';
}
