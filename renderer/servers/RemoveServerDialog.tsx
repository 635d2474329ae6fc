import { Button, Group, List, Text } from '@mantine/core';
import { useState } from 'react';
import { act } from '../api/act.ts';
import { useServer } from '../api/store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';

/** Says by name what will be lost. The safe choice has the focus. */
export function RemoveServerDialog({ serverId, onClose }: { serverId: string; onClose: () => void }) {
  const server = useServer(serverId);
  const [busy, setBusy] = useState(false);
  if (server === undefined) return null;
  const { profile, connection, secrets } = server;
  const clients = server.forwards.reduce((sum, each) => sum + each.traffic.clients, 0);
  const remove = async (): Promise<void> => {
    setBusy(true);
    const reply = await act('servers.remove', { serverId });
    setBusy(false);
    if (reply.ok) onClose();
  };
  return (
    <AppDialog onClose={onClose} title={`Remove ${profile.name}?`}>
      <Text>This is lost, and can’t be brought back:</Text>
      <List my="sm" spacing={4}>
        <List.Item>the profile with its address and login</List.Item>
        {profile.forwards.length > 0 && (
          <List.Item>
            {profile.forwards.length === 1 ? 'its tunnel' : `its ${String(profile.forwards.length)} tunnels`}:{' '}
            {profile.forwards.map((each) => each.label).join(', ')}
          </List.Item>
        )}
        {secrets.length > 0 && <List.Item>{`its saved ${secrets.map((each) => each.kind).join(' and ')}`}</List.Item>}
        {profile.forwards.some(({ service }) => service === 's3') && (
          <List.Item>its profile in ~/.aws, where one was written</List.Item>
        )}
        {server.hosts.inFile !== null && (
          <List.Item>its names in the hosts file: your system may ask for leave to take them out</List.Item>
        )}
        <List.Item>the pinned host key, unless another server uses it</List.Item>
        {connection.kind === 'up' && (
          <List.Item>
            the connection, which is up now
            {clients > 0 && ` with ${String(clients)} ${clients === 1 ? 'client' : 'clients'}`}
          </List.Item>
        )}
      </List>
      <Text c="dimmed">Nothing changes on the server itself.</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={onClose}>
          Keep it
        </Button>
        <Button color="failed" loading={busy} onClick={() => void remove()}>
          Remove server
        </Button>
      </Group>
    </AppDialog>
  );
}
