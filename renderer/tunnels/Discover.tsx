import { Button, CloseButton } from '@mantine/core';
import { useState } from 'react';
import type { ServerView } from '../../main/shared/snapshot.ts';
import type { FoundPort, NewPort } from '../../main/shared/services.ts';
import { formatEndpoint } from '../../main/shared/forward.ts';
import type { Failure } from '../../main/shared/failure.ts';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { ServiceIcon } from './ServiceIcon.tsx';

type Looked =
  | { readonly kind: 'asking' }
  | { readonly kind: 'found'; readonly found: readonly FoundPort[] }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What a look has found; null: nobody has looked. */
export function useDiscover(serverId: string) {
  const [looked, setLooked] = useState<Looked | null>(null);
  const look = async (): Promise<void> => {
    setLooked({ kind: 'asking' });
    const reply = await client.call('services.discover', { serverId });
    setLooked(reply.ok ? { kind: 'found', found: reply.value.found } : { kind: 'failed', failure: reply.error });
  };
  const close = (): void => {
    setLooked(null);
  };
  return { looked, look, close };
}

interface Props {
  readonly server: ServerView;
  readonly looked: Looked;
  readonly onClose: () => void;
}

export function DiscoverPanel({ server, looked, onClose }: Props) {
  const { id, name } = server.profile;
  return (
    <section className="panel discover" aria-label={`What listens on ${name}`} aria-busy={looked.kind === 'asking'}>
      <div className="panel-head">
        <h3>What listens on {name}</h3>
        <CloseButton className="discover-close" aria-label="Close" onClick={onClose} />
      </div>
      {looked.kind === 'asking' && (
        <p className="dim" role="status">
          Asking each port what it is. This takes some seconds.
        </p>
      )}
      {looked.kind === 'failed' && <FailureTrouble failure={looked.failure} />}
      {looked.kind === 'found' && <FoundList serverId={id} server={server} found={looked.found} />}
    </section>
  );
}

function FoundList({ serverId, server, found }: { serverId: string; server: ServerView; found: readonly FoundPort[] }) {
  const { forwards } = server.profile;
  // Added meanwhile, from here or elsewhere.
  const leadsTo = ({ host, port }: FoundPort) =>
    forwards.find(
      (each) => each.target.port === port && (each.target.host === host || each.target.host === 'localhost'),
    );
  const open = found.filter((each) => each.draft !== null && !leadsTo(each));
  const addAll = async (): Promise<void> => {
    for (const { draft } of open) {
      if (draft === null) continue;
      const reply = await act('forwards.add', { serverId, draft });
      if (!reply.ok) return;
    }
  };
  if (found.length === 0) return <p className="dim">Nothing listens there that wants a tunnel.</p>;
  return (
    <>
      <ul className="discover-list">
        {found.map((each) => {
          const forward = leadsTo(each);
          const { draft } = each;
          return (
            <li key={`${each.host} ${String(each.port)}`}>
              <StateShape light={each.isBroken ? 'failed' : 'up'} size={10} />
              <span className="discover-what">
                <ServiceIcon service={each.kind ?? 'tcp'} size={16} />
                <span className="ellipsis">{each.words}</span>
              </span>
              <span className="mono">{formatEndpoint(each.host, each.port)}</span>
              <span className="dim ellipsis">
                {[
                  each.adoptable === undefined ? each.program : 'Mooring’s: adopt it on the Setup page',
                  each.isOpen ? 'open to the network' : null,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
              {forward !== undefined || draft === null ? (
                <span className="dim discover-has">{forward?.label ?? 'Has a tunnel'}</span>
              ) : (
                <Button
                  size="xs"
                  variant="light"
                  className="tunnel-open"
                  aria-label={`Add a tunnel to ${each.words} on port ${String(each.port)}`}
                  onClick={() => void act('forwards.add', { serverId, draft })}
                >
                  Add at {draft.bind.port}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {open.length > 1 && (
        <Button size="xs" variant="default" onClick={() => void addAll()}>
          Add all {open.length}
        </Button>
      )}
    </>
  );
}

/** Something began to listen: said once, quietly. */
export function NewPortsNote({ server, onLook }: { server: ServerView; onLook: () => void }) {
  const { newPorts, profile } = server;
  if (newPorts.length === 0) return null;
  return (
    <div className="new-ports" role="status">
      <span>
        Something new listens on {newPorts.map(nameOf).join(', ')} of {profile.name}.
      </span>
      <Button size="xs" variant="default" onClick={onLook}>
        Look what it is
      </Button>
      <CloseButton
        size="sm"
        aria-label="Dismiss"
        onClick={() => void act('services.dismiss-new', { serverId: profile.id })}
      />
    </div>
  );
}

const nameOf = ({ port, program }: NewPort): string =>
  program === null ? String(port) : `${String(port)} (${program})`;
