import { Button } from '@mantine/core';
import { openDialog } from '../shell/ui-store.ts';
import type { AdoptableCard } from './adoptables.ts';
import { PutRightButton } from './put-right/PutRightButton.tsx';

/** Something on the server that this machine does not know yet. */
export function AdoptCard({ serverId, found }: { serverId: string; found: AdoptableCard }) {
  return (
    <article className="panel stack-here adoptable" aria-label={found.title}>
      <div className="stack-here-text">
        <div className="panel-head">
          <h3>{found.title}</h3>
          {found.what.kind === 'stack' && <span className="badge">{found.what.environment}</span>}
        </div>
        <p className="dim">{found.note}</p>
      </div>
      <div className="stack-actions">
        {found.adoptedPort !== null && <PutRightButton serverId={serverId} port={found.adoptedPort} />}
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            openDialog({ kind: 'adopt', serverId, what: found.what });
          }}
        >
          Adopt
        </Button>
      </div>
    </article>
  );
}
