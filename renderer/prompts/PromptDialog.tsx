import { useSpotlight } from '@mantine/spotlight';
import { useShallow } from 'zustand/react/shallow';
import type { Prompt } from '../../main/shared/prompt.ts';
import { useSnapshot } from '../api/store.ts';
import { paletteStore } from '../palette/palette-store.ts';
import { postponePrompt, useUi } from '../shell/ui-store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { PromptBody } from './PromptBody.tsx';

/**
 * The oldest question that was not put off. It waits while another dialog or the palette is open: what a person types
 * there must not land here.
 */
export function PromptDialog({ away }: { away: boolean }) {
  const postponed = useUi((state) => state.postponed);
  const busyElsewhere = useUi((state) => state.dialog !== null);
  const paletteOpen = useSpotlight(paletteStore).opened;
  const open = useSnapshot(
    useShallow(({ prompts }) =>
      prompts.filter((each) => !postponed.includes(each.id)).sort((a, b) => a.createdMs - b.createdMs),
    ),
  );
  const prompt = open[0];
  if (prompt === undefined || busyElsewhere || paletteOpen || away) return null;
  return <OnePrompt key={prompt.id} prompt={prompt} count={open.length} />;
}

function OnePrompt({ prompt, count }: { prompt: Prompt; count: number }) {
  const name = useSnapshot(({ servers }) => servers.find((each) => each.profile.id === prompt.serverId)?.profile.name);
  return (
    <AppDialog
      size={prompt.kind === 'host-key-changed' ? 720 : 540}
      closeOnClickOutside={false}
      onClose={() => {
        postponePrompt(prompt.id);
      }}
      closeButtonProps={{ 'aria-label': 'Later' }}
      title={
        <span className="prompt-title">
          {promptTitle(prompt, name)}
          {count > 1 && <span className="prompt-count figures">1 of {count}</span>}
        </span>
      }
    >
      <PromptBody prompt={prompt} serverName={name ?? 'the server'} />
    </AppDialog>
  );
}

function promptTitle(prompt: Prompt, name = 'the server'): string {
  switch (prompt.kind) {
    case 'host-key-unknown':
      return `First connection to ${name}`;
    case 'host-key-changed':
      return `The host key of ${name} has changed`;
    case 'passphrase':
      return 'Passphrase for a key';
    case 'password':
      return `Password for ${name}`;
    case 'codes':
      return `${name} asks`;
    case 'confirm':
      return prompt.title;
    default:
      return prompt satisfies never;
  }
}
