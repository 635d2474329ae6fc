import { Button } from '@mantine/core';
import { describePrompt } from '../../main/shared/words.ts';
import { useSnapshot } from '../api/store.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { resumePrompt } from '../shell/ui-store.ts';

/** What is left of a question that was put off. */
export function NeedsYouBanner({ serverId, name }: { serverId: string | null; name: string }) {
  const prompt = useSnapshot(({ prompts }) => prompts.find((each) => each.serverId === serverId));
  if (prompt === undefined) return null;
  return (
    <Trouble tone="needs-you" message={`${name} needs you: ${describePrompt(prompt)}`}>
      <Button
        size="xs"
        onClick={() => {
          resumePrompt(prompt.id);
        }}
      >
        Answer
      </Button>
    </Trouble>
  );
}
