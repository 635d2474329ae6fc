import { useState } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import type { PromptAnswer } from '../../main/shared/prompt.ts';
import { client } from '../api/client.ts';

export interface Answering {
  readonly busy: boolean;
  readonly refusal: Failure | null;
  readonly answer: (answer: PromptAnswer) => Promise<void>;
  readonly cancel: () => Promise<void>;
}

/** Answers a prompt. The dialog goes when the core takes the prompt out of the snapshot, not before. */
export function useAnswer(promptId: string): Answering {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const send = async (call: ReturnType<typeof client.call<'prompts.answer' | 'prompts.cancel'>>): Promise<void> => {
    setBusy(true);
    const reply = await call;
    setBusy(false);
    setRefusal(reply.ok ? null : reply.error);
  };
  return {
    busy,
    refusal,
    answer: (answer) => send(client.call('prompts.answer', { promptId, answer })),
    cancel: () => send(client.call('prompts.cancel', { promptId })),
  };
}
