import { useEffect, useState } from 'react';
import type { CallReply } from '../../main/shared/contract.ts';
import { client } from '../api/client.ts';

type Revealing = 'setup.reveal-password' | 'setup.reveal-keys';

/** Asks for what opens a stack as soon as it is shown, and holds it no longer than it is. Null: no answer yet. */
export function useRevealed<K extends Revealing>(name: K, serverId: string, environment: string): CallReply<K> | null {
  const [reply, setReply] = useState<CallReply<K> | null>(null);
  useEffect(() => {
    let over = false;
    void client.call(name, { serverId, environment }).then((answer) => {
      if (!over) setReply(answer);
    });
    return () => {
      over = true;
    };
  }, [name, serverId, environment]);
  return reply;
}
