import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconAdjustments, IconArrowBackUp, IconDots, IconKey, IconTrash, IconUserPlus } from '@tabler/icons-react';
import type { FoundStack } from '../../main/shared/contract.ts';
import { adoptedPort } from '../../main/shared/setup/offers.ts';
import { stackCards } from '../../main/shared/setup/stack-fields.ts';
import { forwardOfStack } from '../../main/shared/setup/setup-words.ts';
import type { InstalledStack } from '../../main/shared/setup/stack.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { forwardLight, localAddress } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { StateShape } from '../shell/StateShape.tsx';
import { Trouble } from '../shell/Trouble.tsx';
import { openDialog } from '../shell/ui-store.ts';
import { PutRightButton } from './put-right/PutRightButton.tsx';
import { openPutRight } from './put-right/put-right-store.ts';
import { openForm } from './setup-store.ts';
import { StackActions } from './StackActions.tsx';
import { VerifyPanel } from './VerifyPanel.tsx';

interface Props {
  readonly server: ServerView;
  readonly stack: InstalledStack;
  /** What the server says of it; null: nothing, since somebody else made it, or took it off; undefined: not known yet. */
  readonly found: FoundStack | null | undefined;
}

/** A stack that is on the server, as this machine knows it. */
export function StackHere({ server, stack, found }: Props) {
  const { profile, verify } = server;
  const { environment, draft } = stack;
  const port = adoptedPort(environment);
  const isForeign = found === null && server.connection.kind === 'up';
  const title =
    port !== null || (isForeign && draft.stack === 'mlflow-quick-start') ? 'MLflow' : stackCards[draft.stack].title;
  const forward = forwardOfStack(profile, stack);
  const view = server.forwards.find((each) => each.forwardId === stack.forwardId);
  const change = (): void => {
    if (port === null) openForm(profile.id, draft.stack, draft.values);
    else openPutRight(profile.id, port);
  };
  return (
    <article className="panel stack-here" aria-label={`${title}, ${environment}`}>
      <div className="panel-head">
        {view !== undefined && (
          <StateShape light={forwardLight(view.state, server.connection.kind, view.service)} spoken />
        )}
        <h3>{title}</h3>
        <span className="badge">{environment}</span>
        {forward === undefined ? (
          <span className="run-count dim">its tunnel was removed</span>
        ) : (
          <span className="run-count">
            <CopyText text={localAddress(forward)} label="Copy the local address" />
          </span>
        )}
        <StackMenu server={server} stack={stack} title={title} isForeign={isForeign} onChange={change} />
      </div>
      {(isForeign || port !== null) && <p className="dim">{whoseWords(port, found)}</p>}
      {found?.complete === false && (
        <Trouble tone="working" message="Its last run did not come to its end.">
          <Button size="xs" onClick={change}>
            Go on
          </Button>
        </Trouble>
      )}
      <StackActions
        server={server}
        stack={stack}
        aside={
          port !== null && (
            <PutRightButton serverId={profile.id} port={port} disabled={server.connection.kind !== 'up'} />
          )
        }
      />
      {verify?.environment === environment && <VerifyPanel serverId={profile.id} verify={verify} />}
    </article>
  );
}

/** Whose it is, and what Mooring may do about it. `port`: of an adopted one. */
function whoseWords(port: number | null, found: FoundStack | null | undefined): string {
  if (port === null) return 'Not made by Mooring, or no longer: it is opened and checked from here, not changed.';
  const whose = 'Somebody else set it up, and Mooring';
  if (found) return `${whose} put some of it right, which can be taken back.`;
  return `${whose} opens and checks it. What is unwise about it can be put right.`;
}

function StackMenu({
  server,
  stack,
  title,
  isForeign,
  onChange,
}: {
  server: ServerView;
  stack: InstalledStack;
  title: string;
  isForeign: boolean;
  onChange: () => void;
}) {
  const serverId = server.profile.id;
  const { environment } = stack;
  const off = server.connection.kind !== 'up';
  const isAdopted = adoptedPort(environment) !== null;
  return (
    <Menu width={isAdopted ? 270 : 230}>
      <Menu.Target>
        <ActionIcon aria-label={`More for ${title}, ${environment}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!isAdopted && (
          <Menu.Item leftSection={<IconAdjustments size={16} />} disabled={off || isForeign} onClick={onChange}>
            Change…
          </Menu.Item>
        )}
        {stack.adminUser !== null && (
          <>
            <Menu.Item
              leftSection={<IconKey size={16} />}
              disabled={off}
              onClick={() => {
                openDialog({ kind: 'change-password', serverId, environment });
              }}
            >
              Change password…
            </Menu.Item>
            <Menu.Item
              leftSection={<IconUserPlus size={16} />}
              disabled={off}
              onClick={() => {
                openDialog({ kind: 'add-user', serverId, environment });
              }}
            >
              Add user…
            </Menu.Item>
          </>
        )}
        {(!isAdopted || stack.adminUser !== null) && <Menu.Divider />}
        {(isForeign || isAdopted) && (
          <Menu.Item
            leftSection={<IconTrash size={16} />}
            onClick={() => {
              void act('setup.forget', { serverId, environment });
            }}
          >
            Forget it here
          </Menu.Item>
        )}
        {!isForeign && (
          <Menu.Item
            className="danger"
            leftSection={isAdopted ? <IconArrowBackUp size={16} /> : <IconTrash size={16} />}
            disabled={off}
            onClick={() => {
              openDialog({ kind: 'uninstall', serverId, environment });
            }}
          >
            {isAdopted ? 'Take back what was put right…' : 'Uninstall…'}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
