import { ActionIcon } from '@mantine/core';
import { IconCheck, IconCopy, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useClipboard } from '../shell/use-clipboard.ts';

/** Long enough to type it somewhere else, not so long that it stands there when somebody else comes by. */
export const shownMs = 60_000;

/** A secret that is not seen until asked for, and then for a minute; it is copied without being seen. */
export function MaskedText({ text, name }: { text: string; name: string }) {
  const [shown, setShown] = useState(false);
  const { copied, copy } = useClipboard();
  useEffect(() => {
    if (!shown) return;
    const timer = window.setTimeout(setShown, shownMs, false);
    return () => {
      window.clearTimeout(timer);
    };
  }, [shown]);
  return (
    <span className="masked-text">
      <span className="mono">{shown ? text : '••••••••••••'}</span>
      <ActionIcon
        aria-label={`${shown ? 'Hide' : 'Show'} the ${name}`}
        aria-pressed={shown}
        onClick={() => {
          setShown(!shown);
        }}
      >
        {shown ? <IconEyeOff size={16} /> : <IconEye size={16} />}
      </ActionIcon>
      <ActionIcon aria-label={`Copy the ${name}`} onClick={() => void copy(text)}>
        {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
      <span className="copy-said" role="status">
        {copied ? 'Copied' : ''}
      </span>
    </span>
  );
}
