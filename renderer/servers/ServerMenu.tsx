import { ActionIcon, Menu } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconDots,
  IconFingerprint,
  IconKey,
  IconLogin2,
  IconPencil,
  IconStethoscope,
  IconTrash,
} from '@tabler/icons-react';
import { logsInByPassword } from '../../main/shared/keys.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import { act, showDone } from '../api/act.ts';
import { useSnapshot } from '../api/store.ts';
import { goToDoctor, openDialog } from '../shell/ui-store.ts';
import { duplicateServer, forgetSecrets, writeKnownHosts } from './server-actions.ts';

export function ServerMenu({ profile, hasSecrets }: { profile: ServerProfile; hasSecrets: boolean }) {
  const serverId = profile.id;
  const index = useSnapshot(({ servers }) => servers.findIndex((each) => each.profile.id === serverId));
  const count = useSnapshot(({ servers }) => servers.length);
  const byPassword = useSnapshot(({ servers }) =>
    servers.some((each) => each.profile.id === serverId && logsInByPassword(each)),
  );
  const move = (to: number): void => {
    void act('servers.move', { serverId, index: to }).then((reply) => {
      if (reply.ok) showDone(`${profile.name} is number ${String(to + 1)} of ${String(count)}.`);
    });
  };
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={36} variant="default" aria-label={`More for ${profile.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!profile.demo && (
          <Menu.Item
            leftSection={<IconPencil size={16} />}
            onClick={() => {
              openDialog({ kind: 'edit-server', serverId });
            }}
          >
            Edit server
          </Menu.Item>
        )}
        {!profile.demo && (
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void duplicateServer(serverId)}>
            Duplicate
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconStethoscope size={16} />}
          onClick={() => {
            goToDoctor(serverId);
            void act('doctor.start', { serverId });
          }}
        >
          Doctor
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowUp size={16} />}
          disabled={index <= 0}
          onClick={() => {
            move(index - 1);
          }}
        >
          Move up
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowDown size={16} />}
          disabled={index === count - 1}
          onClick={() => {
            move(index + 1);
          }}
        >
          Move down
        </Menu.Item>
        {!profile.demo && (
          <>
            <Menu.Divider />
            {byPassword && (
              <Menu.Item
                leftSection={<IconLogin2 size={16} />}
                onClick={() => {
                  openDialog({ kind: 'install-key', serverId });
                }}
              >
                Log in with a key…
              </Menu.Item>
            )}
            <Menu.Item
              leftSection={<IconKey size={16} />}
              disabled={!hasSecrets}
              onClick={() => void forgetSecrets(profile)}
            >
              {hasSecrets ? 'Forget saved secrets' : 'No secrets saved'}
            </Menu.Item>
            <Menu.Item leftSection={<IconFingerprint size={16} />} onClick={() => void writeKnownHosts(serverId)}>
              Write host key to known_hosts
            </Menu.Item>
          </>
        )}
        <Menu.Divider />
        <Menu.Item
          className="danger"
          leftSection={<IconTrash size={16} />}
          onClick={() => {
            openDialog({ kind: 'remove-server', serverId });
          }}
        >
          Remove server
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
