import { Button, Checkbox, PasswordInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { Prompt } from '../../main/shared/prompt.ts';
import { describeRemember } from '../../main/shared/keychain-words.ts';
import { useSnapshot } from '../api/store.ts';
import { PromptFoot } from './PromptFoot.tsx';
import { useAnswer } from './use-answer.ts';

type Asked = Extract<Prompt, { kind: 'password' | 'passphrase' | 'sudo-password' }>;

interface Words {
  readonly label: ReactNode;
  readonly wrong: string;
  /** Null: it is kept nowhere. */
  readonly remember: string | null;
  readonly button: string;
}

function wordsFor(prompt: Asked): Words {
  switch (prompt.kind) {
    case 'password':
      return {
        label: (
          <>
            Password of <span className="mono">{`${prompt.user}@${prompt.host}`}</span>
          </>
        ),
        wrong: 'The server did not accept the last one.',
        remember: 'Remember the password',
        button: 'Log in',
      };
    case 'passphrase':
      return {
        label: (
          <>
            Passphrase of <span className="mono">{prompt.keyPath}</span>
          </>
        ),
        wrong: 'The last one did not open the key.',
        remember: 'Remember the passphrase',
        button: 'Unlock the key',
      };
    case 'sudo-password':
      return {
        label: (
          <>
            Password of <span className="mono">{prompt.user}</span>
          </>
        ),
        wrong: 'sudo did not accept the last one.',
        remember: null,
        button: 'Go on',
      };
    default:
      return prompt satisfies never;
  }
}

/** Asks for a password, or for the passphrase of a key. */
export function SecretPrompt({ prompt, serverName }: { prompt: Asked; serverName: string }) {
  const answering = useAnswer(prompt.id);
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  const words = wordsFor(prompt);
  const [secret, setSecret] = useState('');
  const [remember, setRemember] = useState(words.remember !== null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (secret !== '' && !answering.busy) void answering.answer({ kind: 'secret', secret, remember });
  };
  return (
    <form className="form" onSubmit={submit}>
      {prompt.kind === 'sudo-password' && (
        <p>
          sudo on {serverName} asks for the password of <span className="mono">{prompt.user}</span>. It is asked once
          for this run and kept nowhere.
        </p>
      )}
      <PasswordInput
        label={words.label}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
        error={prompt.wasWrong && words.wrong}
        value={secret}
        onChange={(event) => {
          setSecret(event.currentTarget.value);
        }}
      />
      {words.remember !== null && (
        <Checkbox
          label={words.remember}
          description={describeRemember(keychain)}
          checked={remember}
          onChange={(event) => {
            setRemember(event.currentTarget.checked);
          }}
        />
      )}
      <PromptFoot promptId={prompt.id} answering={answering}>
        <Button type="submit" disabled={secret === ''} loading={answering.busy}>
          {words.button}
        </Button>
      </PromptFoot>
    </form>
  );
}
