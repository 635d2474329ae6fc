/** Asks a question of the core on the terminal. */
import type { KeychainView } from '../../shared/snapshot.ts';
import { describeRemember } from '../../shared/keychain-words.ts';
import { answerKindFor, type Prompt, type PromptAnswer } from '../../shared/prompt.ts';
import { day } from './day-and-time.ts';
import { promptLine } from './prompt-words.ts';
import type { Terminal } from './terminal.ts';

export interface AskOptions {
  /** Aborted when the question is gone, answered elsewhere. */
  readonly signal?: AbortSignal;
  /** Undefined: asks whether to keep a secret. */
  readonly remember?: boolean;
  readonly keychain: KeychainView;
}

/** Null when the person cancels (Ctrl-C, or no). */
export async function askPrompt(terminal: Terminal, prompt: Prompt, options: AskOptions): Promise<PromptAnswer | null> {
  const signal = options.signal ? { signal: options.signal } : {};
  const ask = (question: string, echo: boolean) => terminal.ask(question, { echo, ...signal });
  const askYes = async (question: string): Promise<boolean> => {
    for (let how = 'yes or no'; ; how = 'yes in full, or no') {
      const typed = (await ask(`${question} Type ${how}: `, true))?.trim().toLowerCase();
      if (typed === 'yes') return true;
      if (typed === undefined || typed === 'no' || typed === 'n') return false;
    }
  };

  switch (prompt.kind) {
    case 'host-key-unknown':
      terminal.say(`${prompt.host} shows a host key that Mooring has not seen before:`);
      terminal.say(`  ${prompt.presented.keyType}  ${prompt.presented.fingerprint}`);
      return (await askYes('Trust it?')) ? acceptKey(prompt.presented.fingerprint) : null;
    case 'host-key-changed':
      terminal.say(terminal.colour('red', `${prompt.host} shows another host key than before.`));
      terminal.say('The server was set up anew, or somebody is between you and it. Ask its owner before you say yes.');
      for (const known of prompt.known) {
        const since = known.firstSeenMs === null ? '' : `, first seen ${day(known.firstSeenMs)}`;
        terminal.say(`  old  ${known.keyType}  ${known.fingerprint}  (${known.storedIn}${since})`);
      }
      terminal.say(`  new  ${prompt.presented.keyType}  ${prompt.presented.fingerprint}`);
      return (await askYes('Trust the new one and forget the old?')) ? acceptKey(prompt.presented.fingerprint) : null;
    case 'passphrase':
    case 'password': {
      const secret = await ask(`${promptLine(prompt)}: `, false);
      if (secret === null) return null;
      const remember = options.remember ?? (await askYes(`Remember it? ${describeRemember(options.keychain)}.`));
      return { kind: answerKindFor[prompt.kind], secret, remember };
    }
    case 'sudo-password': {
      // Kept nowhere, whatever is said: so that is not asked.
      const secret = await ask(`${promptLine(prompt)}: `, false);
      return secret === null ? null : { kind: answerKindFor[prompt.kind], secret, remember: false };
    }
    case 'codes': {
      for (const line of [prompt.title, prompt.instructions]) if (line.trim() !== '') terminal.say(line.trimEnd());
      const answers: string[] = [];
      for (const question of prompt.questions) {
        const answer = await ask(question.text.endsWith(' ') ? question.text : `${question.text} `, question.echo);
        if (answer === null) return null;
        answers.push(answer);
      }
      return { kind: 'codes', answers };
    }
    case 'confirm':
      terminal.say(prompt.title);
      terminal.say(prompt.message);
      return (await askYes(`${prompt.confirmLabel}?`)) ? { kind: 'confirm' } : null;
    default:
      return prompt satisfies never;
  }
}

function acceptKey(fingerprint: string): PromptAnswer {
  return { kind: 'accept-host-key', fingerprint, alsoKnownHosts: false };
}
