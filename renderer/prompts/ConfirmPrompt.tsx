import { Button } from '@mantine/core';
import type { Prompt } from '../../main/shared/prompt.ts';
import { isOwn } from './is-own.ts';
import { PromptFoot } from './PromptFoot.tsx';
import { useAnswer } from './use-answer.ts';

export function ConfirmPrompt({ prompt }: { prompt: Extract<Prompt, { kind: 'confirm' }> }) {
  const answering = useAnswer(prompt.id);
  return (
    <div className="form">
      <p>{prompt.message}</p>
      <PromptFoot promptId={prompt.id} answering={answering} cancelFirst={prompt.destructive} canWait={!isOwn(prompt)}>
        <Button
          {...(prompt.destructive ? { color: 'failed' } : { 'data-autofocus': true })}
          loading={answering.busy}
          onClick={() => void answering.answer({ kind: 'confirm' })}
        >
          {prompt.confirmLabel}
        </Button>
      </PromptFoot>
    </div>
  );
}
