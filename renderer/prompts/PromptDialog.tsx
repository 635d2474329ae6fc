import { useSpotlight } from '@mantine/spotlight';
import { useShallow } from 'zustand/react/shallow';
import type { Prompt } from '../../main/shared/prompt.ts';
import { useSnapshot } from '../api/store.ts';
import { paletteStore } from '../palette/palette-store.ts';
import { postponePrompt, useUi } from '../shell/ui-store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { isOwn } from './is-own.ts';
import { PromptBody } from './PromptBody.tsx';
import { useAnswer } from './use-answer.ts';

/**
 * The oldest question that was not put off. One of a server waits while another dialog or the palette is open: what a
 * person types there must not land here. One of Mooring itself follows a click of just now, and comes before all.
 */
export function PromptDialog({ away }: { away: boolean }) {
  const postponed = useUi((state) => state.postponed);
  const busyElsewhere = useUi((state) => state.dialog !== null);
  const askedInPage = useUi((state) => state.askedInPage);
  const paletteOpen = useSpotlight(paletteStore).opened;
  const open = useSnapshot(
    useShallow(({ prompts }) =>
      prompts
        .filter(
          (each) => isOwn(each) || (!postponed.includes(each.id) && !busyElsewhere && each.serverId !== askedInPage),
        )
        .sort((a, b) => Number(isOwn(b)) - Number(isOwn(a)) || a.createdMs - b.createdMs),
    ),
  );
  const prompt = open[0];
  if (prompt === undefined || paletteOpen || away) return null;
  return <OnePrompt key={prompt.id} prompt={prompt} count={open.length} />;
}

function OnePrompt({ prompt, count }: { prompt: Prompt; count: number }) {
  const answering = useAnswer(prompt.id);
  const own = isOwn(prompt);
  const name = useSnapshot(({ servers }) => servers.find((each) => each.profile.id === prompt.serverId)?.profile.name);
  return (
    <AppDialog
      size={prompt.kind === 'host-key-changed' ? 720 : 540}
      closeOnClickOutside={false}
      closeOnEscape
      onClose={() => {
        // A page that keeps a reminder is a server’s; a question of Mooring itself is answered or taken back.
        if (own) void answering.cancel();
        else postponePrompt(prompt.id);
      }}
      closeButtonProps={{ 'aria-label': own ? 'Cancel' : 'Later' }}
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
    case 'sudo-password':
      return `sudo on ${name} asks`;
    case 'codes':
      return `${name} asks`;
    case 'confirm':
      return prompt.title;
    default:
      return prompt satisfies never;
  }
}
