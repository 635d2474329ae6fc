import type { Prompt } from '../../main/shared/prompt.ts';
import { CodesPrompt } from './CodesPrompt.tsx';
import { ConfirmPrompt } from './ConfirmPrompt.tsx';
import { HostKeyChanged } from './HostKeyChanged.tsx';
import { HostKeyUnknown } from './HostKeyUnknown.tsx';
import { SecretPrompt } from './SecretPrompt.tsx';

export function PromptBody({ prompt, serverName }: { prompt: Prompt; serverName: string }) {
  switch (prompt.kind) {
    case 'host-key-unknown':
      return <HostKeyUnknown prompt={prompt} />;
    case 'host-key-changed':
      return <HostKeyChanged prompt={prompt} serverName={serverName} />;
    case 'passphrase':
    case 'password':
    case 'sudo-password':
      return <SecretPrompt prompt={prompt} serverName={serverName} />;
    case 'codes':
      return <CodesPrompt prompt={prompt} />;
    case 'confirm':
      return <ConfirmPrompt prompt={prompt} />;
    default:
      return prompt satisfies never;
  }
}
