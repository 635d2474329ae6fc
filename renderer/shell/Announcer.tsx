import { VisuallyHidden } from '@mantine/core';
import { useRef, useEffect, useState } from 'react';
import { connectionLight, lightWords, type Light } from '../../main/shared/words.ts';
import { useSnapshot } from '../api/store.ts';

/** Tells screen readers, politely, which server changed its state. */
export function Announcer() {
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const before = useRef<ReadonlyMap<string, Light> | null>(null);
  const [text, setText] = useState('');
  useEffect(() => {
    const now = new Map(servers.map((each) => [each.profile.id, connectionLight(each.connection)]));
    const changed = servers.filter((each) => {
      const was = before.current?.get(each.profile.id);
      return was !== undefined && was !== now.get(each.profile.id);
    });
    before.current = now;
    if (changed.length === 0) return;
    setText(changed.map((each) => `${each.profile.name}: ${lightWords[connectionLight(each.connection)]}`).join('. '));
  }, [servers]);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {text}
    </VisuallyHidden>
  );
}
