import { Button } from '@mantine/core';
import { describeConnection } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { useServer, useSnapshot } from '../api/store.ts';
import { PromptInPage } from '../prompts/PromptInPage.tsx';
import { AppDialog } from '../shell/AppDialog.tsx';
import { Trouble } from '../shell/Trouble.tsx';
import { useNow } from '../shell/use-now.ts';
import { InstallKey } from './InstallKey.tsx';

/** From a password to a key, for a server that is there already. Its questions are asked right here. */
export function InstallKeyDialog({ serverId, onClose }: { serverId: string; onClose: () => void }) {
  const server = useServer(serverId);
  const prompt = useSnapshot(({ prompts }) => prompts.find((each) => each.serverId === serverId));
  const nowMs = useNow(server?.connection.kind === 'waiting');
  if (server === undefined) return null;
  const { profile, connection } = server;
  const { name } = profile;
  return (
    <AppDialog onClose={onClose} size={560} title={`Log in to ${name} with a key`} closeOnClickOutside={false}>
      <div className="form">
        <p>
          The public half of the key goes into <span className="mono">~/.ssh/authorized_keys</span> of {profile.user} on
          the server, and a second login with the key alone is tried. Only when that goes well does the login change.
        </p>
        {connection.kind !== 'up' && prompt === undefined && (
          <Trouble
            tone="working"
            message={`${name} is not connected.`}
            hint={connection.kind === 'off' ? undefined : describeConnection(connection, nowMs)}
          >
            {connection.kind === 'off' && (
              <Button size="xs" onClick={() => void act('wanted.set', { serverId, on: true })}>
                Connect
              </Button>
            )}
          </Trouble>
        )}
        <PromptInPage serverId={serverId} serverName={name} prompt={prompt} />
        <InstallKey server={server} leave={{ label: 'Close', run: onClose, afterwards: true }} />
      </div>
    </AppDialog>
  );
}
