import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import type { StoreKeys } from '../../main/shared/contract.ts';
import { consoleForward, storeForwards } from '../../main/shared/setup/setup-words.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { localAddress } from '../../main/shared/words.ts';
import { useServer } from '../api/store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { CopyText } from '../shell/CopyText.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { MaskedText } from './MaskedText.tsx';
import { OpenForward } from './OpenForward.tsx';
import { useRevealedKeys } from './use-revealed-keys.ts';

interface Props {
  readonly serverId: string;
  readonly environment: string;
  readonly onClose: () => void;
}

/** The keys of a stack's object storage, held no longer than the dialog is open. */
export function KeysDialog({ serverId, environment, onClose }: Props) {
  const server = useServer(serverId);
  const reply = useRevealedKeys(serverId, environment);
  return (
    <AppDialog onClose={onClose} size={560} title="Keys of the object storage">
      <div className="form">
        {reply?.ok === false && <FailureTrouble tone="needs-you" failure={reply.error} />}
        {reply === null && <Waiting>Asking the keychain …</Waiting>}
        {reply?.ok === true && server !== undefined && (
          <Keys server={server} environment={environment} keys={reply.value} />
        )}
        <Group className="form-foot" justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            Close
          </Button>
        </Group>
      </div>
    </AppDialog>
  );
}

function Keys({ server, environment, keys }: { server: ServerView; environment: string; keys: StoreKeys }) {
  const { profile } = server;
  const draft = profile.stacks.find((each) => each.environment === environment)?.draft;
  const page = draft && consoleForward(profile, draft);
  const api = draft && storeForwards(profile, draft).find((each) => each !== page);
  return (
    <>
      <dl className="fact-lines keys">
        {api !== undefined && (
          <Row name="S3 endpoint">
            <CopyText text={`http://${localAddress(api)}`} label="Copy the S3 endpoint" />
          </Row>
        )}
        <Row name="Access key">
          <CopyText text={keys.accessKey} label="Copy the access key" />
        </Row>
        <Row name="Secret key">
          <MaskedText text={keys.secretKey} name="secret key" />
        </Row>
        {keys.console !== null && (
          <>
            <Row name="Console user">
              <CopyText text={keys.console.user} label="Copy the user of the console" />
            </Row>
            <Row name="Console password">
              <MaskedText text={keys.console.password} name="password of the console" />
            </Row>
          </>
        )}
      </dl>
      <div className="keys-console">
        <OpenForward server={server} forward={page} />
        <span className="dim">
          {page === undefined
            ? 'The tunnel to its console was removed.'
            : keys.console === null
              ? 'Its console takes these two keys as user and password.'
              : 'Its console has a login of its own.'}
        </span>
      </div>
    </>
  );
}

const Row = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
