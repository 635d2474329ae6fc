import { Button } from '@mantine/core';
import { useContext, type ReactNode } from 'react';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { postponePrompt } from '../shell/ui-store.ts';
import { InPage } from './in-page.ts';
import type { Answering } from './use-answer.ts';

interface Props {
  readonly promptId: string;
  readonly answering: Answering;
  /** The safe way out has the focus. */
  readonly cancelFirst?: boolean;
  /** It can be put off: a server’s page keeps a reminder. */
  readonly canWait?: boolean;
  /** The button that answers. */
  readonly children: ReactNode;
}

export function PromptFoot({ promptId, answering, cancelFirst = false, canWait = true, children }: Props) {
  const { refusal } = answering;
  const inPage = useContext(InPage);
  return (
    <>
      {refusal !== null && <FailureTrouble failure={refusal} />}
      <div className="prompt-foot">
        {canWait && !inPage && (
          <Button
            variant="subtle"
            color="gray"
            title="Closes this; the server’s page keeps a reminder"
            onClick={() => {
              postponePrompt(promptId);
            }}
          >
            Later
          </Button>
        )}
        <span className="spring" />
        <Button
          variant="default"
          {...(cancelFirst ? { 'data-autofocus': true } : {})}
          disabled={answering.busy}
          onClick={() => void answering.cancel()}
        >
          Cancel
        </Button>
        {children}
      </div>
    </>
  );
}
