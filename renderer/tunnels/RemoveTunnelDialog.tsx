import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { describeClients, localAddress, targetAddress } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { useServer } from '../api/store.ts';
import { AppDialog } from '../shell/AppDialog.tsx';

export function RemoveTunnelDialog(props: { serverId: string; forwardId: string; onClose: () => void }) {
  const { serverId, forwardId, onClose } = props;
  const server = useServer(serverId);
  const [busy, setBusy] = useState(false);
  const forward = server?.profile.forwards.find((each) => each.id === forwardId);
  const view = server?.forwards.find((each) => each.forwardId === forwardId);
  if (forward === undefined) return null;
  const clients = view === undefined ? '' : describeClients(view.traffic);
  const remove = async (): Promise<void> => {
    setBusy(true);
    const reply = await act('forwards.remove', { serverId, forwardId });
    setBusy(false);
    if (reply.ok) onClose();
  };
  return (
    <AppDialog onClose={onClose} title={`Remove ${forward.label}?`}>
      <Text>
        The tunnel from <span className="mono">{localAddress(forward)}</span> to{' '}
        <span className="mono">{targetAddress(forward)}</span> is taken off the list.
        {clients !== '' && ` It is in use now (${clients}); those lose their connection.`}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={onClose}>
          Keep it
        </Button>
        <Button color="failed" loading={busy} onClick={() => void remove()}>
          Remove tunnel
        </Button>
      </Group>
    </AppDialog>
  );
}
