import { Button, Menu } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { forwardPresets } from '../../main/shared/forward.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { openDialog } from '../shell/ui-store.ts';
import { ServiceIcon } from './ServiceIcon.tsx';
import { TunnelRow } from './TunnelRow.tsx';

export function TunnelsTab({ server }: { server: ServerView }) {
  const { id, name, wanted, forwards } = server.profile;
  return (
    <div className="tunnels">
      {forwards.length === 0 ? (
        <p className="tunnels-none dim">
          No tunnels yet. A tunnel makes a port of {name} answer on this machine, at 127.0.0.1.
        </p>
      ) : (
        <ul className="tunnel-list" aria-label={`Tunnels of ${name}`}>
          {forwards.map((forward) => {
            const view = server.forwards.find((each) => each.forwardId === forward.id);
            return (
              view && (
                <TunnelRow
                  key={forward.id}
                  serverId={id}
                  serverName={name}
                  serverWanted={wanted}
                  forward={forward}
                  state={view.state}
                  connection={server.connection.kind}
                  traffic={view.traffic}
                />
              )
            );
          })}
        </ul>
      )}
      <AddTunnel serverId={id} />
    </div>
  );
}

function AddTunnel({ serverId }: { serverId: string }) {
  const open = (presetName: string | null): void => {
    openDialog({ kind: 'add-tunnel', serverId, presetName });
  };
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<IconPlus size={16} />}>
          Add tunnel
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {forwardPresets.map((preset) => (
          <Menu.Item
            key={preset.name}
            leftSection={<ServiceIcon service={preset.service} size={16} />}
            rightSection={<span className="dim figures">{preset.targetPort}</span>}
            onClick={() => {
              open(preset.name);
            }}
          >
            {preset.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<ServiceIcon service="tcp" size={16} />}
          onClick={() => {
            open(null);
          }}
        >
          Custom
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
