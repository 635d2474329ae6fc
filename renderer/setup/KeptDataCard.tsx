import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { KeptData } from '../../main/shared/contract.ts';
import { openDialog } from '../shell/ui-store.ts';

/** Data that an uninstallation left on the server. */
export function KeptDataCard({ serverId, kept }: { serverId: string; kept: KeptData }) {
  const { environment, title, keeps } = kept;
  return (
    <article className="panel" aria-label={`Data of ${title}, ${environment}`}>
      <div className="panel-head">
        <h3>Data of {title}</h3>
        <span className="badge">{environment}</span>
      </div>
      <p className="dim">The stack was taken off, its data stays: {keeps.join('; ')}. Setting up again finds it.</p>
      <div className="stack-actions">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconTrash size={14} />}
          onClick={() => {
            openDialog({ kind: 'uninstall', serverId, environment, onlyData: true });
          }}
        >
          Remove the data…
        </Button>
      </div>
    </article>
  );
}
