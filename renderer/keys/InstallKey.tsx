import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import type { InstalledKey } from '../../main/shared/keys.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { client } from '../api/client.ts';
import { useAsked } from '../api/use-asked.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { KeyChoice } from './KeyChoice.tsx';

interface Props {
  readonly server: ServerView;
  /** The button that leaves it; `afterwards`: there is something to be left when all is done, too. */
  readonly leave: { readonly label: string; readonly run: () => void; readonly afterwards: boolean };
  readonly onInstalled?: (path: string) => void;
}

/** Puts a key on a server that is connected and logs in with it from then on. What opening it asks stands elsewhere. */
export function InstallKey({ server, leave, onInstalled }: Props) {
  const { id: serverId, name } = server.profile;
  const found = useAsked('keys.list', {}, true);
  const [chosen, setChosen] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const [installed, setInstalled] = useState<InstalledKey | null>(null);
  const path = chosen ?? found.value?.keys[0]?.path ?? '';
  const install = async (): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    const reply = await client.call('keys.install', { serverId, path, useIt: true });
    setBusy(false);
    if (!reply.ok) {
      setRefusal(reply.error);
      return;
    }
    setInstalled(reply.value);
    onInstalled?.(path);
  };
  if (installed !== null) {
    return (
      <>
        <p className="key-done" role="status">
          <StateShape light="up" />
          <span>
            {name} logs in with <span className="mono">{path}</span> from now on: no password is asked for again.
            {installed.notes.map((each) => ` ${each}`)}
          </span>
        </p>
        {leave.afterwards && (
          <Group justify="flex-end">
            <Button onClick={leave.run}>{leave.label}</Button>
          </Group>
        )}
      </>
    );
  }
  return (
    <div className="key-install">
      <KeyChoice
        found={found}
        value={path}
        disabled={busy}
        onChange={(next) => {
          setChosen(next);
          setRefusal(null);
        }}
      />
      {refusal !== null && <FailureTrouble failure={refusal} />}
      {busy && <Waiting>Putting the key on {name}, then logging in with it alone …</Waiting>}
      <Group gap="xs">
        <Button
          size="xs"
          disabled={path === '' || server.connection.kind !== 'up'}
          loading={busy}
          onClick={() => void install()}
        >
          Install the key
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={leave.run}>
          {leave.label}
        </Button>
      </Group>
    </div>
  );
}
