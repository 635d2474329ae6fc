import { Button, Group } from '@mantine/core';
import { useShallow } from 'zustand/react/shallow';
import type { ServerView } from '../../../main/shared/snapshot.ts';
import { lightWords, type Light } from '../../../main/shared/words.ts';
import { useSnapshot } from '../../api/store.ts';
import { useAsked, type Asked } from '../../api/use-asked.ts';
import { KeyOffer } from '../../keys/KeyOffer.tsx';
import { PromptInPage } from '../../prompts/PromptInPage.tsx';
import { ConnectionTrouble } from '../../servers/ConnectionTrouble.tsx';
import { StateShape } from '../../shell/StateShape.tsx';
import { FailureTrouble, Trouble } from '../../shell/Trouble.tsx';
import { Waiting } from '../../shell/Waiting.tsx';
import { FactLines } from '../FactsPanel.tsx';
import { changeNewVm, currentNewVm } from './new-vm-store.ts';
import { proveLines } from './prove-lines.ts';

interface Props {
  /** Undefined until the core tells of it, or when it was removed elsewhere. */
  readonly server: ServerView | undefined;
  readonly busy: boolean;
  readonly connect: () => Promise<void>;
}

/** The login is tried and the server read. Its questions are asked right here. */
export function ProveStep({ server, busy, connect }: Props) {
  return (
    <section className="panel form" aria-label="Prove">
      {server === undefined ? <Gone busy={busy} connect={connect} /> : <Prove server={server} />}
      <Group className="panel-foot" justify="space-between">
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            changeNewVm({ step: 'login' });
          }}
        >
          Back
        </Button>
        <Button
          disabled={server?.connection.kind !== 'up'}
          onClick={() => {
            changeNewVm({ step: 'stack' });
          }}
        >
          Next: choose what to set up
        </Button>
      </Group>
    </section>
  );
}

function Gone({ busy, connect }: Pick<Props, 'busy' | 'connect'>) {
  return busy ? (
    <Waiting>Adding the server …</Waiting>
  ) : (
    <Trouble tone="working" message="The server is no longer in the list.">
      <Button size="xs" onClick={() => void connect()}>
        Add it again
      </Button>
    </Trouble>
  );
}

function Prove({ server }: { server: ServerView }) {
  const { profile, connection } = server;
  const { id: serverId, address, user, name } = profile;
  const up = connection.kind === 'up';
  const prompts = useSnapshot(useShallow((snapshot) => snapshot.prompts.filter((each) => each.serverId === serverId)));
  const prompt = prompts[0];
  const facts = useAsked('facts.get', { serverId }, up);
  const reading = { title: 'Read the server', light: up ? readingLight(facts) : 'off' } as const;
  const lines = [...proveLines(address, user, connection, prompt), reading];
  return (
    <>
      <ol className="prove-lines" aria-label="What is tried">
        {lines.map(({ title, light }) => (
          <li key={title} data-light={light}>
            <StateShape light={light} />
            {title}
            <span className="prove-words dim">
              {light === 'off' ? '' : light === 'up' ? 'well' : lightWords[light]}
            </span>
          </li>
        ))}
      </ol>
      <PromptInPage serverId={serverId} serverName={name} prompt={prompt} />
      <ConnectionTrouble serverId={serverId} connection={connection} editable={false} />
      {up && <KeyOffer server={server} onInstalled={noteKey} />}
      {facts.failure !== null && up && (
        <FailureTrouble failure={facts.failure}>
          <Button size="xs" variant="default" onClick={facts.again}>
            Read again
          </Button>
        </FailureTrouble>
      )}
      {up && facts.value !== null && <FactLines facts={facts.value} />}
    </>
  );
}

/** Whoever goes back to the login finds what it is by now. */
function noteKey(keyPath: string): void {
  changeNewVm({ values: { ...currentNewVm().values, loginKind: 'key', keyPath } });
}

function readingLight({ failure, asking }: Asked<unknown>): Light {
  if (failure !== null) return 'failed';
  return asking ? 'working' : 'up';
}
