import { Button } from '@mantine/core';
import { memo } from 'react';
import type { ServerProfile } from '../../main/shared/server.ts';
import type { ConnectionState } from '../../main/shared/snapshot.ts';
import { act } from '../api/act.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { connectionLight } from '../../main/shared/words.ts';

interface Props {
  readonly profile: Pick<ServerProfile, 'id' | 'name' | 'wanted'>;
  readonly connection: ConnectionState;
}

/** Why nothing can be set up just now, and what to do about it. Nothing while the connection is up. */
export const ConnectFirst = memo(function ConnectFirst({ profile, connection }: Props) {
  if (connection.kind === 'up') return null;
  return (
    <div className="connect-first" role="status">
      <StateShape light={connectionLight(connection)} />
      <span>{wordsFor(profile.name, connection)}</span>
      {connection.kind === 'off' && (
        <Button size="xs" onClick={() => void act('wanted.set', { serverId: profile.id, on: true })}>
          Connect
        </Button>
      )}
      {connection.kind === 'failed' && (
        <Button size="xs" onClick={() => void act('connection.retry', { serverId: profile.id })}>
          Try again
        </Button>
      )}
    </div>
  );
});

function wordsFor(name: string, { kind }: Exclude<ConnectionState, { kind: 'up' }>): string {
  switch (kind) {
    case 'off':
      return `Setup works over the connection: connect to ${name} first.`;
    case 'connecting':
      return `Connecting to ${name} …`;
    case 'waiting':
      return `Setup waits for the connection to ${name}.`;
    case 'needs-you':
      return `${name} waits for your answer. Setup goes on after that.`;
    case 'failed':
      return `Setup needs the connection to ${name}, which has stopped.`;
    default:
      return kind satisfies never;
  }
}
