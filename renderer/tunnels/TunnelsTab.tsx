import { Button, Menu } from '@mantine/core';
import { IconPlus, IconRadar2 } from '@tabler/icons-react';
import { forwardPresets } from '../../main/shared/forward.ts';
import type { ConnectionState, ServerView } from '../../main/shared/snapshot.ts';
import { openDialog } from '../shell/ui-store.ts';
import { DiscoverPanel, NewPortsNote, useDiscover } from './Discover.tsx';
import { ServiceIcon } from './ServiceIcon.tsx';
import { TunnelRow } from './TunnelRow.tsx';

export function TunnelsTab({ server }: { server: ServerView }) {
  const { id, name, wanted, forwards } = server.profile;
  const { looked, look, close } = useDiscover(id);
  // Its latency changes all the time, and says nothing to the rows.
  const connection = server.connection.kind === 'up' ? standing : server.connection;
  return (
    <div className="tunnels">
      {forwards.length === 0 ? (
        <p className="tunnels-none dim">
          No tunnels yet. A tunnel makes a port of {name} answer on this machine, at 127.0.0.1.
        </p>
      ) : (
        <ul className="card-list" aria-label={`Tunnels of ${name}`}>
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
                  view={view}
                  connection={connection}
                />
              )
            );
          })}
        </ul>
      )}
      <NewPortsNote server={server} onLook={() => void look()} />
      <div className="tunnels-add">
        <AddTunnel serverId={id} />
        {server.connection.kind === 'up' && (
          <Button
            variant="default"
            leftSection={<IconRadar2 size={16} />}
            loading={looked?.kind === 'asking'}
            onClick={() => void look()}
          >
            Discover
          </Button>
        )}
      </div>
      {looked !== null && <DiscoverPanel server={server} looked={looked} onClose={close} />}
    </div>
  );
}

const standing: ConnectionState = { kind: 'up', sinceMs: 0, software: '', cipher: '', latencyMs: null };

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
