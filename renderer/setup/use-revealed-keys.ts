import { useEffect, useState } from 'react';
import type { CallReply } from '../../main/shared/contract.ts';
import { client } from '../api/client.ts';

/** Asks for the keys of a store as soon as it is shown, and holds them no longer than it is. Null: no answer yet. */
export function useRevealedKeys(serverId: string, environment: string): CallReply<'setup.reveal-keys'> | null {
  const [reply, setReply] = useState<CallReply<'setup.reveal-keys'> | null>(null);
  useEffect(() => {
    let over = false;
    void client.call('setup.reveal-keys', { serverId, environment }).then((answer) => {
      if (!over) setReply(answer);
    });
    return () => {
      over = true;
    };
  }, [serverId, environment]);
  return reply;
}
