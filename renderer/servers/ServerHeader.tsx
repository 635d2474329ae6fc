import { Button, Title } from '@mantine/core';
import { memo } from 'react';
import type { ServerProfile } from '../../main/shared/server.ts';
import type { ConnectionState } from '../../main/shared/snapshot.ts';
import { connectionLight, describeConnection, loginAddress } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { StateShape } from '../shell/StateShape.tsx';
import { useNow } from '../shell/use-now.ts';
import { ServerMenu } from './ServerMenu.tsx';

interface Props {
  readonly profile: ServerProfile;
  readonly connection: ConnectionState;
  readonly hasSecrets: boolean;
}

export const ServerHeader = memo(function ServerHeader({ profile, connection, hasSecrets }: Props) {
  const { id, name, demo, wanted } = profile;
  return (
    <header className="server-header">
      <div className="server-title">
        <Title order={1} size={22} className="ellipsis" title={name}>
          {name}
        </Title>
        {demo && <span className="badge">demo</span>}
        <CopyText text={loginAddress(profile)} label="Copy the address" className="dim" />
      </div>
      <div className="server-actions">
        <ConnectionWords connection={connection} />
        <Button
          variant={wanted ? 'default' : 'filled'}
          onClick={() => void act('wanted.set', { serverId: id, on: !wanted })}
        >
          {wanted ? 'Disconnect' : 'Connect'}
        </Button>
        <ServerMenu profile={profile} hasSecrets={hasSecrets} />
      </div>
    </header>
  );
});

function ConnectionWords({ connection }: { connection: ConnectionState }) {
  const nowMs = useNow(connection.kind === 'up' || connection.kind === 'waiting');
  // The reason has a place of its own below the header.
  const words =
    connection.kind === 'failed' ? 'Stopped' : (describeConnection(connection, nowMs).split(' · ')[0] ?? '');
  const title = connection.kind === 'up' ? `${connection.software}, ${connection.cipher}` : undefined;
  return (
    <span className="connection-words figures" title={title}>
      <StateShape light={connectionLight(connection)} />
      <span>{words}</span>
      {connection.kind === 'up' && connection.latencyMs !== null && (
        <span className="dim" title="Round trip of the last keepalive">
          {Math.round(connection.latencyMs)} ms
        </span>
      )}
    </span>
  );
}
