import { Button, Menu } from '@mantine/core';
import { IconChecklist, IconChevronDown, IconEye, IconEyeOff, IconKey, IconTerminal2 } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import { formatWords } from '../../main/shared/environment/environment-words.ts';
import { artifactSizes, forwardOfStack, storePorts } from '../../main/shared/setup/setup-words.ts';
import { hasClients, type InstalledStack } from '../../main/shared/setup/stack.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { act } from '../api/act.ts';
import { copyEnvironment } from '../environment/copy-environment.ts';
import { goToEnvironment, useChoice } from '../environment/environment-store.ts';
import { openDialog } from '../shell/ui-store.ts';
import { LoginLines, type Login } from './LoginLines.tsx';
import { shownMs } from './MaskedText.tsx';
import { OpenForward } from './OpenForward.tsx';

interface Props {
  readonly server: ServerView;
  readonly stack: InstalledStack;
  /** Further buttons. */
  readonly aside?: ReactNode;
}

/** What people do with a stack every day: open it, check it, see its password and keys, use it from code. */
export function StackActions({ server, stack, aside }: Props) {
  const { environment, adminUser } = stack;
  const serverId = server.profile.id;
  const [login, setLogin] = useState<Login | null>(null);
  const show = async (): Promise<void> => {
    const reply = await act('setup.reveal-password', { serverId, environment });
    if (reply.ok) setLogin(reply.value);
  };
  return (
    <>
      <div className="stack-actions">
        <OpenForward server={server} forward={forwardOfStack(server.profile, stack)} />
        {stack.draft.stack.startsWith('mlflow') && <RunTheCheck server={server} environment={environment} />}
        {adminUser !== null && (
          <Button
            size="xs"
            variant="default"
            aria-expanded={login !== null}
            leftSection={login === null ? <IconEye size={14} /> : <IconEyeOff size={14} />}
            onClick={() => {
              if (login === null) void show();
              else setLogin(null);
            }}
          >
            {login === null ? 'Show password' : 'Hide password'}
          </Button>
        )}
        {storePorts(stack.draft) !== null && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconKey size={14} />}
            onClick={() => {
              openDialog({ kind: 'store-keys', serverId, environment });
            }}
          >
            Show keys…
          </Button>
        )}
        {hasClients(stack) && <CopyEnvironment server={server} stack={stack} />}
        {aside}
      </div>
      {login !== null && <ShownLogin login={login} hide={setLogin} />}
    </>
  );
}

/** For a minute. */
function ShownLogin({ login, hide }: { login: Login; hide: (none: null) => void }) {
  useEffect(() => {
    const timer = window.setTimeout(hide, shownMs, null);
    return () => {
      window.clearTimeout(timer);
    };
  }, [hide]);
  return <LoginLines login={login} />;
}

function RunTheCheck({ server, environment }: { server: ServerView; environment: string }) {
  const serverId = server.profile.id;
  const running = server.verify !== null && server.verify.endedMs === null;
  const up = server.connection.kind === 'up';
  return (
    <Menu position="bottom-start" width={230}>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          disabled={running || !up}
          title={up ? undefined : 'The server is not connected'}
          leftSection={<IconChecklist size={14} />}
          rightSection={<IconChevronDown size={13} />}
        >
          Run the check
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>With an artifact of</Menu.Label>
        {artifactSizes.map(({ bytes, label }) => (
          <Menu.Item
            key={bytes}
            onClick={() => void act('verify.start', { serverId, environment, artifactBytes: bytes })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function CopyEnvironment({ server, stack: { environment } }: { server: ServerView; stack: InstalledStack }) {
  const serverId = server.profile.id;
  const format = useChoice((state) => state.format);
  const copy = (withSecrets: boolean) => void copyEnvironment({ serverId, environment, format, withSecrets });
  return (
    <Menu position="bottom-start" width={250}>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconTerminal2 size={14} />}
          rightSection={<IconChevronDown size={13} />}
        >
          Copy environment
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>For {formatWords[format].label}</Menu.Label>
        <Menu.Item
          onClick={() => {
            copy(false);
          }}
        >
          Without secrets
        </Menu.Item>
        <Menu.Item
          onClick={() => {
            copy(true);
          }}
        >
          With secrets
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          onClick={() => {
            goToEnvironment(serverId, environment);
          }}
        >
          Look at it, other formats
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
