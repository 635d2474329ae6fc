import { Button, Checkbox, PasswordInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Prompt } from '../../main/shared/prompt.ts';
import { describeRemember } from '../../main/shared/words.ts';
import { useSnapshot } from '../api/store.ts';
import { PromptFoot } from './PromptFoot.tsx';
import { useAnswer } from './use-answer.ts';

/** Asks for a password, or for the passphrase of a key. */
export function SecretPrompt({ prompt }: { prompt: Extract<Prompt, { kind: 'password' | 'passphrase' }> }) {
  const answering = useAnswer(prompt.id);
  const keychain = useSnapshot((snapshot) => snapshot.keychain);
  const [secret, setSecret] = useState('');
  const [remember, setRemember] = useState(true);
  const isPassword = prompt.kind === 'password';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (secret !== '' && !answering.busy) void answering.answer({ kind: 'secret', secret, remember });
  };
  return (
    <form className="form" onSubmit={submit}>
      <PasswordInput
        label={
          isPassword ? (
            <>
              Password of <span className="mono">{`${prompt.user}@${prompt.host}`}</span>
            </>
          ) : (
            <>
              Passphrase of <span className="mono">{prompt.keyPath}</span>
            </>
          )
        }
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
        error={
          prompt.wasWrong &&
          (isPassword ? 'The server did not accept the last one.' : 'The last one did not open the key.')
        }
        value={secret}
        onChange={(event) => {
          setSecret(event.currentTarget.value);
        }}
      />
      <Checkbox
        label={isPassword ? 'Remember the password' : 'Remember the passphrase'}
        description={describeRemember(keychain)}
        checked={remember}
        onChange={(event) => {
          setRemember(event.currentTarget.checked);
        }}
      />
      <PromptFoot promptId={prompt.id} answering={answering}>
        <Button type="submit" disabled={secret === ''} loading={answering.busy}>
          {isPassword ? 'Log in' : 'Unlock the key'}
        </Button>
      </PromptFoot>
    </form>
  );
}
