import { UnstyledButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useClipboard } from './use-clipboard.ts';

/** Text that a click copies. The icon shows on hover and focus; a tick says that it worked. */
export function CopyText({ text, label, className = '' }: { text: string; label: string; className?: string }) {
  const { copied, copy } = useClipboard();
  return (
    <UnstyledButton
      className={`copy-text ${className}`}
      aria-label={`${label}: ${text}`}
      title={`${text}\nClick to copy`}
      data-copied={copied}
      onClick={() => void copy(text)}
    >
      <span className="mono ellipsis">{text}</span>
      {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      <span className="copy-said" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </UnstyledButton>
  );
}
