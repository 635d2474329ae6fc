import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { HostsOutcome } from '../../main/shared/hosts.ts';
import { useClipboard } from '../shell/use-clipboard.ts';

/** Where nobody can be asked for more rights: the exact lines, and the command that puts them there. */
export function ByHand({ outcome, path }: { outcome: Extract<HostsOutcome, { kind: 'by-hand' }>; path: string }) {
  const { copied, copy } = useClipboard();
  const { command, lines } = outcome.byHand;
  if (command === null) return null;
  return (
    <section className="panel" aria-label="By hand">
      <p>
        {outcome.reason} Paste this into a terminal
        {lines.length > 0 ? `, or put the lines into ${path} with an editor of your own` : ''}. Mooring sees it when it
        is done.
      </p>
      <pre className="code hosts-diff" tabIndex={0} aria-label="The command">
        {command}
      </pre>
      <div className="hosts-write">
        <Button
          variant="default"
          leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          onClick={() => void copy(command)}
        >
          {copied ? 'Copied' : 'Copy the command'}
        </Button>
      </div>
    </section>
  );
}
