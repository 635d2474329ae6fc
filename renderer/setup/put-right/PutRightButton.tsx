import { Button } from '@mantine/core';
import { openPutRight } from './put-right-store.ts';

interface Props {
  readonly serverId: string;
  readonly port: number;
  readonly disabled?: boolean;
}

export function PutRightButton({ serverId, port, disabled = false }: Props) {
  return (
    <Button
      size="xs"
      variant="default"
      disabled={disabled}
      title={disabled ? 'The server is not connected' : undefined}
      onClick={() => {
        openPutRight(serverId, port);
      }}
    >
      Put right…
    </Button>
  );
}
