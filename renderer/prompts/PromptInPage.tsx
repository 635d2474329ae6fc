import { useEffect } from 'react';
import type { Prompt } from '../../main/shared/prompt.ts';
import { askInPage } from '../shell/ui-store.ts';
import { InPage } from './in-page.ts';
import { PromptBody } from './PromptBody.tsx';

interface Props {
  readonly serverId: string;
  readonly serverName: string;
  /** Undefined: nothing is asked now. */
  readonly prompt: Prompt | undefined;
}

/** As long as it is there, the server's questions are asked right here, and in no dialog. */
export function PromptInPage({ serverId, serverName, prompt }: Props) {
  useEffect(() => askInPage(serverId), [serverId]);
  if (prompt === undefined) return null;
  return (
    <InPage value={true}>
      <section key={prompt.id} className="prompt-in-page" aria-label="Question">
        <PromptBody prompt={prompt} serverName={serverName} />
      </section>
    </InPage>
  );
}
