import { Button } from '@mantine/core';
import { memo } from 'react';
import { failureClass } from '../../main/shared/failure.ts';
import type { ConnectionState } from '../../main/shared/snapshot.ts';
import { describeDuration } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { openDialog } from '../shell/ui-store.ts';
import { Trouble } from '../shell/Trouble.tsx';
import { useNow } from '../shell/use-now.ts';

/** Why the connection is not up, and what to do about it. */
export const ConnectionTrouble = memo(function ConnectionTrouble({
  serverId,
  connection,
  editable,
}: {
  serverId: string;
  connection: ConnectionState;
  editable: boolean;
}) {
  if (connection.kind !== 'waiting' && connection.kind !== 'failed') return null;
  const { failure } = connection;
  return (
    <Trouble
      tone={connection.kind === 'waiting' ? 'working' : 'failed'}
      message={failure.message}
      hint={failure.hint}
      detail={failure.detail}
      aside={connection.kind === 'waiting' && <Since sinceMs={connection.sinceMs} attempt={connection.attempt} />}
    >
      <Button size="xs" variant="default" onClick={() => void act('connection.retry', { serverId })}>
        {connection.kind === 'waiting' ? 'Try now' : 'Try again'}
      </Button>
      {/* User, key and address are what a person can mend here. */}
      {editable && (failureClass(failure.code) === 'authentication' || failure.code === 'address-unknown') && (
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            openDialog({ kind: 'edit-server', serverId });
          }}
        >
          Edit server
        </Button>
      )}
    </Trouble>
  );
});

function Since({ sinceMs, attempt }: { sinceMs: number; attempt: number }) {
  const nowMs = useNow(true);
  return `Away for ${describeDuration(nowMs - sinceMs)}, ${String(attempt)} ${attempt === 1 ? 'try' : 'tries'} so far.`;
}
