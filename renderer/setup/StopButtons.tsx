import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { memo } from 'react';
import { act } from '../api/act.ts';

interface Props {
  readonly serverId: string;
  readonly cancelling: 'after-step' | 'now' | null;
  readonly possible: boolean;
  /** A playbook of this machine: nothing takes back what it did. */
  readonly here: boolean;
}

/** Stopping politely is the button; stopping at once has to be looked for. */
export const StopButtons = memo(function StopButtons({ serverId, cancelling, possible, here }: Props) {
  return (
    <div className="stop-buttons">
      <Button
        variant="default"
        disabled={!possible || cancelling !== null}
        onClick={() => void act('setup.cancel', { serverId, how: 'after-step' })}
      >
        {cancelling === null ? 'Cancel after this step' : 'Stopping …'}
      </Button>
      <Menu position="bottom-start" width={300}>
        <Menu.Target>
          <Button
            variant="default"
            disabled={!possible || cancelling === 'now'}
            rightSection={<IconChevronDown size={14} />}
          >
            Stop now
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item className="danger" onClick={() => void act('setup.cancel', { serverId, how: 'now' })}>
            {here ? 'Stop the playbook in the middle' : 'Stop now and take the step back'}
            <div className="dim menu-note">
              {here
                ? 'What it has changed so far stays.'
                : 'Unless half of it would do harm: then it is finished first.'}
            </div>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
});
