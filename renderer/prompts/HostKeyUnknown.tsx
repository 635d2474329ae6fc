import { Button, Checkbox } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Prompt } from '../../main/shared/prompt.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { PromptFoot } from './PromptFoot.tsx';
import { useAnswer } from './use-answer.ts';

export function HostKeyUnknown({ prompt }: { prompt: Extract<Prompt, { kind: 'host-key-unknown' }> }) {
  const answering = useAnswer(prompt.id);
  const [alsoKnownHosts, setAlsoKnownHosts] = useState(false);
  const { keyType, fingerprint } = prompt.presented;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void answering.answer({ kind: 'accept-host-key', fingerprint, alsoKnownHosts });
  };
  return (
    <form className="form" onSubmit={submit}>
      {/* Nobody should trust a key by an Enter meant for something else: the text has the focus, not the button. */}
      <p tabIndex={-1} data-autofocus>
        This machine has not met <span className="mono">{prompt.host}</span> before. If you can, compare the fingerprint
        with the one its owner or its console shows.
      </p>
      <div className="key-card">
        <span className="dim">{keyType}</span>
        <CopyText text={fingerprint} label="Copy the fingerprint" className="fingerprint" />
      </div>
      <Checkbox
        label="Also add it to ~/.ssh/known_hosts"
        checked={alsoKnownHosts}
        onChange={(event) => {
          setAlsoKnownHosts(event.currentTarget.checked);
        }}
      />
      <PromptFoot promptId={prompt.id} answering={answering}>
        <Button type="submit" loading={answering.busy}>
          Trust this key
        </Button>
      </PromptFoot>
    </form>
  );
}
